import type { Address } from "@nacre/core";
import { NacreError } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// By file: it serves the parts of the package, not its users.
import { PeerJobs, type PeerJobsOptions } from "../../src/distro/peer-jobs.ts";
import { refusingPeer, unreachablePeer } from "../scripted-transport.ts";
import { b, c } from "./start-repair.ts";

/** Jobs that end one by one when told to. */
function startJobs(options: Partial<PeerJobsOptions<string>> = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const learnt: [string, Address][] = [];
  const begun: [Address, string][] = [];
  const ends: (() => void)[] = [];
  const jobs = new PeerJobs<string>(
    {
      logger,
      membership: {
        noteAnswer: (peer) => void learnt.push(["answer", peer]),
        noteFailure: (peer) => void learnt.push(["failure", peer]),
      },
    },
    {
      name: "verify",
      work: (peer, input) => {
        begun.push([peer, input]);
        return new Promise((resolve) => void ends.push(resolve));
      },
      ...options,
    },
  );
  const settle = (): Promise<void> => clock.advance(0);
  const endNext = (): Promise<void> => {
    ends.shift()?.();
    return settle();
  };
  return { begun, endNext, jobs, learnt, logger, settle };
}

describe("PeerJobs", () => {
  it("begin after the turn that asked for them", async () => {
    const { begun, jobs, settle } = startJobs();
    jobs.add(b, "1");
    expect(begun).toEqual([]);
    expect(jobs.isBusy(b)).toBe(true);
    await settle();
    expect(begun).toEqual([[b, "1"]]);
  });

  it("do one thing at a time per peer, and then the newest of what came", async () => {
    const { begun, endNext, jobs, settle } = startJobs();
    for (const input of ["1", "2", "3"]) jobs.add(b, input);
    jobs.add(c, "1");
    await settle();
    expect(begun).toEqual([
      [b, "1"],
      [c, "1"],
    ]);
    await endNext();
    expect(begun.at(-1)).toEqual([b, "3"]);
    expect(jobs).toMatchObject({ doneCount: 1, mergedCount: 1 });
  });

  it("merge what waits, if told how", async () => {
    const merge = (waiting: string, newer: string): string => waiting + newer;
    const { begun, endNext, jobs, settle } = startJobs({ merge });
    for (const input of ["1", "2", "3"]) jobs.add(b, input);
    await settle();
    await endNext();
    expect(begun.at(-1)).toEqual([b, "23"]);
  });

  it("are idle after the last", async () => {
    const { endNext, jobs, settle } = startJobs();
    jobs.add(b, "1");
    await settle();
    await endNext();
    expect(jobs.isBusy(b)).toBe(false);
  });

  it("let membership learn from what became of them", async () => {
    const work = (peer: Address): Promise<void> =>
      peer === b ? Promise.resolve() : Promise.reject(unreachablePeer(peer));
    const { jobs, learnt, settle } = startJobs({ work });
    jobs.add(b, "1");
    jobs.add(c, "1");
    await settle();
    expect(learnt).toEqual([
      ["answer", b],
      ["failure", c],
    ]);
    expect(jobs).toMatchObject({ doneCount: 1, failedCount: 1 });
  });

  it.each([
    ["says once that a peer refuses", refusingPeer(b), ["warn", "debug"]],
    ["stays quiet about peers that are not reached", unreachablePeer(b), ["debug", "debug"]],
    ["stays quiet about peers that start", new NacreError("STARTING", "wait"), ["debug", "debug"]],
    ["cries out for what must not be", new TypeError("no such thing"), ["error", "error"]],
  ])("%s", async (_claim, error, levels) => {
    const { jobs, logger, settle } = startJobs({ work: () => Promise.reject(error) });
    for (const input of ["1", "2"]) {
      jobs.add(b, input);
      await settle();
    }
    expect(logger.lines.map(({ level }) => level)).toEqual(levels);
  });

  it("begin nothing after a stop, not even what waited", async () => {
    const { begun, endNext, jobs, settle } = startJobs();
    jobs.add(b, "1");
    jobs.add(c, "1");
    await settle();
    jobs.add(b, "2");
    jobs.stop();
    jobs.stop();
    jobs.add(c, "2");
    await endNext();
    expect(begun).toHaveLength(2);
    expect(jobs.isStopped).toBe(true);
  });

  it("do not begin what was asked for in the turn of the stop", async () => {
    const { begun, jobs, settle } = startJobs();
    jobs.add(b, "1");
    jobs.stop();
    await settle();
    expect(begun).toEqual([]);
  });
});
