import { type DatumKey, type Greeting, instanceKeyOf } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { Standstill } from "../../src/distro/standstill.ts";
import { someKeys } from "./member-board.ts";
import { a, b, c, DirectNetwork, startMember } from "./start-cluster.ts";

const [s0, s1] = someKeys(2) as readonly [DatumKey, DatumKey];
const [minuteMs, longMs] = [60_000, 12 * 60_000] as const;
const definition = "definition";

describe("Standstill", () => {
  function startLooking() {
    const clock = new ManualClock();
    const noticed: number[] = [];
    const standstill = new Standstill(
      { clock },
      { msMax: 5_000, onNoticed: (standstillMs) => noticed.push(standstillMs) },
    );
    return { clock, noticed, standstill };
  }

  it("notices a gap between two looks that is longer than allowed, once", () => {
    const { clock, noticed, standstill } = startLooking();
    for (const gapMs of [60_000, 5_000, 5_001, 0]) {
      standstill.look();
      clock.stall(gapMs);
    }
    standstill.look();
    expect(noticed).toEqual([60_000, 5_001]);
  });

  it("notices a gap that only the wall clock shows, and none when it goes back", () => {
    const { clock, noticed, standstill } = startLooking();
    for (const byMs of [60_000, -60_000, 0]) {
      standstill.look();
      clock.jumpEpoch(byMs);
    }
    standstill.look();
    expect(noticed).toEqual([60_000]);
  });

  it("takes the first look for the beginning", () => {
    const { clock, noticed, standstill } = startLooking();
    clock.stall(60_000);
    standstill.look();
    expect(noticed).toEqual([]);
  });
});

/** Three members, of which `b` has a clock of its own and so can stand still by itself. */
async function startThree() {
  const [clock, clockOfB] = [new ManualClock(), new ManualClock()];
  const network = new DirectNetwork();
  const start = (self: typeof a | typeof b | typeof c, at: ManualClock) => {
    const member = startMember(self, network.transportOf(self), {
      clock: at,
      addresses: [a, b, c],
      coldStartMs: 3_000,
    });
    network.handlers.set(self, member.protocol);
    return member;
  };
  const [atA, atB, atC] = [start(a, clock), start(b, clockOfB), start(c, clock)];
  const members = [atA, atB, atC];
  const pass = async (durationMs: number): Promise<void> => {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= 50) {
      await clock.advance(50);
      await clockOfB.advance(50);
    }
  };
  for (const { protocol } of members) protocol.start();
  await pass(3_500);
  for (const { membership } of members) await membership.greetAll();
  const run = (name: string, of: typeof atA) => {
    of.protocol.jobs.find((job) => job.name === name)?.run();
  };
  return {
    atA,
    atB,
    atC,
    clock,
    clockOfB,
    network,
    pass,
    /** Lets `b` stand still; what the others do is in `meanwhile`. */
    standStill: async (durationMs: number, meanwhile: () => void = () => undefined) => {
      network.fault = (from, to) => (from === b || to === b ? "lost" : undefined);
      await clock.advance(1_000);
      meanwhile();
      await clock.advance(durationMs - 1_000);
      clockOfB.stall(durationMs);
      for (const each of [atA, atC]) run("forget-gone", each);
      network.fault = () => undefined;
    },
    verify: async () => {
      for (const member of members) run("verify", member);
      await pass(200);
    },
    where: (key: DatumKey) => members.map(({ ips }) => ips(key).join(" ")),
    definitions: () => members.map(({ protocol }) => protocol.data.valueOf(definition)?.text),
    run,
  };
}

