import {
  type Address,
  type Clock,
  type DatumCopy,
  DistroMapper,
  type FetchAnswer,
  parseDatumKey,
  type Transport,
} from "@nacre/core";
import { differencesWith, fetchKeys } from "./digest-session.ts";
import type { DigestSums, RepairData, RepairMembers } from "./repair-ports.ts";

/** After so many rounds, what still differs is what changed meanwhile. */
const CLOSING_ROUNDS_MAX = 50;

interface StepOptions {
  readonly transport: Transport;

  /** Looked at after each answer; when true, the answer is not taken and nothing more is asked. */
  readonly isStopped: () => boolean;
}

/** How to go on with the pages of a peer. */
export interface LoadPartOptions extends StepOptions {
  /** Where the next page begins; `undefined`: there is none. */
  readonly cursor: string | undefined;

  /** Takes one page over. */
  readonly take: (answer: FetchAnswer) => void;
}

/** Fetches what a Nacre peer is responsible for, page after page. */
export async function loadPart(peer: Address, options: LoadPartOptions): Promise<void> {
  const { transport, take, isStopped } = options;
  let { cursor } = options;
  while (cursor !== undefined) {
    const answer = await transport.fetch(peer, { scope: "responsible", cursor });
    if (isStopped()) return;
    take(answer);
    ({ cursor } = answer);
  }
}

/** How to compare with a peer. */
export interface CloseGapsOptions extends StepOptions {
  readonly digest: DigestSums;

  /** How many keys one request names at most. */
  readonly keysMax: number;

  /** Takes one answer over. */
  readonly take: (answer: FetchAnswer) => void;

  /** Told of the keys under which something is held here, and nothing by the peer. */
  readonly onAbsent: (keys: readonly string[]) => void;
}

/**
 * Compares everything with a Nacre peer and fetches what differs, each key once, until both agree or
 * nothing differs that was not looked at. An answer of the peer need not name all that differs.
 */
export async function closeGaps(peer: Address, options: CloseGapsOptions): Promise<void> {
  const { transport, digest, isStopped } = options;
  const compared = new Set<string>();
  for (let round = 0; round < CLOSING_ROUNDS_MAX; round++) {
    const differences = await differencesWith(peer, { transport, digest });
    if (differences === undefined || isStopped()) return;
    const isNew = (key: string): boolean => !compared.has(key);
    const toFetch = differences.toFetch.filter(isNew);
    const toSend = differences.toSend.filter(isNew);
    if (toFetch.length === 0 && toSend.length === 0) return;
    for (const key of [...toFetch, ...toSend]) compared.add(key);
    const answered = new Set<string>();
    const take = (answer: FetchAnswer): void => {
      for (const { key } of [...answer.data, ...answer.values]) answered.add(key);
      options.take(answer);
    };
    await fetchKeys(peer, toFetch, { ...options, take });
    if (isStopped()) return;
    options.onAbsent([...toSend, ...toFetch.filter((key) => !answered.has(key))]);
  }
}

/** How to take the snapshot of a Java peer. */
export interface TakeSnapshotOptions extends StepOptions {
  readonly clock: Clock;
  readonly data: RepairData;
  readonly membership: RepairMembers;

  /** How many data are taken over in one turn of the event loop. */
  readonly sliceMax: number;

  /** Told after each slice. */
  readonly onTaken: (copies: readonly DatumCopy[]) => void;

  /** Told in the end of the keys that are held here and not by the peer. */
  readonly onAbsent: (keys: readonly string[]) => void;
}

/**
 * Fetches everything that a Java peer holds. Its list counts for services it has been responsible for
 * while this member was away; for others it can only add to what is known (`distro.md` 11.23).
 */
export async function takeSnapshot(peer: Address, options: TakeSnapshotOptions): Promise<void> {
  const { clock, transport, data, membership, sliceMax, onTaken, isStopped } = options;
  const copies = await transport.snapshot(peer);
  for (let at = 0; at < copies.length && !isStopped(); at += sliceMax) {
    const slice = copies.slice(at, at + sliceMax);
    const mapper = mapperWithoutSelf(membership);
    for (const copy of slice) {
      const { groupedServiceName } = parseDatumKey(copy.key);
      const isResponsible = mapper.memberFor(groupedServiceName) === peer;
      if (isResponsible) data.takeFromResponsible(copy, "loaded", `from ${peer}`);
      else data.takeFromOther(copy, "loaded", `from ${peer}`);
      data.giveUp(copy.key, copy, `${peer} does not hold it`);
    }
    onTaken(slice);
    // A snapshot comes in one piece, and beats must not wait for all of it.
    await new Promise<void>((resolve) => clock.schedule(0, resolve));
  }
  // One that has just started holds nothing, and says so without a sign that it has not loaded yet.
  if (copies.length === 0 || isStopped()) return;
  const told = new Set(copies.map(({ key }) => key));
  options.onAbsent([...data.keys()].filter((key) => !told.has(key)));
}

function mapperWithoutSelf({ self, mapper }: RepairMembers): DistroMapper {
  const addresses = mapper.addresses.filter((address) => address !== self);
  return new DistroMapper({ self, addresses });
}
