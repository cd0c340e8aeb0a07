import { type Clock, type DatumKey, isDatumKey, type PeerHandler } from "@nacre/core";
import { nullPointer } from "../error-reply.ts";
import { ok, type Reply } from "../reply.ts";
import type { NacosRequest } from "../request.ts";
import { type Caller, type Route, route } from "../route.ts";
import { encodeData } from "./datum-codec.ts";
import { readData } from "./datum-reader.ts";
import { boundObject, boundText, readJson } from "./jackson.ts";
import { bodyText, jsonBodyText } from "./peer-body.ts";
import type { PeerCounters } from "./peer-counters.ts";
import type { PeerGuard } from "./peer-guard.ts";

/** What the endpoints for peers work on. */
export interface DistroRoutesOptions {
  readonly clock: Clock;
  readonly handler: PeerHandler;
  readonly guard: PeerGuard;
  readonly counters: PeerCounters;

  /** The largest body that is taken from a member. @defaultValue 256 MiB */
  readonly peerBodyBytesMax?: number | undefined;
}

/** The default of `peerBodyBytesMax`: a checksum map holds every key of its sender. */
export const PEER_BODY_BYTES_MAX: number = 256 * 1_048_576;

/** `/v1/ns/distro`: the calls of Java members (`distro.md` 1.6, 5.4; `http-api.md` 2.8). */
export function distroRoutes(options: DistroRoutesOptions): readonly Route[] {
  const { guard, peerBodyBytesMax = PEER_BODY_BYTES_MAX } = options;
  const bodyBytesMaxOf = (caller: Caller): number | undefined =>
    guard.isTrusted(caller) ? peerBodyBytesMax : undefined;
  const taking = { bodyBytesMaxOf };
  return [
    route("PUT", "/v1/ns/distro/datum", (request) => putData(options, request), taking),
    route("PUT", "/v1/ns/distro/checksum", (request) => putChecksums(options, request), taking),
    route("GET", "/v1/ns/distro/datum", (request) => getData(options, request), {
      bodyBytesMaxOf,
      takesGetBody: true,
    }),
    route("GET", "/v1/ns/distro/datums", (request) => {
      guard.check(request);
      return dataReply(encodeData(options.handler.onSnapshot(), answered(options)));
    }),
  ];
}

function putData(options: DistroRoutesOptions, request: NacosRequest): Reply {
  const { clock, handler, guard, counters } = options;
  guard.check(request);
  const text = jsonBodyText(request, { method: PUT_DATA, ...bodyLimit(options) });
  const { data, droppedCount, firstError } = readData(text, clock.epochMs());
  counters.droppedCount += droppedCount;
  // When nothing is left, the peer hears what Nacos would have said.
  if (data.length === 0 && firstError !== undefined) throw firstError;
  // An empty map is taken: refused, it would come again for ever (`distro.md` 4.6).
  if (data.length > 0) handler.onPutData(data);
  return ok;
}

function putChecksums(options: DistroRoutesOptions, request: NacosRequest): Reply {
  const { handler, guard, counters } = options;
  const source = request.bound("source");
  guard.check(request, source);
  const text = jsonBodyText(request, { method: PUT_CHECKSUMS, ...bodyLimit(options) });
  const given = Object.entries(boundObject(readJson(text), "java.util.LinkedHashMap"));
  const checksums = new Map<DatumKey, string>();
  for (const [key, value] of given) {
    const sum = boundText(value);
    if (isDatumKey(key) && sum !== null) checksums.set(key, sum);
    else counters.droppedCount++;
  }
  handler.onChecksums(source, checksums);
  return ok;
}

function getData(options: DistroRoutesOptions, request: NacosRequest): Reply {
  options.guard.check(request);
  const text = bodyText(request, { method: GET_DATA, ...bodyLimit(options) });
  const { keys } = boundObject(readJson(text), "com.fasterxml.jackson.databind.JsonNode");
  if (keys === undefined) throw nullPointer();
  const asked = typeof keys === "string" ? keys.split(",").filter(isDatumKey) : [];
  return dataReply(encodeData(options.handler.onQuery(asked), answered(options)));
}

// Java reads it in the charset of its machine, so it holds nothing but ASCII.
function dataReply(body: string): Reply {
  const type = "application/octet-stream;charset=UTF-8";
  return { status: 200, type, body, byteLength: body.length };
}

function answered({ clock }: DistroRoutesOptions) {
  return { epochMs: clock.epochMs(), ascii: true };
}

function bodyLimit({ peerBodyBytesMax = PEER_BODY_BYTES_MAX }: DistroRoutesOptions) {
  return { bytesMax: peerBodyBytesMax };
}

const CONTROLLER =
  "public org.springframework.http.ResponseEntity com.alibaba.nacos.naming.controllers.DistroController";
const PUT_DATA =
  `${CONTROLLER}.onSyncDatum(java.util.Map<java.lang.String, ` +
  "com.alibaba.nacos.naming.consistency.Datum<com.alibaba.nacos.naming.core.Instances>>) " +
  "throws java.lang.Exception";
const PUT_CHECKSUMS = `${CONTROLLER}.syncChecksum(java.lang.String,java.util.Map<java.lang.String, java.lang.String>)`;
const GET_DATA = `${CONTROLLER}.get(java.lang.String) throws java.lang.Exception`;