describe("A member that stood still for longer than tombstones live", () => {
  it("brings nothing back that was removed meanwhile", async () => {
    const { atA, atB, definitions, pass, run, standStill, verify, where } = await startThree();
    atA.register(s0, "10.1.0.1", "10.1.0.2");
    atA.register(s1, "10.1.0.3");
    atA.protocol.putValue(definition, "old");
    await pass(200);
    expect(where(s0)).toEqual(Array(3).fill("10.1.0.1 10.1.0.2"));
    await standStill(longMs, () => {
      atA.deregister(s0, "10.1.0.1");
      atA.deregister(s1, "10.1.0.3");
      atA.register(s0, "10.1.0.4");
      atA.protocol.putValue(definition, undefined);
    });
    expect(atA.protocol.data.goneCount).toBe(0);
    run("notice-standstill", atB);
    expect([atB.membership.isReady, atB.protocol.loader.isLoaded]).toEqual([false, false]);
    await pass(1_000);
    expect(atB.membership.isReady).toBe(true);
    await verify();
    expect(where(s0)).toEqual(Array(3).fill("10.1.0.2 10.1.0.4"));
    expect(where(s1)).toEqual(["", "", ""]);
    expect(definitions()).toEqual([undefined, undefined, undefined]);
    expect(atB.heard.slice(-3)).not.toContain("removed");
    expect(atB.logger.lines).toContainEqual({
      level: "warn",
      message: "stood still for long, this member loads anew",
      fields: { seconds: 720 },
    });
  });

  it.each(["a peer asks it", "a client writes", "what waited is told"] as const)(
    "notices before anything else, when %s",
    async (first) => {
      const { atA, atB, pass, standStill, verify, where } = await startThree();
      atA.register(s0, "10.1.0.1");
      await pass(200);
      // Waits for 20 ms, and would take the whole datum along.
      if (first === "what waited is told") atB.register(s0, "10.1.0.2");
      await standStill(longMs, () => atA.deregister(s0, "10.1.0.1"));
      if (first === "a peer asks it") atB.protocol.onGreet();
      if (first === "a client writes") atB.register(s0, "10.1.0.2");
      const isReady = first === "what waited is told";
      expect(atB.membership.isReady).toBe(isReady);
      await pass(1_000);
      await verify();
      expect(atB.membership.isReady).toBe(true);
      const left = first === "a client writes" ? "10.1.0.2" : "";
      expect(where(s0)).toEqual([left, left, left]);
    },
  );

  it("does not take for news what peers told long ago and it reads only now", async () => {
    const { atA, atB, network, pass, standStill, verify, where } = await startThree();
    atA.register(s0, "10.1.0.1");
    await standStill(longMs, () => atA.deregister(s0, "10.1.0.1"));
    const message = network.sent.find(([, to, { data }]) => to === b && data[0]?.instances.length);
    if (message === undefined) throw new Error("nothing was told");
    atB.protocol.onSync(a, message[2]);
    expect(atB.ips(s0)).toEqual(["10.1.0.1"]);
    await pass(1_000);
    await verify();
    expect(where(s0)).toEqual(["", "", ""]);
  });

  it("does not refute a claim of silence by beats that it reads only now", async () => {
    const { atA, atB, clockOfB, pass, run, standStill, verify, where } = await startThree();
    atA.register(s0, "10.1.0.1", "10.1.0.2");
    await pass(200);
    const [before] = atA.protocol.get(s0)?.instances ?? [];
    if (before === undefined) throw new Error("no instance stands");
    // Peers know of the end yet when the member comes back.
    await standStill(6 * minuteMs, () => {
      atA.protocol.put(s0, [{ before, cause: { kind: "expired", detail: "no beat" } }]);
    });
    atB.beating.set(instanceKeyOf(before), clockOfB.nowMs());
    run("notice-standstill", atB);
    await pass(1_000);
    await verify();
    expect(where(s0)).toEqual(Array(3).fill("10.1.0.2"));
  });

  it("keeps what it has when nobody has anything to load from", async () => {
    const { atA, atB, atC, pass, standStill, where } = await startThree();
    atA.register(s0, "10.1.0.1");
    await pass(200);
    await standStill(longMs);
    const starting: Greeting = { kind: "nacre", isReady: false };
    for (const { protocol } of [atA, atC]) protocol.onGreet = () => starting;
    expect(atB.protocol.onGreet().isReady).toBe(false);
    await pass(2_900);
    expect(atB.membership.isReady).toBe(false);
    await pass(200);
    expect(atB.membership.isReady).toBe(true);
    expect(where(s0)[1]).toBe("10.1.0.1");
  });

  it("goes on as before when it was short", async () => {
    const { atA, atB, pass, run, standStill, verify, where } = await startThree();
    atA.register(s0, "10.1.0.1");
    await pass(200);
    await standStill(4 * minuteMs, () => atA.deregister(s0, "10.1.0.1"));
    run("notice-standstill", atB);
    expect(atB.membership.isReady).toBe(true);
    await verify();
    expect(where(s0)).toEqual(["", "", ""]);
  });
});
