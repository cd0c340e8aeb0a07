import { datumKey } from "@nacre/core";
import { ServiceAdmin } from "@nacre/naming";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  beatSpecOf,
  causesOf,
  instanceOf,
  orders,
  responsibilityOf,
  serviceOf,
  specOf,
  standingOf,
  startNaming,
} from "./start-naming.ts";

// What a member does for services it is responsible for, and leaves alone for others.

const ip = "10.0.0.1";
const users = { ...orders, serviceName: "DEFAULT_GROUP@@users" };
const definition = { protectThreshold: 0.5, metadata: {}, selector: { type: "none" } } as const;

/** Two services with an instance each. Whose they are, `ours` says; `move` changes it. */
function startShared(names: readonly string[], options: Parameters<typeof startNaming>[0] = {}) {
  const responsibility = responsibilityOf(...names);
  const started = startNaming({ responsibility, ...options });
  const { naming } = started;
  for (const request of [orders, users]) naming.register(request, specOf(ip));
  const move = (...ours: readonly string[]) => {
    responsibility.ours.clear();
    for (const name of ours) responsibility.ours.add(name);
    naming.regardResponsibility();
  };
  const stateOf = (request: typeof orders) => {
    const instance = instanceOf(naming, ip, request);
    if (instance === undefined) return "gone";
    return instance.healthy ? "healthy" : "unhealthy";
  };
  const states = () => [stateOf(orders), stateOf(users)];
  return { ...started, move, states };
}

describe("Naming, responsible for some services", () => {
  it("judges their silence only", async () => {
    const { clock, naming, states } = startShared(["orders"]);
    await clock.advance(16_000);
    expect(states()).toEqual(["unhealthy", "healthy"]);
    await clock.advance(3_600_000);
    expect(states()).toEqual(["gone", "healthy"]);
    expect(causesOf(naming)).toHaveLength(4);
  });

  it("takes beats and registrations for all, as far as they come here", async () => {
    const { clock, naming, states } = startShared([]);
    naming.patch(users, addressOf(ip), { healthy: false });
    naming.beat(users, addressOf(ip));
    await clock.advance(1_000);
    expect(states()).toEqual(["healthy", "healthy"]);
  });

  it("gives what it gains a whole time-out, however long it was silent", async () => {
    const { clock, move, states } = startShared(["orders"]);
    await clock.advance(3_600_000);
    move("users");
    await clock.advance(15_000);
    expect(states()).toEqual(["gone", "healthy"]);
    await clock.advance(500);
    expect(states()).toEqual(["gone", "unhealthy"]);
    await clock.advance(15_000);
    expect(states()).toEqual(["gone", "gone"]);
  });

  it("says how long the silence really was", async () => {
    const { clock, move, naming } = startShared([]);
    await clock.advance(100_000);
    move("users");
    await clock.advance(16_000);
    expect(causesOf(naming).at(-1)).toBe("beats stopped: no beat for 115.5 s");
  });

  it("grants that time anew whenever it gains a service again", async () => {
    const { clock, move, states } = startShared(["orders"]);
    for (let round = 0; round < 10; round++) {
      await clock.advance(14_000);
      move();
      move("orders");
    }
    expect(states()).toEqual(["healthy", "healthy"]);
  });

  it("changes nothing when nothing moved", async () => {
    const { clock, move, states } = startShared(["orders"]);
    await clock.advance(10_000);
    move("orders");
    await clock.advance(5_500);
    expect(states()).toEqual(["unhealthy", "healthy"]);
  });

  it("drops holds with the service, and starts over when it comes back", async () => {
    const brake = { serviceFreeCount: 0, serviceRatio: 0 };
    const { clock, move, naming } = startShared(["orders"], { brake });
    naming.beat(orders, addressOf(ip));
    await clock.advance(31_000);
    expect(naming.held.size).toBe(1);
    move();
    expect(naming.held.size).toBe(0);
    await clock.advance(3_600_000);
    move("orders");
    await clock.advance(30_000);
    expect(naming.held.size).toBe(0);
    await clock.advance(500);
    expect(naming.held.size).toBe(1);
  });

  it("takes the brake's share of what it is responsible for", async () => {
    const brake = { namespaceFreeCount: 0, namespaceRatio: 0.5 };
    const { clock, naming } = startShared(["orders"], { brake });
    for (let index = 0; index < 10; index++) naming.register(users, specOf(`10.1.0.${index}`));
    naming.register(orders, specOf("10.0.0.2"));
    for (const at of [ip, "10.0.0.2"]) naming.beat(orders, addressOf(at));
    await clock.advance(31_000);
    expect([naming.held.size, serviceOf(naming).instances.length]).toEqual([1, 1]);
  });

  it("counts what it is responsible for", () => {
    const { move, naming } = startShared(["orders"]);
    naming.register(users, specOf("10.0.0.2"));
    expect([naming.responsibleServiceCount, naming.responsibleInstanceCount]).toEqual([1, 1]);
    move("users");
    expect([naming.responsibleServiceCount, naming.responsibleInstanceCount]).toEqual([1, 2]);
    naming.deregister(users, addressOf(ip), true);
    expect([naming.responsibleInstanceCount, naming.instanceCount]).toEqual([1, 2]);
    move("all");
    expect([naming.responsibleServiceCount, naming.responsibleInstanceCount]).toEqual([2, 2]);
  });

  it("writes what seems to change nothing, whoever is responsible, and tells nobody here", () => {
    const { consistency, changed, naming } = startShared(["orders"]);
    const [puts, changes] = [consistency.putCount, changed.length];
    for (const request of [orders, users]) naming.register(request, specOf(ip));
    expect([consistency.putCount - puts, changed.length - changes]).toEqual([2, 0]);
  });
});

