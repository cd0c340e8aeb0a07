import type { Checksums, DatumKey } from "@nacre/core";
import type { DistroData } from "../../src/distro/distro-data.ts";
import { JavaVerifier, type JavaVerifierOptions } from "../../src/distro/java-verifier.ts";
import { a, b, javaCopy, keyOf, type RepairSetup, startRepair } from "./start-repair.ts";

/** The members when there are two. */
export const two = [a, b];

/** A key of `a`, and one of `b`, when there are two members. */
export const ours = keyOf(a, two);
export const theirs = keyOf(b, two);

/** A member at `a` and its Java peer `b`, whose member lists have settled. */
export async function startJava(setup: RepairSetup = {}, options: JavaVerifierOptions = {}) {
  const started = await startRepair({ peers: { [b]: "java" }, ...setup });
  const { clock, data, dependencies, transport } = started;
  transport.answers.putChecksums = () => Promise.resolve();
  transport.answers.queryData = () => Promise.resolve([]);
  const verifier = new JavaVerifier(dependencies, options);
  const round = async (): Promise<void> => {
    verifier.verify();
    await clock.advance(5_000);
  };
  await round();
  transport.calls.length = 0;
  /** Lets the peer tell these checksums, and have these data when it is asked. */
  const hear = async (checksums: Checksums, ...held: ReturnType<typeof javaCopy>[]) => {
    transport.answers.queryData = (_, keys) =>
      Promise.resolve(held.filter(({ key }) => keys.includes(key)));
    verifier.onChecksums(b, checksums);
    await clock.advance(5_000);
  };
  /** What peers were told since the start. */
  const told = () => transport.sent("putChecksums");
  /** The keys that were asked for, a list per query. */
  const queried = () => transport.sent("queryData").map(({ content }) => content);
  return { ...started, hear, queried, round, told, verifier, sumsOf: () => sumsOf(data) };
}

/** The checksums of everything held. */
export function sumsOf(data: DistroData): Map<DatumKey, string> {
  return new Map([...data.keys()].map((key) => [key, data.checksumOf(key)]));
}

/** Takes a list of the responsible peer over, as after an earlier round. */
export function hold(data: DistroData, key: DatumKey, ...ips: readonly string[]): void {
  data.takeFromResponsible(javaCopy(key, ...ips), "synced", "");
}
