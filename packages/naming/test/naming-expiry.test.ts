import { describe, expect, it } from "vitest";
import {
  addressOf,
  beatFor,
  causesOf,
  instanceOf,
  orders,
  serviceOf,
  specOf,
  startNaming,
} from "./start-naming.ts";

// The part of `Naming` that time plays; what clients write is in naming.test.ts.

const ip = "10.0.0.1";

function startWithOne(options: Parameters<typeof startNaming>[0] = {}, metadata = {}) {
  const started = startNaming(options);
  started.naming.register(orders, specOf(ip, { metadata }));
  const beat = () => started.naming.beat(orders, addressOf(ip));
  const state = () => {
    const instance = instanceOf(started.naming, ip);
    if (instance === undefined) return "gone";
    return instance.healthy ? "healthy" : "unhealthy";
  };
  return { ...started, beat, state };
}

describe("Naming, as time passes", () => {
  it("marks an instance unhealthy after 15 s without a beat, and not before", async () => {
    const { clock, state } = startWithOne();
    await clock.advance(15_000);
    expect(state()).toBe("healthy");
    await clock.advance(500);
    expect(state()).toBe("unhealthy");
  });

  it("removes it after 30 s, and not before; the service stays", async () => {
    const { clock, naming, state } = startWithOne();
    await clock.advance(30_000);
    expect(state()).toBe("unhealthy");
    await clock.advance(500);
    expect([state(), naming.instanceCount]).toEqual(["gone", 0]);
    expect(serviceOf(naming).leases.size).toBe(0);
    expect(serviceOf(naming).clusters.map(({ name }) => name)).toEqual(["DEFAULT"]);
  });

  it("writes down why, and tells of each change once", async () => {
    const { clock, naming, changed } = startWithOne();
    await clock.advance(60_000);
    expect(causesOf(naming)).toEqual([
      "registered: by 10.9.9.9",
      "beats stopped: no beat for 15.5 s",
      "expired: no beat for 30.5 s",
    ]);
    expect([changed.length, naming.changeCount]).toEqual([3, 3]);
  });

  it("leaves an instance alone that beats", async () => {
    const { clock, naming, beat, changed, state } = startWithOne();
    await beatFor(clock, 300_000, beat);
    expect(state()).toBe("healthy");
    expect([changed.length, naming.beatCount]).toEqual([1, 60]);
  });

  it("counts from the last beat", async () => {
    const { clock, beat, state } = startWithOne();
    await clock.advance(14_800);
    beat();
    await clock.advance(15_000);
    expect(state()).toBe("healthy");
    await clock.advance(700);
    expect(state()).toBe("unhealthy");
  });

  it("has a beat revive an unhealthy instance, at once", async () => {
    const { clock, naming, beat, state, changed } = startWithOne();
    await clock.advance(20_000);
    beat();
    expect(state()).toBe("healthy");
    expect(causesOf(naming).at(-1)).toBe("beat again: from 10.9.9.9");
    expect(changed).toHaveLength(3);
    await clock.advance(15_000);
    expect(state()).toBe("healthy");
    await clock.advance(16_000);
    expect(state()).toBe("gone");
  });

  it("goes by the settings of each instance", async () => {
    const { clock, naming, state } = startWithOne(
      {},
      { "preserved.heart.beat.timeout": "3000", "preserved.ip.delete.timeout": "6000" },
    );
    naming.register(orders, specOf("10.0.0.2"));
    await clock.advance(3_000);
    expect(state()).toBe("healthy");
    await clock.advance(500);
    expect(state()).toBe("unhealthy");
    await clock.advance(2_500);
    expect(state()).toBe("unhealthy");
    await clock.advance(500);
    expect(state()).toBe("gone");
    expect(instanceOf(naming, "10.0.0.2")?.healthy).toBe(true);
  });

  it("follows settings that change, to earlier and to later", async () => {
    const { clock, naming, state } = startWithOne();
    await clock.advance(2_000);
    const metadata = { "preserved.heart.beat.timeout": "1000" };
    naming.register(orders, specOf(ip, { metadata }));
    await clock.advance(1_500);
    expect(state()).toBe("unhealthy");
    naming.patch(orders, addressOf(ip), {
      metadata: { "preserved.ip.delete.timeout": "100000" },
      healthy: true,
    });
    await clock.advance(16_000);
    expect(state()).toBe("unhealthy");
    await clock.advance(84_000);
    expect(state()).toBe("unhealthy");
    await clock.advance(1_000);
    expect(state()).toBe("gone");
  });

  it("takes an unchanged registration for a sign of life, though not for health", async () => {
    const { clock, naming, state } = startWithOne();
    await clock.advance(20_000);
    naming.register(orders, specOf(ip));
    expect(state()).toBe("unhealthy");
    await clock.advance(30_000);
    expect(state()).toBe("unhealthy");
    await clock.advance(1_000);
    expect(state()).toBe("gone");
  });

  it("takes a patch for a sign of life", async () => {
    const { clock, naming, state } = startWithOne();
    await clock.advance(14_000);
    naming.patch(orders, addressOf(ip), {});
    await clock.advance(15_000);
    expect(state()).toBe("healthy");
  });

  it("removes nothing for a pause of the process; deadlines move by it, exactly", async () => {
    const { clock, naming, beat, state } = startWithOne();
    await clock.advance(10_000);
    beat();
    clock.stall(600_000);
    // But for the pause this is 15 s after the beat: the sweep that was due then notices it.
    await clock.advance(15_000 - 500);
    expect([naming.livedTime.pausedMs, naming.livedTime.pauseCount]).toEqual([599_500, 1]);
    expect(state()).toBe("healthy");
    await clock.advance(500);
    expect(state()).toBe("unhealthy");
    await clock.advance(14_500);
    expect(state()).toBe("unhealthy");
    await clock.advance(500);
    expect(state()).toBe("gone");
  });

  it("has a beat notice the pause as well", async () => {
    const { clock, naming, beat, state } = startWithOne();
    naming.register(orders, specOf("10.0.0.2"));
    await clock.advance(10_000);
    clock.stall(600_000);
    beat();
    expect(naming.livedTime.pauseCount).toBe(1);
    await clock.advance(4_000);
    expect([state(), instanceOf(naming, "10.0.0.2")?.healthy]).toEqual(["healthy", true]);
  });

  it("survives pause after pause", async () => {
    const { clock, beat, state } = startWithOne();
    for (let round = 0; round < 20; round++) {
      clock.stall(60_000);
      await clock.advance(5_000);
      beat();
    }
    expect(state()).toBe("healthy");
  });

  it("never removes when told not to, marks unhealthy, and a later beat revives", async () => {
    const { clock, beat, state, changed } = startWithOne({ expireInstances: false });
    await clock.advance(15_500);
    expect(state()).toBe("unhealthy");
    await clock.advance(3_600_000);
    expect(state()).toBe("unhealthy");
    beat();
    expect(state()).toBe("healthy");
    await clock.advance(15_000);
    expect(state()).toBe("healthy");
    await clock.advance(500);
    expect([state(), changed.length]).toEqual(["unhealthy", 4]);
  });

  it("tells when an instance last beat, in wall time", async () => {
    const { clock, naming, beat } = startWithOne();
    await clock.advance(7_000);
    beat();
    const beatenAtMs = clock.epochMs();
    await clock.advance(3_000);
    const lease = naming.leaseOf(orders, addressOf(ip));
    expect(lease && naming.lastBeatEpochMs(lease)).toBe(beatenAtMs);
  });

  it("keeps 100,000 beating instances and looks at few of them", async () => {
    const { clock, naming, changed } = startNaming();
    const requests = Array.from({ length: 1_000 }, (_, index) => {
      return { namespaceId: "public", serviceName: `g@@s${index}`, by: "" };
    });
    const addresses = Array.from({ length: 100 }, (_, index) => addressOf(`10.0.0.${index}`));
    for (const request of requests) {
      for (const address of addresses) naming.register(request, specOf(address.ip));
    }
    const beatAll = () => {
      for (const request of requests) {
        for (const address of addresses) naming.beat(request, address);
      }
    };
    await beatFor(clock, 30_000, beatAll);
    expect([naming.instanceCount, changed.length]).toEqual([100_000, 100_000]);
    expect(naming.history.find({ countMax: 1 }).droppedCount).toBe(50_000);
  });

  it("stops within a turn", async () => {
    const { clock, naming } = startNaming({ brake: { enabled: false } });
    for (let index = 0; index < 1_500; index++) naming.register(orders, specOf(`h${index}`));
    await clock.advance(15_000);
    clock.stall(500);
    naming.check();
    naming.stop();
    naming.stop();
    const unhealthy = serviceOf(naming).instances.filter(({ healthy }) => !healthy);
    expect(unhealthy).toHaveLength(1_000);
  });
});

