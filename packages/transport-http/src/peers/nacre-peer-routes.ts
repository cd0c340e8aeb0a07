import { type Address, NacreError, type PeerHandler } from "@nacre/core";
import { jsonReply, type Reply } from "../reply.ts";
import type { NacosRequest } from "../request.ts";
import { type Caller, type Route, route } from "../route.ts";
import { PEER_BODY_BYTES_MAX } from "./distro-routes.ts";
import {
  beatsOf,
  digestAnswerText,
  digestOf,
  emptyText,
  fetchAnswerText,
  fetchOf,
  greetingText,
  syncOf,
  wireObject,
} from "./nacre-codec.ts";
import { bodyText } from "./peer-body.ts";
import type { PeerCounters } from "./peer-counters.ts";
import type { PeerGuard } from "./peer-guard.ts";

/** What the endpoints for Nacre members work on. */
export interface NacrePeerRoutesOptions {
  readonly handler: PeerHandler;
  readonly guard: PeerGuard;
  readonly counters: PeerCounters;

  /** The largest body that is taken from a member. @defaultValue 256 MiB */
  readonly peerBodyBytesMax?: number | undefined;
}

type Answer = (text: string, from: Address) => string;

/**
 * `/nacre/v1/peer/`: what Nacre members say among themselves. JSON both ways, as `nacre-codec.ts` says;
 * `Request-Source` names the caller. Work that takes longer is done behind the answer.
 */
export function nacrePeerRoutes(options: NacrePeerRoutesOptions): readonly Route[] {
  const { handler, guard, counters, peerBodyBytesMax: bytesMax = PEER_BODY_BYTES_MAX } = options;
  const onDropped = (): void => {
    counters.droppedCount++;
  };
  const taking = {
    bodyBytesMaxOf: (caller: Caller) => (guard.isTrusted(caller) ? bytesMax : undefined),
  };
  const peerRoute = (name: string, answer: Answer): Route => {
    const take = (request: NacosRequest): Reply => {
      guard.check(request);
      const from = sourceOf(request);
      return jsonReply(answer(bodyText(request, { method: name, bytesMax }), from));
    };
    return route("POST", `/nacre/v1/peer/${name}`, take, taking);
  };
  return [
    peerRoute("greet", (text) => {
      wireObject(text);
      return greetingText(handler.onGreet());
    }),
    peerRoute("sync", (text, from) => {
      handler.onSync(from, syncOf(text, onDropped));
      return emptyText;
    }),
    peerRoute("beats", (text, from) => {
      handler.onBeats(from, beatsOf(text, onDropped));
      return emptyText;
    }),
    peerRoute("digest", (text, from) => digestAnswerText(handler.onDigest(from, digestOf(text)))),
    peerRoute("fetch", (text, from) =>
      fetchAnswerText(handler.onFetch(from, fetchOf(text, onDropped))),
    ),
    peerRoute("leaving", (text, from) => {
      wireObject(text);
      handler.onLeaving(from);
      return emptyText;
    }),
  ];
}

function sourceOf(request: NacosRequest): Address {
  const source = request.header("request-source");
  if (source !== undefined) return source;
  throw new NacreError("INVALID_PARAM", "a member says who it is in the header Request-Source");
}
