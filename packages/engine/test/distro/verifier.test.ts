import { datumKey, type DigestAnswer, NacreError } from "@nacre/core";
import { describe, expect, it } from "vitest";
// By file: users of the package meet it inside DistroProtocol.
import { Verifier, type VerifierOptions } from "../../src/distro/verifier.ts";
import { reportOf } from "../membership/start-membership.ts";
import { unreachablePeer } from "../scripted-transport.ts";
import {
  answerAsNacre,
  b,
  c,
  ipsUnder,
  register,
  type RepairSetup,
  startData,
  startRepair,
} from "./start-repair.ts";

const orders = datumKey("public", "DEFAULT_GROUP@@orders");
const users = datumKey("public", "DEFAULT_GROUP@@users");

/** A member at `a` and its Nacre peer `b`, which holds what is put into `theirs`. */
async function startVerifier(setup: RepairSetup = {}, options: VerifierOptions = {}) {
  const started = await startRepair(setup);
  const theirs = startData(started.clock);
  answerAsNacre(started.transport, theirs);
  const verifier = new Verifier(started.dependencies, options);
  const round = async (): Promise<void> => {
    verifier.verify();
    await started.clock.advance(5_000);
  };
  return { ...started, round, theirs, verifier };
}

describe("Verifier", () => {
  it("asks each peer one small question a round while they agree", async () => {
    const { round, transport, verifier } = await startVerifier({
      peers: { [b]: "nacre", [c]: "nacre" },
    });
    await round();
    await round();
    expect(transport.calls.map(({ name, peer }) => [name, peer])).toEqual([
      ["digest", b],
      ["digest", c],
      ["digest", b],
      ["digest", c],
    ]);
    expect(verifier.statusOf(b)).toMatchObject({ lastAgreedMs: 5_000, differingCount: 0 });
  });

  it("fetches what differs, and what only the peer has", async () => {
    const { data, round, theirs, verifier } = await startVerifier();
    register(theirs, orders, "1.1.1.1");
    const copy = theirs.copyOf(orders);
    if (copy !== undefined) data.merge(copy, "synced", "");
    register(theirs, orders, "1.1.1.2");
    register(theirs, users, "2.2.2.2");
    theirs.putValue("switches", "on");
    await round();
    expect(ipsUnder(data, orders)).toEqual(["1.1.1.1", "1.1.1.2"]);
    expect(ipsUnder(data, users)).toEqual(["2.2.2.2"]);
    expect(data.valueOf("switches")?.text).toBe("on");
    expect(data.digest.root).toBe(theirs.digest.root);
    expect(verifier.statusOf(b).differingCount).toBe(3);
  });

  it("sends what only this member has to that peer", async () => {
    const { added, data, round } = await startVerifier();
    register(data, orders, "1.1.1.1");
    await round();
    expect(added).toEqual([{ key: orders, peers: [b] }]);
  });

  it("sends what the peer has too, but older", async () => {
    const { added, clock, data, round, theirs } = await startVerifier();
    register(theirs, orders, "1.1.1.1");
    theirs.putValue("switches", "old");
    await clock.advance(1_000);
    register(data, orders, "1.1.1.2");
    data.putValue("switches", "new");
    await round();
    expect(added).toEqual([
      { key: orders, peers: [b] },
      { key: "switches", peers: [b] },
    ]);
    expect(data.valueOf("switches")?.text).toBe("new");
  });

  it("does not bring back what was removed here while the peer was away", async () => {
    const { added, clock, data, round, theirs } = await startVerifier();
    register(data, orders, "1.1.1.1");
    const copy = data.copyOf(orders);
    if (copy !== undefined) theirs.merge(copy, "synced", "");
    await clock.advance(1_000);
    const [before] = data.get(orders)?.instances ?? [];
    data.put(orders, [{ before, cause: { kind: "deregistered", detail: "" } }]);
    await round();
    expect(ipsUnder(data, orders)).toEqual([]);
    expect(added).toEqual([{ key: orders, peers: [b] }]);
  });

  it("names so many keys at most in one fetch", async () => {
    const { data, round, theirs, transport } = await startVerifier({}, { fetchKeysMax: 4 });
    for (let at = 0; at < 10; at++) {
      register(theirs, datumKey("public", `DEFAULT_GROUP@@s${at}`), "1.1.1.1");
    }
    await round();
    const sizes = transport.sent("fetch").map(({ content }) => "keys" in content && content.keys);
    expect(sizes.map((keys) => keys && keys.length)).toEqual([4, 4, 2]);
    expect(data.digest.root).toBe(theirs.digest.root);
  });

  it("says that a peer disagrees when a key still differs after two more rounds", async () => {
    const { data, round, said, theirs, transport, verifier } = await startVerifier();
    register(theirs, orders, "1.1.1.1");
    const fetch = transport.answers.fetch;
    transport.answers.fetch = () => Promise.resolve({ data: [], values: [], cursor: undefined });
    await round();
    await round();
    expect(said("warn")).toEqual([]);
    await round();
    expect(said("warn")).toEqual([["a peer disagrees", b]]);
    expect(verifier.statusOf(b)).toMatchObject({ disagreedRounds: 3, sample: [orders] });
    transport.answers.fetch = fetch;
    await round();
    await round();
    expect(said("info")).toEqual([["a peer agrees again", b]]);
    expect(data.digest.root).toBe(theirs.digest.root);
  });

  it("never has two comparisons with a peer under way, and does not wait for one", async () => {
    const { round, transport, verifier } = await startVerifier({
      peers: { [b]: "nacre", [c]: "nacre" },
    });
    const { digest } = transport.answers;
    transport.answers.digest = (peer, message) =>
      peer === b ? new Promise<DigestAnswer>(() => {}) : digest(peer, message);
    await round();
    await round();
    expect(transport.sent("digest").map(({ peer }) => peer)).toEqual([b, c, c]);
    expect(verifier.skippedCount).toBe(1);
  });

  it("goes on after a failure, and tells membership of it", async () => {
    const { membership, round, transport, verifier } = await startVerifier();
    transport.answers.digest = (peer) => Promise.reject(unreachablePeer(peer, "ECONNREFUSED"));
    await round();
    expect(verifier.counts).toEqual({ done: 0, failed: 1 });
    expect(membership.member(b)?.state).toBe("DOWN");
  });

  it.each<[string, RepairSetup, (started: Awaited<ReturnType<typeof startVerifier>>) => void]>([
    ["peers of Java", { peers: { [b]: "java" } }, () => {}],
    ["peers that nobody knows", { peers: { [b]: "unknown" } }, () => {}],
    ["peers that are down, also when they say who they are", {}, fall],
    [
      "peers that have not loaded",
      {},
      ({ membership }) => void membership.onReport(startingReport),
    ],
    ["anybody before this member has loaded", { isReady: false }, () => {}],
    ["anybody after a stop", {}, ({ verifier }) => verifier.stop()],
  ])("does not ask %s", async (_whom, setup, change) => {
    const started = await startVerifier(setup);
    change(started);
    await started.settle();
    await started.round();
    expect(started.transport.sent("digest")).toEqual([]);
  });

  it("takes nothing over from a comparison under way when it is stopped", async () => {
    const { added, data, round, theirs, transport, verifier } = await startVerifier();
    register(theirs, orders, "1.1.1.1");
    register(data, users, "1.1.1.1");
    const { digest } = transport.answers;
    transport.answers.digest = (peer, message) => {
      verifier.stop();
      return digest(peer, message);
    };
    await round();
    expect(ipsUnder(data, orders)).toEqual([]);
    expect(added).toEqual([]);
  });
});

