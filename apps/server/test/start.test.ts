import { NacreError } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it, vi } from "vitest";
import { runCli } from "../src/cli.ts";
// Internal to the application: it exports nothing.
import { start, type StartDependencies } from "../src/commands/start.ts";
import { recordingShell } from "./recording-shell.ts";

function startWith({ stop = async () => {} }: { stop?: () => Promise<void> } = {}) {
  const shell = recordingShell();
  const clock = new ManualClock();
  const stopMember = vi.fn<() => Promise<void>>(stop);
  let leave = (): void => undefined;
  const askedToLeave = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const startMember = vi.fn<StartDependencies["startMember"]>(async () => ({
    address: "127.0.0.1:9000",
    askedToLeave,
    stop: stopMember,
  }));
  const done = start(["--port", "9000"], shell, { clock, startMember });
  return { shell, clock, startMember, stopMember, leave, done };
}

describe("nacre start", () => {
  it("starts a member with the settings, and runs until a signal", async () => {
    const { clock, shell, startMember, stopMember } = startWith();
    await clock.advance(60_000);
    expect(startMember.mock.calls[0]?.[0].config.port).toBe(9000);
    expect(stopMember).not.toHaveBeenCalled();
    expect(shell.exits).toEqual([]);
  });

  it("stops the member at a signal and ends with 0", async () => {
    const { shell, stopMember, done } = startWith();
    shell.signal();
    expect(await done).toBe(0);
    expect(stopMember).toHaveBeenCalledOnce();
    expect(shell.exits).toEqual([0]);
  });

  it("ends with 0 within 2 s even if the member does not stop", async () => {
    const { clock, shell } = startWith({ stop: () => new Promise(() => {}) });
    shell.signal();
    await clock.advance(1_800);
    expect(shell.exits).toEqual([]);
    await clock.advance(200);
    expect(shell.exits).toEqual([0]);
  });

  it("ends at once at a second signal", async () => {
    const { clock, shell } = startWith({ stop: () => new Promise(() => {}) });
    shell.signal();
    await clock.advance(1);
    shell.signal();
    expect(shell.exits).toEqual([1]);
  });

  it("stops the member and ends with 0 when it is asked to leave", async () => {
    const { shell, leave, stopMember, done } = startWith();
    leave();
    expect(await done).toBe(0);
    expect(stopMember).toHaveBeenCalledOnce();
    expect(shell.exits).toEqual([0]);
  });

  it("lets a member that leaves go on at its first signal, and no longer than 2 s", async () => {
    const { clock, shell, leave } = startWith({ stop: () => new Promise(() => {}) });
    leave();
    await clock.advance(1);
    shell.signal();
    expect(shell.exits).toEqual([]);
    await clock.advance(1_900);
    expect(shell.exits).toEqual([0]);
  });

  it("passes on why a member cannot start", async () => {
    const clock = new ManualClock();
    const failing = (error: Error) =>
      start([], recordingShell(), { clock, startMember: () => Promise.reject(error) });
    const expected = new NacreError("START_FAILED", "port 80 is taken");
    await expect(failing(expected)).rejects.toBe(expected);

    const refused = Object.assign(new Error("listen EACCES :80"), { syscall: "listen" });
    await expect(failing(refused)).rejects.toMatchObject({ code: "START_FAILED" });

    const mistake = new TypeError("x is not a function");
    await expect(failing(mistake)).rejects.toBe(mistake);
  });

  it("starts nothing when a setting is wrong", async () => {
    const shell = recordingShell({ environment: { MODE: "cluster" } });
    expect(await runCli(["start"], shell)).toBe(1);
    expect(shell.complaints).toEqual([expect.stringMatching(/^nacre: .*no members are listed/)]);
  });
});
