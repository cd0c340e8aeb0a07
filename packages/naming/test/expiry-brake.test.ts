import type { ManualClock } from "@nacre/core/testing";
import {
  defaultExpiryBrake,
  type DueRemoval,
  ExpiryBrake,
  type Naming,
  type ServiceRequest,
} from "@nacre/naming";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  beatFor,
  causesOf,
  instanceOf,
  orders,
  randomOf,
  serviceOf,
  specOf,
  startNaming,
} from "./start-naming.ts";

function removalOf(changes: Partial<DueRemoval> = {}): DueRemoval {
  const counts = { serviceCount: 100, namespaceCount: 1_000 };
  return { namespaceId: "public", serviceKey: "orders", ...counts, ...changes };
}

/** How many of `count` removals at one instant go, from a service and a namespace that shrink. */
function allowedAt(brake: ExpiryBrake, nowMs: number, count: number, sizes: Partial<DueRemoval>) {
  let allowed = 0;
  for (let index = 0; index < count; index++) {
    const { serviceCount = 100, namespaceCount = 1_000 } = sizes;
    const left = {
      serviceCount: serviceCount - allowed,
      namespaceCount: namespaceCount - allowed,
    };
    if (brake.allows(removalOf({ ...sizes, ...left }), nowMs)) allowed++;
  }
  return allowed;
}

/** Registers instances 10.0.0.0, 10.0.0.1 … of one service, each of which beats once. */
function registerBeating(naming: Naming, count: number, request: ServiceRequest = orders) {
  const ips = Array.from({ length: count }, (_, index) => `10.0.0.${index}`);
  for (const ip of ips) {
    naming.register(request, specOf(ip));
    naming.beat(request, addressOf(ip));
  }
  return ips;
}

function isHeld(naming: Naming, ip: string): boolean {
  return naming.leaseOf(orders, addressOf(ip))?.heldUntilMs !== undefined;
}