describe("Naming, with requests that were passed on", () => {
  it("hands on at which version they were accepted", () => {
    const { consistency, naming } = startNaming();
    const passedOn = (acceptedAs: number) => ({ ...orders, acceptedAs });
    naming.register(passedOn(1), specOf(ip));
    naming.update(passedOn(2), specOf(ip, { weight: 2 }));
    naming.patch(passedOn(3), addressOf(ip), { weight: 3 });
    naming.edit(
      serviceOf(naming),
      serviceOf(naming).instances,
      (before) => ({ ...before, weight: 4 }),
      { kind: "operator", detail: "" },
      4,
    );
    naming.deregister(passedOn(5), addressOf(ip), true);
    naming.beat(passedOn(6), addressOf(ip), beatSpecOf(ip));
    naming.removeService(serviceOf(naming), { kind: "operator", detail: "" }, 7);
    expect(consistency.acceptedAs).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("Naming, deregistering beside peers what is unknown here", () => {
  const [service, address] = ["DEFAULT_GROUP@@users", addressOf(ip)];

  it("writes it all the same: a peer may know it", () => {
    const { consistency, naming } = startNaming({ responsibility: responsibilityOf() });
    naming.deregister({ ...orders, serviceName: service }, address, true);
    expect([consistency.acceptedAs.length, naming.services.size]).toEqual([1, 0]);
  });

  it.each([
    ["a service", { serviceName: "DEFAULT_GROUP@@us ers" }],
    ["a namespace", { namespaceId: "x".repeat(4_096) }],
  ])("writes nothing where %s cannot have that name", (_what, illegal) => {
    const { consistency, naming } = startNaming({ responsibility: responsibilityOf() });
    naming.deregister({ ...orders, serviceName: service, ...illegal }, address, true);
    expect(consistency.acceptedAs).toEqual([]);
  });
});

describe("Naming, cleaning empty services beside peers", () => {
  function startEmpty(options: Parameters<typeof startNaming>[0] = {}) {
    const responsibility = responsibilityOf();
    const started = startNaming({ responsibility, ...options });
    const { naming } = started;
    const said: (string | undefined)[] = [];
    const { consistency } = started;
    const putValue = consistency.putValue.bind(consistency);
    consistency.putValue = (key, text) => {
      said.push(text);
      putValue(key, text);
    };
    naming.register(orders, specOf(ip));
    naming.deregister(orders, addressOf(ip), true);
    const clean = (rounds: number) => {
      for (let round = 1; round <= rounds; round++) naming.cleanEmptyServices();
      return naming.services.size;
    };
    const define = () => new ServiceAdmin({ naming }).update(orders, definition);
    return { ...started, responsibility, said, clean, define };
  }

  it("removes its copies, whoever is responsible, and says nothing of it", () => {
    const { clean, said } = startEmpty();
    expect([clean(4), clean(1), said.length]).toEqual([1, 0, 0]);
  });

  it("removes none before it serves", () => {
    let serves = false;
    const { clean } = startEmpty({ isServing: () => serves });
    expect(clean(10)).toBe(1);
    serves = true;
    expect([clean(4), clean(1)]).toEqual([1, 0]);
  });

  it("takes a definition back, with its service, when it is responsible", () => {
    const { clean, consistency, define, naming, responsibility, said } = startEmpty();
    define();
    responsibility.ours.add("orders");
    naming.regardResponsibility();
    expect([clean(4), clean(1)]).toEqual([1, 0]);
    expect([said.at(-1), consistency.data.size]).toEqual([undefined, 0]);
  });

  it("leaves a definition to the responsible member for long", () => {
    const { clean, define } = startEmpty();
    define();
    expect([clean(13), clean(1)]).toEqual([1, 0]);
  });
});

describe("Naming, telling of beats", () => {
  it("tells of every beat and registration taken here, by its lease", async () => {
    const told: (readonly [string, string, number])[] = [];
    const { clock, consistency, naming } = startNaming({
      onBeat: ({ datumKey: key, instanceKey, lastHeardMs }) => {
        told.push([key, instanceKey, lastHeardMs]);
      },
    });
    naming.register(orders, specOf(ip));
    await clock.advance(1_000);
    naming.beat(orders, addressOf(ip));
    await clock.advance(1_000);
    naming.register(orders, specOf(ip));
    const lease = naming.leaseOf(orders, addressOf(ip));
    if (lease !== undefined) naming.renew(lease, orders);
    const key = datumKey("public", orders.serviceName);
    const about = [key, "10.0.0.1:8080:unknown:DEFAULT"] as const;
    expect(told).toEqual([0, 1_000, 2_000, 2_000].map((atMs) => [...about, atMs]));
    consistency.listener.onBeat(key, about[1], 0);
    naming.patch(orders, addressOf(ip), { weight: 2 });
    naming.beat(orders, addressOf("10.0.0.9"));
    expect([told.length, naming.beatCount]).toEqual([4, 2]);
  });

  it("tells when it was heard in lived time", () => {
    const told: number[] = [];
    const { clock, naming } = startNaming({ onBeat: ({ lastHeardMs }) => told.push(lastHeardMs) });
    naming.register(orders, specOf(ip));
    clock.stall(60_000);
    naming.beat(orders, addressOf(ip));
    expect(told).toEqual([0, 500]);
  });

  it("takes the beat of a lease that was found before, also when it revives", () => {
    const { consistency, naming } = startNaming();
    const cause = { kind: "synced", detail: "" } as const;
    const after = standingOf(ip, { healthy: false });
    consistency.put(datumKey("public", orders.serviceName), [{ after, cause }]);
    const lease = naming.leaseOf(orders, addressOf(ip));
    if (lease !== undefined) naming.renew(lease, orders);
    expect([instanceOf(naming, ip)?.healthy, naming.beatCount]).toEqual([true, 1]);
    expect(causesOf(naming).at(-1)).toBe("beat again: from 10.9.9.9");
  });
});