describe("Naming, with many that fall silent at once", () => {
  it("writes a service once per turn, however many of its instances are concerned", async () => {
    const { clock, consistency, changed, naming } = startNaming();
    for (let index = 0; index < 500; index++) naming.register(orders, specOf(`host-${index}`));
    const [puts, changes] = [consistency.putCount, changed.length];

    await clock.advance(16_000);
    expect(serviceOf(naming).instances.filter(({ healthy }) => healthy)).toHaveLength(0);
    expect([consistency.putCount - puts, changed.length - changes]).toEqual([1, 1]);

    await clock.advance(15_000);
    expect(serviceOf(naming).instances).toHaveLength(0);
    expect([consistency.putCount - puts, changed.length - changes]).toEqual([2, 2]);
    expect(naming.history.find({ countMax: 2_000 }).entries).toHaveLength(1_500);
  });
});

describe("Naming, cleaning empty services", () => {
  it("removes a service in the fifth round that finds it empty", async () => {
    const { clock, naming } = startWithOne();
    await clock.advance(31_000);
    for (let round = 1; round <= 4; round++) naming.cleanEmptyServices();
    expect(naming.services.size).toBe(1);
    naming.cleanEmptyServices();
    expect(naming.services.size).toBe(0);
  });

  it("starts over when an instance came meanwhile", () => {
    const { naming } = startWithOne();
    naming.deregister(orders, addressOf(ip), true);
    for (let round = 1; round <= 4; round++) naming.cleanEmptyServices();
    naming.register(orders, specOf(ip));
    naming.cleanEmptyServices();
    naming.deregister(orders, addressOf(ip), true);
    for (let round = 1; round <= 4; round++) naming.cleanEmptyServices();
    expect(naming.services.size).toBe(1);
    naming.cleanEmptyServices();
    expect(naming.services.size).toBe(0);
  });

  it("removes many in one round, and their data", () => {
    const { consistency, naming } = startNaming();
    for (let index = 0; index < 10; index++) {
      const request = { namespaceId: `n${index % 3}`, serviceName: `g@@s${index}`, by: "" };
      naming.register(request, specOf(ip));
      naming.deregister(request, addressOf(ip), true);
    }
    expect(consistency.data.size).toBe(10);
    for (let round = 1; round <= 5; round++) naming.cleanEmptyServices();
    expect([naming.services.size, consistency.data.size]).toEqual([0, 0]);
  });
});
