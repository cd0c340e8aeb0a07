import type {
  ConvergenceAnswer,
  DifferingKeys,
  PeerConvergenceAnswer,
  PeerForwardAnswer,
} from "@nacre/transport-http";
import { fetchMember } from "./fetch-member.ts";

/**
 * Asks a member how far it agrees with its peers.
 *
 * @throws {@link NacreError} `MEMBER_UNREACHABLE` when no such answer comes back; the message is one
 *   line.
 */
export function fetchConvergence(server: URL): Promise<ConvergenceAnswer> {
  return fetchMember(server, {
    path: "/nacre/v1/convergence",
    read: convergenceIn,
    expected: "its members; is it a Nacre member?",
  });
}

function convergenceIn(json: unknown): ConvergenceAnswer | undefined {
  const { self, state, version, isReady, reason, contextPath, peers } =
    fieldsOf<ConvergenceAnswer>(json);
  const isAnswer =
    areTexts([self, state, version, contextPath]) &&
    typeof isReady === "boolean" &&
    isNullOr("string", reason) &&
    Array.isArray(peers) &&
    peers.every(isPeer);
  return isAnswer ? (json as ConvergenceAnswer) : undefined;
}

function isPeer(json: unknown): json is PeerConvergenceAnswer {
  const peer = fieldsOf<PeerConvergenceAnswer>(json);
  const { count, sinceMs, rounds, sample } = fieldsOf<DifferingKeys>(peer.differing);
  const { pending, isOpen } = fieldsOf<PeerForwardAnswer>(peer.forward);
  return (
    areTexts([peer.address, peer.kind, peer.state]) &&
    isNullOr("string", peer.version) &&
    [peer.lastSyncMs, peer.lastAgreedMs, sinceMs].every((each) => isNullOr("number", each)) &&
    [peer.queued, count, rounds, pending].every((each) => typeof each === "number") &&
    [peer.isReady, peer.isIll, isOpen].every((each) => typeof each === "boolean") &&
    Array.isArray(sample) &&
    areTexts(sample)
  );
}

// Of a newer member there may be more.
function fieldsOf<Shape>(json: unknown): Partial<Record<keyof Shape, unknown>> {
  return typeof json === "object" && json !== null ? json : {};
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

function isNullOr(type: "string" | "number", value: unknown): boolean {
  return value === null || typeof value === type;
}
