import { describe, expect, it } from "vitest";
import type { DistroData } from "../../src/distro/distro-data.ts";
// By file, and through JavaVerifier: users of the package meet it inside DistroProtocol.
import type { JavaVerifier } from "../../src/distro/java-verifier.ts";
import { answered } from "../membership/start-membership.ts";
import { hold, startJava, sumsOf, theirs } from "./start-java.ts";
import { b } from "./start-repair.ts";

describe("IllPeers", () => {
  /** A Java peer that is responsible for something, and silent for so many rounds. */
  async function startSilent(rounds: number) {
    const started = await startJava();
    hold(started.data, theirs, "1.1.1.1");
    for (let at = 0; at < rounds; at++) await started.round();
    return started;
  }

  it("names one that tells nothing of its services for more than 20 s, once", async () => {
    const { round, said, verifier } = await startSilent(5);
    expect(said("warn")).toEqual([]);
    await round();
    await round();
    expect(said("warn")).toEqual([["a peer tells nothing of its services, restart it", b]]);
    expect(verifier.statusOf(b).isIll).toBe(true);
  });

  it.each<[string, (verifier: JavaVerifier, data: DistroData) => void]>([
    ["its checksums", (verifier, data) => verifier.onChecksums(b, sumsOf(data))],
    ["their status", (verifier) => verifier.noteSign(b)],
  ])("takes it for well when it sends %s", async (_what, send) => {
    const { data, round, said, verifier } = await startSilent(6);
    send(verifier, data);
    expect(said("info")).toEqual([["a peer tells of its services again", b]]);
    await round();
    expect(verifier.statusOf(b).isIll).toBe(false);
  });

  it("expects nothing of a peer that is responsible for nothing", async () => {
    const { round, said } = await startJava();
    for (let at = 0; at < 8; at++) await round();
    expect(said("warn")).toEqual([]);
  });

  it("expects nothing of a peer that does not answer reports either", async () => {
    const { membership, round, said, settle, transport } = await startSilent(4);
    transport.answers.report = () => answered(500);
    membership.report();
    await settle();
    expect(membership.member(b)?.state).toBe("SUSPICIOUS");
    for (let at = 0; at < 3; at++) await round();
    expect(said("warn")).toEqual([]);
  });

  it("expects nothing of a peer that is down", async () => {
    const { membership, round, said, verifier } = await startSilent(6);
    membership.onLeaving(b);
    await round();
    expect(verifier.statusOf(b).isIll).toBe(false);
    expect(said("warn")).toHaveLength(1);
  });

  it("counts from when it should have told something", async () => {
    const { data, membership, round, said, verifier } = await startJava();
    verifier.noteSign(b);
    for (let at = 0; at < 6; at++) await round();
    hold(data, theirs, "1.1.1.1");
    expect(membership.member(b)?.state).toBe("UP");
    await round();
    await round();
    expect(said("warn")).toEqual([]);
  });
});
