import {
  defaultSwitches,
  PushService,
  type Subscriber,
  Subscribers,
  type Subscription,
  type Switches,
} from "@nacre/naming";
import { describe, expect, it } from "vitest";
import { addressOf, orders, serviceOf, specOf, startNaming } from "./start-naming.ts";

interface Push {
  readonly text: string;
  readonly ports: readonly number[];
}

function startPushService(switches: Switches = defaultSwitches) {
  const { clock, naming } = startNaming();
  const pushes: Push[] = [];
  const pusher = {
    push: (text: string, to: readonly Subscriber[]) =>
      void pushes.push({ text, ports: to.map(({ udpPort }) => udpPort) }),
  };
  const subscribers = new Subscribers({ subscribersMax: 10 });
  const { livedTime } = naming;
  const service = new PushService({ clock, livedTime, subscribers, pusher, switches });
  naming.register(orders, specOf("10.0.0.1"));
  const { key } = serviceOf(naming);
  const subscribe = (udpPort: number, changes: Partial<Subscription> = {}) =>
    service.subscribe(key, {
      namespaceId: orders.namespaceId,
      serviceName: orders.serviceName,
      clusters: "",
      agent: "Nacos-Java-Client:v1.4.1",
      groupedNames: true,
      address: "10.0.0.9",
      udpPort,
      declaredIp: "10.0.0.9",
      app: "",
      ...changes,
    });
  return { clock, naming, service, subscribers, pushes, subscribe, key };
}

describe("PushService", () => {
  it("pushes the list as a client that is pushed to would get it", () => {
    const { clock, naming, service, pushes, subscribe } = startPushService();
    subscribe(1);
    service.push(serviceOf(naming));
    expect(pushes).toHaveLength(1);
    expect(JSON.parse(pushes[0]?.text ?? "")).toMatchObject({
      dom: "DEFAULT_GROUP@@orders",
      cacheMillis: 10_000,
      lastRefTime: clock.epochMs(),
      clusters: "",
      env: "",
      hosts: [{ ip: "10.0.0.1", serviceName: "DEFAULT_GROUP@@orders" }],
    });
  });

  it("builds one view for all who asked for the same", () => {
    const { naming, service, pushes, subscribe } = startPushService();
    for (const port of [1, 2, 3]) subscribe(port);
    subscribe(4, { clusters: "DEFAULT" });
    subscribe(5, { groupedNames: false, agent: "Nacos-Go-Client:v1.0.0" });
    subscribe(6, { groupedNames: false, agent: "Nacos-C-Client:v1.0.12" });
    service.push(serviceOf(naming));
    expect(pushes.map(({ ports }) => ports)).toEqual([[1, 2, 3], [4], [5, 6]]);
    expect(pushes[1]?.text).toContain('"clusters":"DEFAULT"');
    expect(pushes[2]?.text).toContain('"dom":"orders"');
    expect(serviceOf(naming).views.size).toBe(3);
  });

  it("shows the service as it stands when the push leaves", () => {
    const { naming, service, pushes, subscribe } = startPushService();
    subscribe(1);
    naming.register(orders, specOf("10.0.0.2"));
    naming.deregister(orders, addressOf("10.0.0.1"), true);
    service.push(serviceOf(naming));
    expect(pushes[0]?.text).not.toContain("10.0.0.1");
    expect(pushes[0]?.text).toContain("10.0.0.2");
  });

  it("pushes nothing when nobody watches", () => {
    const { naming, service, pushes, key } = startPushService();
    service.push(serviceOf(naming));
    expect([service.isWatched(key), pushes]).toEqual([false, []]);
  });

  it("forgets a subscription that is not renewed for 10 s", async () => {
    const { clock, naming, service, pushes, subscribe, key } = startPushService();
    subscribe(1);
    await clock.advance(6_000);
    subscribe(2);
    await clock.advance(4_000);
    expect([...service.all()].map(({ udpPort }) => udpPort)).toEqual([1, 2]);
    await clock.advance(1);
    service.push(serviceOf(naming));
    expect(pushes.map(({ ports }) => ports)).toEqual([[2]]);
    expect(service.isWatched(key)).toBe(true);
    await clock.advance(6_000);
    expect(service.isWatched(key)).toBe(false);
  });

  it("sweeps what nobody looks at", async () => {
    const { clock, service, subscribers, subscribe } = startPushService();
    subscribe(1);
    await clock.advance(10_001);
    expect(subscribers.size).toBe(1);
    service.sweep();
    expect(subscribers.size).toBe(0);
  });

  it("lets a pause of the process age no subscription", async () => {
    const { clock, service, subscribe, key } = startPushService();
    subscribe(1);
    clock.stall(600_000);
    await clock.advance(5_000);
    expect(service.isWatched(key)).toBe(true);
    await clock.advance(5_000);
    expect(service.isWatched(key)).toBe(false);
  });

  it("goes by the switches as they stand", async () => {
    const switches = { ...defaultSwitches };
    const { clock, naming, service, pushes, subscribe } = startPushService(switches);
    subscribe(1);
    switches.defaultPushCacheMillis = 60_000;
    await clock.advance(30_000);
    service.push(serviceOf(naming));
    expect(pushes[0]?.text).toContain('"cacheMillis":60000,');
  });

  it("turns subscribers away when there is no room", () => {
    const { subscribe } = startPushService();
    const outcomes = Array.from({ length: 11 }, (_, port) => subscribe(port + 1));
    expect(outcomes).toEqual([...Array.from({ length: 10 }, () => true), false]);
  });
});
