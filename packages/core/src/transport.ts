import type { Millis } from "./clock.ts";
import type { DatumCopy, ValueDatum } from "./datum-copy.ts";
import type { DatumKey } from "./datum.ts";
import type { Instance, InstanceKey } from "./instance.ts";
import type { Address, MemberKind, MemberState } from "./member.ts";

/** Key → checksum of the instances under it, as Java computes it (`distro.md` 1.4). */
export type Checksums = ReadonlyMap<DatumKey, string>;

/** What a peer says when it is asked who it is. */
export interface Greeting {
  /** `java` when it does not know the question. */
  readonly kind: Exclude<MemberKind, "unknown">;

  /** Whether it serves. Always true of a Java peer. */
  readonly isReady: boolean;
}

/** A member's sign of life, the JSON of `distro.md` 6.2. */
export interface MemberReport {
  readonly ip: string;
  readonly port: number;
  readonly state: MemberState;
  readonly extendInfo: Readonly<Record<string, unknown>>;
  readonly address: Address;
  readonly failAccessCnt: number;
}

/** What a report was answered with (`distro.md` 6.5). */
export interface ReportAnswer {
  /** Of the answer's JSON: 0 and 200 are success, 404 and 501 are neither, all else is failure. */
  readonly code: number;

  /** What the peer said of itself besides; only Nacre members do. */
  readonly greeting: Greeting | undefined;
}

/** Changed data for a Nacre peer, and whom it is asked to pass them on to. */
export interface SyncMessage {
  readonly data: readonly DatumCopy[];
  readonly values: readonly ValueDatum[];

  /** Members that the sender cannot reach. Whoever passes on names nobody. */
  readonly relayTo: readonly Address[];
}

/** Beats that a member took, for a Nacre peer. */
export interface BeatMessage {
  readonly beats: readonly BeatGroup[];

  /** As in {@link SyncMessage}. */
  readonly relayTo: readonly Address[];
}

/** Instances of one service of which a beat was heard `silenceMs` ago. */
export interface BeatGroup {
  readonly key: DatumKey;
  readonly instanceKeys: readonly InstanceKey[];
  readonly silenceMs: Millis;
}

/**
 * What a Nacre member holds, told in as few words as the difference allows: first `root` alone; when
 * that differs, `buckets`; where those differ, the keys.
 */
export interface DigestMessage {
  /** Sum over everything; 16 hexadecimal digits. */
  readonly root: string;

  /** The sums of all buckets, in order; left out while it is not known whether the roots agree. */
  readonly buckets?: readonly string[] | undefined;
}

/** What a Nacre peer finds about a {@link DigestMessage}. */
export type DigestAnswer =
  | { readonly outcome: "agreed" }
  /** The roots differ; the message held no buckets. */
  | { readonly outcome: "differs" }
  /** The buckets that differ, each with what the peer holds there: key → sum. */
  | {
      readonly outcome: "keys";
      readonly buckets: ReadonlyMap<number, ReadonlyMap<string, string>>;
    };

/** Which data a Nacre peer is asked for. */
export type FetchRequest =
  | { readonly keys: readonly string[] }
  /** Everything, in pages, of the keys the peer is responsible for, or of all. */
  | { readonly scope: "responsible" | "all"; readonly cursor: string };

/** Data of a Nacre peer. */
export interface FetchAnswer {
  readonly data: readonly DatumCopy[];
  readonly values: readonly ValueDatum[];

  /** Where the next page begins; `undefined` after the last. */
  readonly cursor: string | undefined;
}

/** A write that was decided here although a Java peer is responsible, told to that peer later. */
export interface HandOver {
  readonly key: DatumKey;
  readonly instance: Instance;
  readonly kind: "register" | "deregister";
}

/**
 * Port: the calls of this member to its peers.
 *
 * Each rejects with a `NacreError`: `PEER_UNREACHABLE` when there was no answer in time,
 * `PEER_REFUSED` when there was one and it was not the expected. No call takes longer than the
 * transport's time-out.
 */
export interface Transport {
  /** Asks a peer who it is. */
  greet(peer: Address): Promise<Greeting>;
  report(peer: Address, report: MemberReport): Promise<ReportAnswer>;

  // To Nacre peers.
  sync(peer: Address, message: SyncMessage): Promise<void>;
  beats(peer: Address, message: BeatMessage): Promise<void>;
  digest(peer: Address, message: DigestMessage): Promise<DigestAnswer>;
  fetch(peer: Address, request: FetchRequest): Promise<FetchAnswer>;

  /** Says that this member is about to stop. */
  leaving(peer: Address): Promise<void>;

  // To Java peers (`distro.md` 1.6, 7.6). Versions and what is gone do not travel.
  putData(peer: Address, data: readonly DatumCopy[]): Promise<void>;
  putChecksums(peer: Address, checksums: Checksums): Promise<void>;
  queryData(peer: Address, keys: readonly DatumKey[]): Promise<readonly DatumCopy[]>;
  snapshot(peer: Address): Promise<readonly DatumCopy[]>;
  serviceStatus(peer: Address, status: ServiceStatus): Promise<void>;

  /** Health of a service's instances: `ip:port` → healthy. */
  statuses(peer: Address, key: DatumKey): Promise<ReadonlyMap<string, boolean>>;
  handOver(peer: Address, write: HandOver): Promise<void>;
}

/** Service checksums of one namespace (`distro.md` 7.6): grouped name → checksum. */
export interface ServiceStatus {
  readonly namespaceId: string;
  readonly checksums: ReadonlyMap<string, string>;
}

/**
 * Port: the calls of peers to this member. Whoever implements a transport has checked that `from` is a
 * member. All are synchronous: what takes longer is done behind the answer.
 *
 * Each may throw a `NacreError`, among them `STARTING` while this member has nothing to tell.
 */
export interface PeerHandler {
  onGreet(): Greeting;

  /** Whether the reporter is a member. */
  onReport(report: MemberReport): boolean;
  onSync(from: Address, message: SyncMessage): void;
  onBeats(from: Address, message: BeatMessage): void;
  onDigest(from: Address, message: DigestMessage): DigestAnswer;
  onFetch(from: Address, request: FetchRequest): FetchAnswer;
  onLeaving(from: Address): void;

  /** `PUT datum` of a Java peer; it does not say which one it is. */
  onPutData(data: readonly DatumCopy[]): void;

  /** `PUT checksum` of a Java peer: everything it is responsible for. */
  onChecksums(from: Address, checksums: Checksums): void;
  onQuery(keys: readonly DatumKey[]): readonly DatumCopy[];

  /** Everything this member holds. */
  onSnapshot(): Iterable<DatumCopy>;
  onServiceStatus(from: Address, status: ServiceStatus): void;
}
