import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { childOf, type JsonNode, parseJson, plainOf } from "./json.ts";
import type { Header } from "./response-parser.ts";

/** The kind of server that a case needs. */
export type ServerKind = "shared" | "fresh" | "auth" | "auth-no-identity" | "auth-identity";

/** How an expected body is compared. */
export type MatchKind = "exact" | "prefix" | "contains" | "json" | "json-unordered" | "any";

/** A request as it is written in a recording. */
export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** `null`: not sent at all; `""`: sent empty. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string;
}

/** A request that prepares a case; its answer is not compared. */
export interface SetupRequest extends RecordedRequest {
  readonly until?: string;
  readonly pollMs?: number;
  readonly waitMs?: number;
  readonly capture?: Readonly<Record<string, string>>;
}

/** What an answer must look like. What is left out is not compared. */
export interface ExpectedResponse {
  readonly status?: number;
  /** `null`: the header is absent. */
  readonly contentType?: string | null;
  /** `null`: the header is absent. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: JsonNode | undefined;
  readonly match: MatchKind;
}

/** One request and what its answer must look like. */
export interface Step {
  readonly request: RecordedRequest;
  readonly expected: ExpectedResponse;
  readonly pollMs?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly capture?: Readonly<Record<string, string>> | undefined;
}

/** A recorded case. */
export interface RecordedCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly server: ServerKind;
  readonly slow: boolean;
  /** Why no answer was recorded. */
  readonly notRun?: string | undefined;
  readonly setup: readonly SetupRequest[];
  readonly steps: readonly Step[];
}

/** A datagram that was pushed, decompressed. */
export interface RecordedDatagram {
  readonly atMs: number;
  readonly bytes: number;
  readonly gzip: boolean;
  readonly text: string;
}

/** A recorded subscription and what was pushed to it. */
export interface RecordedPushes {
  readonly id: string;
  readonly note: string;
  readonly agent: string;
  /** The answer that made the subscription. */
  readonly list: string;
  readonly marks: readonly { readonly atMs: number; readonly what: string }[];
  readonly datagrams: readonly RecordedDatagram[];
  readonly subscribersAfter: string;
}

/** A request between members, or of a client to one of several, and what was answered. */
export interface RecordedExchange {
  readonly id: string;
  /** Who asked: a Java member, a script in the place of one (`peer`), or a client. */
  readonly from: "java" | "peer" | "client";
  readonly note: string;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: readonly Header[];
    readonly body: string;
    readonly bodyEncoding?: "base64";
  };
  /** Exact where a Java member answered; what the script said where one asked. */
  readonly response: {
    readonly status: number;
    readonly headers: readonly Header[];
    readonly body: string;
  };
}

const ownFolder = fileURLToPath(new URL("../interop/recordings/", import.meta.url));

/** Reads a file of the recordings: those of this repository, or of `NACRE_RECORDINGS`. */
function readRecording(name: string): string {
  return readFileSync(resolve(process.env["NACRE_RECORDINGS"] ?? ownFolder, name), "utf8");
}

/** The recorded HTTP cases, in the order of the file. */
export function httpCases(): readonly RecordedCase[] {
  return itemsOf(parseJson(readRecording("http.json"))).map(caseOf);
}

/** The recorded pushes. */
export function recordedPushes(): readonly RecordedPushes[] {
  return JSON.parse(readRecording("udp.json")) as readonly RecordedPushes[];
}

/** What members said to each other. */
export function recordedExchanges(): readonly RecordedExchange[] {
  return JSON.parse(readRecording("distro.json")) as readonly RecordedExchange[];
}

// The tree is read as nodes because expected bodies keep the order of their keys.
function caseOf(node: JsonNode): RecordedCase {
  const plain = plainOf(node) as Omit<RecordedCase, "slow" | "setup" | "steps"> & {
    readonly slow?: boolean;
    readonly setup?: readonly SetupRequest[];
    readonly steps?: readonly unknown[];
    readonly request?: unknown;
  };
  const nodes = plain.steps ? itemsOf(childOf(node, "steps")) : plain.request ? [node] : [];
  const { id, title, section, server, notRun, slow = false, setup = [] } = plain;
  return { id, title, section, server, slow, notRun, setup, steps: nodes.map(stepOf) };
}

function stepOf(node: JsonNode): Step {
  const plain = plainOf(node) as Omit<Step, "expected"> & {
    readonly response: Omit<ExpectedResponse, "body" | "match">;
    readonly match: MatchKind;
  };
  const { request, response, match, pollMs, waitMs, capture } = plain;
  const body = childOf(childOf(node, "response"), "body");
  return { request, expected: { ...response, body, match }, pollMs, waitMs, capture };
}

function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  if (node?.kind !== "array") throw new Error("a recording holds an array of cases");
  return node.items;
}
