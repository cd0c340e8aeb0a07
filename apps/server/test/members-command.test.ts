import type { ConvergenceAnswer, PeerConvergenceAnswer } from "@nacre/transport-http";
import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../src/cli.ts";
import { recordingShell } from "./recording-shell.ts";
import { convergenceOf, peerAt, startScriptedMember } from "./scripted-member.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function membersOf(answer: unknown, ...args: string[]) {
  const member = await startScriptedMember(() => answer);
  closers.push(member.close);
  const shell = recordingShell();
  const code = await runCli(["members", "--server", member.url, ...args], shell);
  return { code, out: shell.printed, err: shell.complaints.join("\n"), asked: member.asked };
}

describe("nacre members", () => {
  it("prints a table of all members, the one that answers with a star", async () => {
    const java = peerAt("10.0.0.10:8848", { kind: "java", version: "1.4.1", lastAgreedMs: null });
    const { code, out, asked } = await membersOf(convergenceOf([peerAt("10.0.0.1:8848"), java]));
    expect(code).toBe(0);
    expect(out).toEqual([
      "   address         kind   version  state  ready  last agreed  differing  queue",
      "   10.0.0.10:8848  java   1.4.1    UP     yes    never        0          0",
      "   10.0.0.1:8848   nacre  1.0.0    UP     yes    1.2 s ago    0          0",
      "*  10.0.0.2:8848   nacre  1.0.0    UP     yes",
    ]);
    expect(asked.map(({ url }) => url.pathname)).toEqual(["/nacre/v1/convergence"]);
  });

  it.each<readonly [Partial<PeerConvergenceAnswer>, string]>([
    [{ state: "DOWN", isReady: false }, "10.0.0.1:8848 is DOWN"],
    [{ state: "SUSPICIOUS" }, "10.0.0.1:8848 is SUSPICIOUS"],
    [{ isReady: false }, "10.0.0.1:8848 does not serve yet"],
    [{ isIll: true }, "10.0.0.1:8848 tells nothing of its services any more: restart it"],
    [
      { differing: { count: 2, sinceMs: 15_000, rounds: 3, sample: [] } },
      "10.0.0.1:8848 has disagreed for 15 s: nacre diff 10.0.0.1:8848",
    ],
  ])("says what is wrong with %j, and ends with 1", async (peer, concern) => {
    const { code, out } = await membersOf(convergenceOf([peerAt("10.0.0.1:8848", peer)]));
    expect(code).toBe(1);
    expect(out.slice(-2)).toEqual(["", concern]);
  });

  it("does not mind a difference that may be on its way", async () => {
    const differing = { count: 9, sinceMs: 5_000, rounds: 2, sample: [] };
    const { code, out } = await membersOf(convergenceOf([peerAt("10.0.0.1:8848", { differing })]));
    expect({ code, lines: out.length }).toEqual({ code: 0, lines: 3 });
  });

  it("says why the member itself does not serve", async () => {
    const own: Partial<ConvergenceAnswer> = { state: "STARTING", isReady: false };
    const { code, out } = await membersOf(
      convergenceOf([], { ...own, reason: "asking the peers" }),
    );
    expect(code).toBe(1);
    expect(out.at(-1)).toBe("10.0.0.2:8848 does not serve: asking the peers");
  });

  it("prints the answer as JSON, with the same exit code", async () => {
    const answer = convergenceOf([peerAt("10.0.0.1:8848", { state: "DOWN" })]);
    const { code, out } = await membersOf(answer, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out.join("\n"))).toEqual(answer);
  });

  it("hands no control characters to the terminal", async () => {
    const peer = peerAt("10.0.0.1:8848", { version: "1\u001b[2J" });
    const { out } = await membersOf(convergenceOf([peer]));
    expect(out[1]).toContain("1?[2J");
  });

  it.each([
    "<html>",
    "null",
    [],
    {},
    { ...convergenceOf([]), peers: [{}] },
    convergenceOf([{ ...peerAt("a"), differing: null as never }]),
  ])("does not take %j for an answer", async (answer) => {
    const { code, err } = await membersOf(answer);
    expect(code).toBe(1);
    expect(err).toMatch(/^nacre: http\S+ did not answer with its members; is it a Nacre member\?$/);
  });

  it("refuses a word too much", async () => {
    expect((await membersOf(convergenceOf([]), "all")).code).toBe(2);
  });
});
