import { datumKey } from "@nacre/core";
import { Subscribers, type Subscription } from "@nacre/naming";
import { describe, expect, it } from "vitest";

const key = datumKey("public", "g@@orders");
const otherKey = datumKey("public", "g@@users");

function subscriptionOf(changes: Partial<Subscription> = {}): Subscription {
  return {
    namespaceId: "public",
    serviceName: "g@@orders",
    clusters: "",
    agent: "Nacos-Java-Client:v1.4.1",
    groupedNames: true,
    address: "10.0.0.9",
    udpPort: 55_000,
    declaredIp: "10.0.0.9",
    app: "unknown",
    ...changes,
  };
}

function newSubscribers(subscribersMax = 100) {
  return new Subscribers({ subscribersMax });
}

describe("Subscribers", () => {
  it("keeps who subscribed, and renews whoever comes again", () => {
    const subscribers = newSubscribers();
    expect(subscribers.renew(key, subscriptionOf(), 0)).toBe(true);
    expect(subscribers.renew(key, subscriptionOf({ app: "shop" }), 5_000)).toBe(true);
    expect(subscribers.size).toBe(1);
    expect(subscribers.of(key, 0)).toEqual([
      expect.objectContaining({ ...subscriptionOf({ app: "shop" }), renewedAtMs: 5_000 }),
    ]);
    expect(subscribers.of(otherKey, 0)).toEqual([]);
  });

  it.each([
    { clusters: "a" },
    { agent: "Nacos-Go-Client:v1.0.0" },
    { address: "10.0.0.8" },
    { udpPort: 55_001 },
    { declaredIp: "10.0.0.8" },
  ])("tells subscribers apart by %j", (changes) => {
    const subscribers = newSubscribers();
    subscribers.renew(key, subscriptionOf(), 0);
    subscribers.renew(key, subscriptionOf(changes), 0);
    const ids = subscribers.of(key, 0).map(({ id }) => id);
    expect([subscribers.size, new Set(ids).size]).toEqual([2, 2]);
  });

  it("counts one client once per service", () => {
    const subscribers = newSubscribers();
    subscribers.renew(key, subscriptionOf(), 0);
    subscribers.renew(otherKey, subscriptionOf(), 0);
    expect(subscribers.size).toBe(2);
    expect([...subscribers.all(0)]).toHaveLength(2);
  });

  it("forgets who did not renew in time, when the service is looked at", () => {
    const subscribers = newSubscribers();
    subscribers.renew(key, subscriptionOf(), 0);
    subscribers.renew(key, subscriptionOf({ udpPort: 1 }), 10);
    expect(subscribers.of(key, 0)).toHaveLength(2);
    expect(subscribers.of(key, 10).map(({ udpPort }) => udpPort)).toEqual([1]);
    expect(subscribers.size).toBe(1);
    expect(subscribers.of(key, 11)).toEqual([]);
    expect(subscribers.size).toBe(0);
  });

  it("leaves those out that did not renew when it lists all", () => {
    const subscribers = newSubscribers();
    subscribers.renew(key, subscriptionOf(), 0);
    subscribers.renew(otherKey, subscriptionOf(), 10);
    expect([...subscribers.all(10)].map(({ renewedAtMs }) => renewedAtMs)).toEqual([10]);
  });

  it("sweeps all services", () => {
    const subscribers = newSubscribers();
    subscribers.renew(key, subscriptionOf(), 0);
    subscribers.renew(otherKey, subscriptionOf(), 10);
    subscribers.sweep(10);
    expect(subscribers.size).toBe(1);
    subscribers.sweep(11);
    expect(subscribers.size).toBe(0);
  });

  it("turns newcomers away when full, and still renews", () => {
    const subscribers = newSubscribers(1);
    subscribers.renew(key, subscriptionOf(), 0);
    expect(subscribers.renew(otherKey, subscriptionOf(), 5)).toBe(false);
    expect(subscribers.renew(key, subscriptionOf({ udpPort: 1 }), 5)).toBe(false);
    expect(subscribers.renew(key, subscriptionOf(), 5)).toBe(true);
    expect([subscribers.size, subscribers.refusedCount]).toEqual([1, 2]);
    subscribers.sweep(6);
    expect(subscribers.renew(otherKey, subscriptionOf(), 6)).toBe(true);
  });

  it("turns away who has more to say than any client", () => {
    const subscribers = newSubscribers();
    expect(subscribers.renew(key, subscriptionOf({ clusters: "c".repeat(5_000) }), 0)).toBe(false);
    expect([subscribers.size, subscribers.refusedCount]).toEqual([0, 1]);
  });
});