const startingReport = reportOf(b, { nacre: { version: "0.1.0", wire: 1, isReady: false } });

/** Lets `b` be down, and yet answer who it is. */
function fall({ membership, transport }: Awaited<ReturnType<typeof startVerifier>>): void {
  membership.noteFailure(b, unreachablePeer(b, "ECONNREFUSED"));
  transport.answers.report = (peer) => Promise.reject(unreachablePeer(peer));
  transport.answers.greet = () => Promise.resolve({ kind: "nacre", isReady: true });
  membership.report();
}

describe("Verifier, asked by a peer,", () => {
  it("tells in pieces what is too much for one answer, until all is told", async () => {
    const { data, verifier } = await startVerifier({}, { answerKeysMax: 20 });
    for (let at = 0; at < 100; at++) {
      register(data, datumKey("public", `DEFAULT_GROUP@@s${at}`), "1.1.1.1");
    }
    const message = { root: "", buckets: data.digest.buckets.map(() => "") };
    const told = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const answer = verifier.onDigest(b, message);
      if (answer.outcome !== "keys") continue;
      for (const sums of answer.buckets.values()) for (const key of sums.keys()) told.add(key);
    }
    expect(told.size).toBe(100);
  });

  it("says that it starts, before it has loaded", async () => {
    const { verifier } = await startVerifier({ isReady: false });
    const ask = (): DigestAnswer => verifier.onDigest(b, { root: "" });
    expect(ask).toThrow(NacreError);
    expect(ask).toThrow(expect.objectContaining({ code: "STARTING" }));
  });
});
