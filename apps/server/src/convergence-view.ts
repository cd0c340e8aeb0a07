import type { Address, Clock, ExtendInfo, Member, Millis } from "@nacre/core";
import type { DistroProtocol, Forwarder, Membership } from "@nacre/engine";
import type {
  ConvergenceView,
  DifferingKeys,
  PeerConvergenceAnswer,
  PeerForwardAnswer,
} from "@nacre/transport-http";
import { packageVersion } from "./version.ts";

/** The parts of a member that know how far it agrees with its peers. */
export interface ConvergenceParts {
  readonly clock: Pick<Clock, "nowMs">;
  readonly membership: Pick<Membership, "self" | "peers" | "member">;
  readonly distro: {
    readonly verifier: Pick<DistroProtocol["verifier"], "statusOf">;
    readonly javaVerifier: Pick<DistroProtocol["javaVerifier"], "statusOf">;
    readonly sync: Pick<DistroProtocol["sync"], "statusOf">;
    readonly handOvers: Pick<DistroProtocol["handOvers"], "size">;
  };
  readonly forwarder: Pick<Forwarder, "statusOf">;

  /** Why the member does not serve; `undefined` when it does. */
  readonly reasonNotReady: () => string | undefined;
}

/** What a {@link ConvergenceParts} does not know. */
export interface ConvergenceViewOptions {
  readonly contextPath: string;
}

/** Puts together what the parts of a member know of its peers. */
export function convergenceViewOf(
  parts: ConvergenceParts,
  { contextPath }: ConvergenceViewOptions,
): ConvergenceView {
  const { membership, distro, reasonNotReady } = parts;
  return {
    convergence: () => {
      const reason = reasonNotReady();
      return {
        self: membership.self,
        state: membership.member(membership.self)?.state ?? "STARTING",
        version: packageVersion(),
        isReady: reason === undefined,
        reason: reason ?? null,
        contextPath,
        pendingHandOvers: distro.handOvers.size,
        peers: membership.peers.map((peer) => peerAnswerOf(peer, parts)),
      };
    },
  };
}

function peerAnswerOf(peer: Member, parts: ConvergenceParts): PeerConvergenceAnswer {
  const { address, kind, state, isReady, failAccessCnt, extendInfo } = peer;
  const nowMs = parts.clock.nowMs();
  const sync = parts.distro.sync.statusOf(address);
  const compared = comparedWith(peer, parts);
  return {
    address,
    kind,
    ...versionIn(extendInfo),
    state,
    isReady: isReady && state !== "DOWN",
    failAccessCnt,
    lastSyncMs: ageMsOf(sync.lastSyncedMs, nowMs),
    lastAgreedMs: ageMsOf(compared.lastAgreedMs, nowMs),
    differing: differingKeysOf(compared, nowMs),
    queued: sync.queuedCount,
    inFlight: sync.isInFlight,
    isIll: compared.isIll,
    forward: forwardAnswerOf(address, parts),
  };
}

type Compared = ReturnType<ConvergenceParts["distro"]["verifier"]["statusOf"]>;

// Of who is down it is not known any more what it is. What it was compared as last is worth showing.
function comparedWith({ address, kind }: Member, { distro }: ConvergenceParts): Compared {
  const asNacre = distro.verifier.statusOf(address);
  const asJava = distro.javaVerifier.statusOf(address);
  if (kind !== "unknown") return kind === "java" ? asJava : asNacre;
  return (asJava.lastAgreedMs ?? -Infinity) > (asNacre.lastAgreedMs ?? -Infinity)
    ? asJava
    : asNacre;
}

function differingKeysOf(
  { differingCount, differingSinceMs, disagreedRounds, sample }: Compared,
  nowMs: Millis,
): DifferingKeys {
  const sinceMs = ageMsOf(differingSinceMs, nowMs);
  return { count: differingCount, sinceMs, rounds: disagreedRounds, sample };
}

function forwardAnswerOf(peer: Address, { forwarder }: ConvergenceParts): PeerForwardAnswer {
  const status = forwarder.statusOf(peer);
  return {
    pending: status?.pendingCount ?? 0,
    isOpen: status?.isOpen ?? false,
    answered: status?.forwardedCount ?? 0,
    failed: status?.failedCount ?? 0,
  };
}

function versionIn({
  nacre,
  version,
}: ExtendInfo): Pick<PeerConvergenceAnswer, "version" | "wire"> {
  if (typeof nacre !== "object" || nacre === null) return { version: textIn(version), wire: null };
  const { version: own, wire } = nacre as Readonly<Record<string, unknown>>;
  return { version: textIn(own), wire: typeof wire === "number" ? wire : null };
}

function textIn(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function ageMsOf(instantMs: Millis | undefined, nowMs: Millis): Millis | null {
  return instantMs === undefined ? null : Math.max(0, Math.round(nowMs - instantMs));
}