describe("ExpiryBrake", () => {
  it("has the defaults that are written down", () => {
    expect(defaultExpiryBrake).toEqual({
      enabled: true,
      windowMs: 10_000,
      serviceFreeCount: 3,
      serviceRatio: 0.3,
      namespaceFreeCount: 20,
      namespaceRatio: 0.2,
      holdMs: 300_000,
    });
    expect(new ExpiryBrake().holdMs).toBe(300_000);
    expect(new ExpiryBrake({ holdMs: 5 }).holdMs).toBe(5);
  });

  it.each([
    [1, 1],
    [3, 3],
    [4, 3],
    [10, 3],
    [13, 3],
    [14, 4],
    [20, 6],
    [100, 30],
  ])("lets of a service of %i go %i", (serviceCount, gone) => {
    expect(allowedAt(new ExpiryBrake(), 0, serviceCount, { serviceCount })).toBe(gone);
  });

  it.each([
    [20, 20],
    [100, 20],
    [104, 20],
    [105, 21],
    [500, 100],
  ])("lets of a namespace of %i go %i", (namespaceCount, gone) => {
    const sizes = { serviceCount: 1_000_000, namespaceCount };
    expect(allowedAt(new ExpiryBrake(), 0, namespaceCount, sizes)).toBe(gone);
  });

  it("needs room in both scopes, and counts nothing in one when the other refuses", () => {
    const brake = new ExpiryBrake();
    for (let service = 0; service < 6; service++) {
      const serviceKey = `s${service}`;
      allowedAt(brake, 0, 3, { serviceKey, serviceCount: 3, namespaceCount: 100 });
    }
    // 18 of the namespace are gone: the service has room for 3, the namespace for 2.
    const sizes = { serviceKey: "s6", serviceCount: 3, namespaceCount: 82 };
    expect(allowedAt(brake, 0, 3, sizes)).toBe(2);
    expect(allowedAt(brake, 10_000, 3, { ...sizes, serviceCount: 1 })).toBe(3);
  });

  it("does not lose one to binary fractions", () => {
    expect(0.29 * 100).toBeLessThan(29);
    const brake = new ExpiryBrake({ serviceRatio: 0.29 });
    expect(allowedAt(brake, 0, 100, { serviceCount: 100 })).toBe(29);
  });

  it("counts services and namespaces apart", () => {
    const brake = new ExpiryBrake();
    const sizes = { serviceCount: 10, namespaceCount: 100 };
    expect(allowedAt(brake, 0, 10, { ...sizes, serviceKey: "a" })).toBe(3);
    expect(allowedAt(brake, 0, 10, { ...sizes, serviceKey: "b" })).toBe(3);
    expect(allowedAt(brake, 0, 10, { ...sizes, serviceKey: "c", namespaceId: "n" })).toBe(3);
  });

  it("forgets a removal after the window, to the millisecond", () => {
    const brake = new ExpiryBrake();
    expect(allowedAt(brake, 0, 10, { serviceCount: 10 })).toBe(3);
    brake.sweep(9_999);
    expect(allowedAt(brake, 9_999, 10, { serviceCount: 7 })).toBe(0);
    brake.sweep(10_000);
    expect(allowedAt(brake, 10_000, 10, { serviceCount: 7 })).toBe(3);
  });

  it("takes its share of what stood at the start of the window", () => {
    const brake = new ExpiryBrake();
    expect(allowedAt(brake, 0, 20, { serviceCount: 100 })).toBe(20);
    expect(allowedAt(brake, 5_000, 100, { serviceCount: 80 })).toBe(10);
  });

  it("lets everything go when it is off", () => {
    const brake = new ExpiryBrake({ enabled: false });
    expect(allowedAt(brake, 0, 100, { serviceCount: 100, namespaceCount: 100 })).toBe(100);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("keeps its limits in every window (seed %i)", (seed) => {
    const random = randomOf(seed);
    const brake = new ExpiryBrake();
    const services = Array.from({ length: 1 + Math.floor(random() * 12) }, (_, index) => {
      return { key: `s${index}`, size: 1 + Math.floor(random() ** 2 * 200) };
    });
    const gone: { atMs: number; key: string }[] = [];
    const initial = new Map(services.map(({ key, size }) => [key, size]));
    const total = services.reduce((sum, { size }) => sum + size, 0);
    for (let nowMs = 0; nowMs < 120_000; nowMs += Math.floor(random() * 1_500)) {
      for (let tries = random() * 60; tries > 0; tries--) {
        const service = services[Math.floor(random() * services.length)];
        if (service === undefined || service.size === 0) continue;
        const namespaceCount = total - gone.length;
        const counts = { serviceCount: service.size, namespaceCount };
        if (!brake.allows(removalOf({ serviceKey: service.key, ...counts }), nowMs)) continue;
        service.size--;
        gone.push({ atMs: nowMs, key: service.key });
      }
      if (random() < 0.3) brake.sweep(nowMs);
    }
    const worst = (atMs: readonly number[], size: number, free: number, ratio: number) =>
      Math.max(
        0,
        ...atMs.map((lastMs) => {
          const before = atMs.filter((ms) => ms <= lastMs - 10_000).length;
          const within = atMs.filter((ms) => ms <= lastMs).length - before;
          return within - Math.max(free, Math.floor((size - before) * ratio + 1e-9));
        }),
      );
    expect(gone.length).toBeGreaterThan(0);
    for (const [key, size] of initial) {
      const times = gone.filter((removal) => removal.key === key).map(({ atMs }) => atMs);
      expect(worst(times, size, 3, 0.3)).toBeLessThanOrEqual(0);
    }
    expect(
      worst(
        gone.map(({ atMs }) => atMs),
        total,
        20,
        0.2,
      ),
    ).toBeLessThanOrEqual(0);
  });
});

describe("Naming with the brake", () => {
  async function fallSilent(count: number) {
    const started = startNaming();
    const ips = registerBeating(started.naming, count);
    await started.clock.advance(30_500);
    const held = ips.filter((ip) => isHeld(started.naming, ip));
    return { ...started, ips, held };
  }

  it("never holds the first 3 of a service", async () => {
    const { naming } = await fallSilent(3);
    expect([naming.instanceCount, naming.held.size]).toEqual([0, 0]);
  });

  it("holds what is beyond: listed as unhealthy, noted, and logged once", async () => {
    const { naming, logger, held } = await fallSilent(10);
    expect([naming.instanceCount, naming.held.size, held.length]).toEqual([7, 7, 7]);
    for (const ip of held) {
      expect(instanceOf(naming, ip)?.healthy).toBe(false);
      expect(causesOf(naming, ip).slice(1)).toEqual([
        "beats stopped: no beat for 15.5 s",
        "held: no beat for 30.5 s",
      ]);
    }
    expect(logger.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ["warn", { namespaceId: "public", service: "DEFAULT_GROUP@@orders", holdMs: 300_000 }],
    ]);
  });

  it("lets them go after 5 minutes at the latest, and says that it holds none any more", async () => {
    const { clock, naming, logger, held } = await fallSilent(10);
    await clock.advance(300_000 - 500);
    expect(naming.instanceCount).toBe(7);
    await clock.advance(1_000);
    expect([naming.instanceCount, naming.held.size]).toEqual([0, 0]);
    expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
    expect(causesOf(naming, held[0]).at(-1)).toBe("expired: no beat for 331.0 s");
  });

  it("releases one that beats, which then lives on", async () => {
    const { clock, naming, held } = await fallSilent(10);
    const ip = held[0] ?? "";
    const beat = () => naming.beat(orders, addressOf(ip));
    beat();
    expect([naming.held.size, isHeld(naming, ip)]).toEqual([6, false]);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
    expect(causesOf(naming, ip).at(-1)).toBe("beat again: from 10.9.9.9");
    await beatFor(clock, 600_000, beat);
    expect(serviceOf(naming).instances.map((instance) => instance.ip)).toEqual([ip]);
    await clock.advance(31_000);
    expect(naming.instanceCount).toBe(0);
  });

  it("releases one that registers again", async () => {
    const { clock, naming, held } = await fallSilent(10);
    naming.register(orders, specOf(held[0] ?? ""));
    expect(naming.held.size).toBe(6);
    await clock.advance(10_000);
    expect(isHeld(naming, held[0] ?? "")).toBe(false);
  });

  it("deregisters a held one at once", async () => {
    const { naming, logger, held } = await fallSilent(10);
    for (const ip of held) naming.deregister(orders, addressOf(ip), true);
    expect([naming.instanceCount, naming.held.size]).toEqual([0, 0]);
    expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it("takes hold again after it held nothing, and says so again", async () => {
    const { clock, naming, logger, held } = await fallSilent(10);
    for (const ip of held) naming.deregister(orders, addressOf(ip), true);
    registerBeating(naming, 10);
    await clock.advance(30_500);
    expect(naming.held.size).toBe(7);
    expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info", "warn"]);
  });

  it("decides once: what is held does not go when there is room again", async () => {
    const { clock, naming } = await fallSilent(10);
    await clock.advance(60_000);
    expect(naming.held.size).toBe(7);
  });

  it("holds as long as it is told to, however long that is", async () => {
    const { clock, naming } = startNaming({ brake: { holdMs: 1_500_000 } });
    registerBeating(naming, 10);
    await clock.advance(30_500 + 1_499_500);
    expect(naming.held.size).toBe(7);
    await clock.advance(1_000);
    expect(naming.held.size).toBe(0);
  });

  it("neither counts nor holds instances that never beat", async () => {
    const { clock, naming } = startNaming();
    for (let index = 0; index < 50; index++) naming.register(orders, specOf(`10.1.0.${index}`));
    registerBeating(naming, 3);
    await clock.advance(30_500);
    expect([naming.instanceCount, naming.held.size]).toEqual([0, 0]);
  });

  it("holds beyond the share of a namespace, and leaves others alone", async () => {
    const { clock, naming } = startNaming();
    const inNamespace = (namespaceId: string, index: number): ServiceRequest => {
      return { namespaceId, serviceName: `g@@s${index}`, by: "" };
    };
    for (let index = 0; index < 200; index++) registerBeating(naming, 1, inNamespace("a", index));
    for (let index = 0; index < 20; index++) registerBeating(naming, 1, inNamespace("b", index));
    await clock.advance(30_500);
    const left = (namespaceId: string) =>
      naming.services.sorted(namespaceId).flatMap(({ instances }) => instances).length;
    expect([left("a"), left("b"), naming.held.size]).toEqual([160, 0, 160]);
  });

  it("moves the end of a hold by a pause, too", async () => {
    const { clock, naming } = await fallSilent(10);
    clock.stall(600_000);
    await clock.advance(290_000);
    expect(naming.held.size).toBe(7);
    await clock.advance(11_000);
    expect(naming.held.size).toBe(0);
  });

  it("holds nothing when it is off", async () => {
    const { clock, naming } = startNaming({ brake: { enabled: false } });
    registerBeating(naming, 100);
    await clock.advance(30_500);
    expect([naming.instanceCount, naming.held.size]).toEqual([0, 0]);
  });

  it("removes in no window more than it allows, whatever the clients do", async () => {
    const random = randomOf(7);
    const { clock, naming } = startNaming();
    const ips = registerBeating(naming, 40);
    const silentUntilMs = new Map<string, number>();
    for (let round = 0; round < 200; round++) {
      await step(clock, naming, ips, silentUntilMs, random);
    }
    const expired = naming.history
      .find({ countMax: Number.MAX_SAFE_INTEGER })
      .entries.filter(({ cause, detail }) => {
        // Past the hold it goes, whatever the window says.
        return cause === "expired" && Number(/[\d.]+/.exec(detail)?.[0]) < 300;
      });
    expect(expired.length).toBeGreaterThan(20);
    for (const { atMs } of expired) {
      const within = expired.filter((other) => other.atMs > atMs - 10_000 && other.atMs <= atMs);
      expect(within.length).toBeLessThanOrEqual(12);
    }
  });
});

/** Half a beat's time in which each client may fall silent for a while, and most beat. */
async function step(
  clock: ManualClock,
  naming: Naming,
  ips: readonly string[],
  silentUntilMs: Map<string, number>,
  random: () => number,
) {
  await clock.advance(2_500);
  const isStorm = random() < 0.03;
  for (const ip of ips) {
    const until = silentUntilMs.get(ip) ?? 0;
    if (until > clock.nowMs()) continue;
    if (random() < (isStorm ? 0.8 : 0.01)) {
      silentUntilMs.set(ip, clock.nowMs() + random() * 90_000);
      continue;
    }
    if (!naming.beat(orders, addressOf(ip)).isKnown) naming.register(orders, specOf(ip));
  }
}
