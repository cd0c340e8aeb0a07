import {
  type Address,
  type DatumKey,
  datumKey,
  type FetchRequest,
  type Greeting,
  type MemberKind,
} from "@nacre/core";
import { digestAnswerOf } from "../../src/distro/digest-session.ts";
import type { DistroData } from "../../src/distro/distro-data.ts";
import { Loader, type LoaderOptions } from "../../src/distro/loader.ts";
import { pageOf } from "../../src/distro/pages.ts";
import { unreachablePeer } from "../scripted-transport.ts";
import { a, b, c, keysOf, register, startData, startRepair } from "./start-repair.ts";

/** All members. */
export const all = [a, b, c];

/** What peers say of themselves. */
export const nacre: Greeting = { kind: "nacre", isReady: true };
export const java: Greeting = { kind: "java", isReady: true };
export const starting: Greeting = { kind: "nacre", isReady: false };

/** A member at `a` that has not loaded. Its peers answer greetings as given; others do not answer. */
export async function startLoader(
  greetings: Readonly<Record<Address, Greeting | undefined>>,
  options: LoaderOptions = {},
  isAlone = false,
) {
  const peers = Object.keys(greetings).map((peer) => [peer, "unknown" as MemberKind]);
  const started = await startRepair({ peers: Object.fromEntries(peers), isReady: false, isAlone });
  const { clock, dependencies, transport } = started;
  const now = new Map(Object.entries(greetings));
  transport.answers.greet = (peer) => {
    const greeting = now.get(peer);
    return greeting === undefined
      ? Promise.reject(unreachablePeer(peer))
      : Promise.resolve(greeting);
  };
  let loadedMs: number | undefined;
  let calls = 0;
  const onLoaded = (): void => {
    loadedMs = clock.nowMs();
    calls++;
  };
  const loader = new Loader(dependencies, { onLoaded, ...options });
  return {
    ...started,
    loader,
    greet: (peer: Address, greeting: Greeting | undefined) => void now.set(peer, greeting),
    loadedMs: () => loadedMs,
    loadedCount: () => calls,
    /** What was fetched, and from whom. */
    fetched: () => transport.sent("fetch").map(({ peer, content }) => [peer, content] as const),
    /** Lets calls under way end. */
    settle: () => clock.advance(1),
  };
}

/** Nacre peers, each with what it holds, responsible for what it is in the list of `members`. */
export function answerAs(
  { transport }: Awaited<ReturnType<typeof startLoader>>,
  heldBy: Readonly<Record<Address, DistroData>>,
  members: readonly Address[] = Object.keys(heldBy),
  { instancesMax = 1_000, keysMax = 20_000 } = {},
): void {
  const own = new Map(
    members.map((member) => [member, new Set<string>(keysOf(member, members, 40))]),
  );
  transport.answers.digest = (peer, message) => {
    const data = heldBy[peer];
    if (data === undefined) return Promise.reject(unreachablePeer(peer));
    return Promise.resolve(digestAnswerOf(data.digest, message, { keysMax, firstBucket: 0 }));
  };
  transport.answers.fetch = (peer, request) => {
    const data = heldBy[peer];
    if (data === undefined) return Promise.reject(unreachablePeer(peer));
    const isResponsible = (name: string): boolean =>
      own.get(peer)?.has(datumKey("public", name)) === true;
    return Promise.resolve(
      pageOf(data, { isReady: true, isResponsible }, request, { instancesMax }),
    );
  };
}

/** Data that hold one instance under each of these keys. */
export function holding(
  { clock }: Awaited<ReturnType<typeof startLoader>>,
  keys: readonly DatumKey[],
): DistroData {
  const data = startData(clock);
  for (const key of keys) register(data, key, "1.1.1.1");
  return data;
}

/** Whether a page is asked for, and not keys. */
export function isPage(request: FetchRequest): boolean {
  return "scope" in request;
}
