import { type DatumKey, datumKey, parseDatumKey, type ServiceStatus } from "@nacre/core";
import { describe, expect, it } from "vitest";
// By file: users of the package meet it inside DistroProtocol.
import { StatusExchange, type StatusExchangeOptions } from "../../src/distro/status-exchange.ts";
import { refusingPeer, unreachablePeer } from "../scripted-transport.ts";
import {
  a,
  b,
  c,
  instanceAt,
  javaCopy,
  keyOf,
  keysOf,
  register,
  type RepairSetup,
  startRepair,
} from "./start-repair.ts";

const two = [a, b];
const ours = keyOf(a, two);
const theirs = keyOf(b, two);

/** A member at `a` that serves `services`, each with the sum `sum`, and its Java peer `b`. */
async function startExchange(
  services: readonly DatumKey[],
  setup: RepairSetup = {},
  options: StatusExchangeOptions = {},
) {
  const started = await startRepair({ peers: { [b]: "java" }, ...setup });
  const { clock, data, dependencies, transport } = started;
  transport.answers.serviceStatus = () => Promise.resolve();
  let summed = 0;
  const servicesOf = () =>
    services.map((key) => {
      const { namespaceId, groupedServiceName: name } = parseDatumKey(key);
      return {
        namespaceId,
        name,
        get checksum() {
          summed++;
          return "sum";
        },
      };
    });
  const exchange = new StatusExchange({ ...dependencies, servicesOf }, options);
  /** Lets `b` tell that all its services have this sum, and this health when asked for it. */
  const hear = async (sum: string, healthByAddress: Readonly<Record<string, boolean>> = {}) => {
    transport.answers.statuses = () => Promise.resolve(new Map(Object.entries(healthByAddress)));
    exchange.onServiceStatus(b, statusOf(services, sum));
    await clock.advance(0);
  };
  const told = () => transport.sent("serviceStatus").map(({ content }) => content);
  const healthUnder = (key: DatumKey) =>
    (data.get(key)?.instances ?? []).map(({ ip, healthy }) => [ip, healthy]);
  return { ...started, exchange, healthUnder, hear, summed: () => summed, told };
}

function statusOf(keys: readonly DatumKey[], sum: string, namespaceId = "public"): ServiceStatus {
  const checksums = keys.map((key) => [parseDatumKey(key).groupedServiceName, sum] as const);
  return { namespaceId, checksums: new Map(checksums) };
}

describe("StatusExchange, telling,", () => {
  it("tells Java peers the sums of this member's services that have instances", async () => {
    const [first = ours, second = ours, empty = ours] = keysOf(a, two, 3);
    const services = [first, second, empty, theirs];
    const { clock, data, exchange, summed, told } = await startExchange(services);
    for (const key of [first, second, theirs]) register(data, key, "1.1.1.1");
    exchange.send();
    await clock.advance(0);
    expect(told()).toEqual([statusOf([first, second], "sum")]);
    expect(summed()).toBe(2);
  });

  it("tells each namespace by itself, and so many services at most at once", async () => {
    const [first = ours, second = ours, third = ours] = keysOf(a, two, 3);
    const dev = datumKey("dev", parseDatumKey(ours).groupedServiceName);
    const services = [first, second, third, dev];
    const limits = { servicesMax: 2 };
    const { clock, data, exchange, told } = await startExchange(services, {}, limits);
    for (const key of services) register(data, key, "1.1.1.1");
    exchange.send();
    await clock.advance(0);
    expect(told()).toEqual([
      statusOf([first, second], "sum"),
      statusOf([third], "sum"),
      statusOf([dev], "sum", "dev"),
    ]);
  });

  it("tells of a change of health soon, of several at once, and of nothing else", async () => {
    const [first = ours, second = ours, third = ours] = keysOf(a, two, 3);
    const services = [first, second, third];
    const { clock, data, exchange, told } = await startExchange(services);
    for (const key of services) register(data, key, "1.1.1.1");
    exchange.noteFlip(first);
    await clock.advance(150);
    exchange.noteFlip(second);
    await clock.advance(49);
    expect(told()).toEqual([]);
    await clock.advance(1);
    expect(told()).toEqual([statusOf([first, second], "sum")]);
  });

  it("loses no change of health while a peer is slow", async () => {
    const services = keysOf(a, two, 3);
    const { clock, data, exchange, told, transport } = await startExchange(services);
    for (const key of services) register(data, key, "1.1.1.1");
    let answer = (): void => {};
    transport.answers.serviceStatus = () => new Promise((resolve) => void (answer = resolve));
    for (const key of services) {
      exchange.noteFlip(key);
      await clock.advance(200);
    }
    answer();
    await clock.advance(0);
    expect(told()).toEqual([
      statusOf(services.slice(0, 1), "sum"),
      statusOf(services.slice(1), "sum"),
    ]);
  });

  it.each<[string, RepairSetup]>([
    ["Nacre peers, which hear of health with the data", { peers: { [b]: "nacre" } }],
    ["anybody before this member has loaded", { isReady: false }],
  ])("does not tell %s", async (_whom, setup) => {
    const { clock, data, exchange, told } = await startExchange([ours], setup);
    register(data, ours, "1.1.1.1");
    exchange.send();
    exchange.noteFlip(ours);
    await clock.advance(5_000);
    expect(told()).toEqual([]);
  });

  it("tells nothing after a stop, not even what was held back", async () => {
    const { clock, data, exchange, told } = await startExchange([ours]);
    register(data, ours, "1.1.1.1");
    exchange.noteFlip(ours);
    exchange.stop();
    exchange.stop();
    exchange.noteFlip(ours);
    exchange.send();
    await clock.advance(5_000);
    expect(told()).toEqual([]);
  });
});

describe("StatusExchange, hearing,", () => {
  it("takes over the health of what differs, behind the answer", async () => {
    const { clock, data, exchange, healthUnder, transport } = await startExchange([theirs]);
    data.takeFromResponsible(javaCopy(theirs, "1.1.1.1", "1.1.1.2"), "synced", "");
    transport.answers.statuses = () => Promise.resolve(new Map([["1.1.1.1:8080", false]]));
    exchange.onServiceStatus(b, statusOf([theirs], "another"));
    expect(transport.calls).toEqual([]);
    await clock.advance(0);
    expect(healthUnder(theirs)).toEqual([
      ["1.1.1.1", false],
      ["1.1.1.2", true],
    ]);
  });

  it("leaves an instance alone that the answer does not name", async () => {
    const { data, healthUnder, hear } = await startExchange([theirs]);
    data.takeFromResponsible(javaCopy(theirs, "1.1.1.1"), "synced", "");
    await hear("another", { "9.9.9.9:8080": true });
    expect(healthUnder(theirs)).toEqual([["1.1.1.1", true]]);
  });

  it("changes nothing but health, and nothing when that is the same", async () => {
    const { data, hear } = await startExchange([theirs]);
    const instance = instanceAt("1.1.1.1", { weight: 0.5, metadata: { zone: "a" } });
    const instances = [{ instance, silenceMs: 0 }];
    data.takeFromResponsible({ key: theirs, instances, gone: [] }, "synced", "");
    const before = data.get(theirs);
    await hear("another", { "1.1.1.1:8080": true });
    expect(data.get(theirs)).toBe(before);
    await hear("another", { "1.1.1.1:8080": false });
    const { version: _, ...after } = data.get(theirs)?.instances[0] ?? instance;
    const { version: __, ...expected } = { ...instance, healthy: false };
    expect(after).toEqual(expected);
  });

  it("does not ask for what agrees, is unknown, or is not the peer's to tell", async () => {
    const third = keyOf(c, [a, b, c]);
    const own = keyOf(a, [a, b, c]);
    const peers = { [b]: "java", [c]: "java" } as const;
    const { hear, transport } = await startExchange([third, own], { peers });
    await hear("another");
    const agreeing = await startExchange([theirs]);
    await agreeing.hear("sum");
    const unknown = await startExchange([]);
    unknown.exchange.onServiceStatus(b, statusOf([theirs], "another"));
    await unknown.clock.advance(0);
    for (const one of [transport, agreeing.transport, unknown.transport]) {
      expect(one.sent("statuses")).toEqual([]);
    }
  });

  it("goes on with the other services when a peer refuses one, and ends when it is gone", async () => {
    const services = keysOf(b, two, 2);
    const { clock, exchange, transport } = await startExchange(services);
    transport.answers.statuses = (peer) => Promise.reject(refusingPeer(peer));
    exchange.onServiceStatus(b, statusOf(services, "another"));
    await clock.advance(0);
    expect(transport.sent("statuses")).toHaveLength(2);
    transport.answers.statuses = (peer) => Promise.reject(unreachablePeer(peer));
    exchange.onServiceStatus(b, statusOf(services, "another"));
    await clock.advance(0);
    expect(transport.sent("statuses")).toHaveLength(3);
  });

  it("keeps the newest of each namespace while it is busy, of so many at most", async () => {
    const names = ["one", "two", "three", "four"];
    const { groupedServiceName } = parseDatumKey(theirs);
    const services = names.map((namespaceId) => datumKey(namespaceId, groupedServiceName));
    const { clock, exchange, transport } = await startExchange(services, {}, { namespacesMax: 2 });
    let answer = (): void => {};
    transport.answers.statuses = () =>
      new Promise((resolve) => void (answer = () => resolve(new Map())));
    const [one = "", second = "", third = "", fourth = ""] = names;
    const tell = (name: string, sum: string): void =>
      exchange.onServiceStatus(b, statusOf([theirs], sum, name));
    tell(one, "another");
    await clock.advance(0);
    tell(second, "another");
    tell(third, "another");
    tell(fourth, "another");
    tell(second, "sum");
    for (let at = 0; at < 4; at++) {
      answer();
      await clock.advance(0);
    }
    expect(transport.sent("statuses").map(({ content }) => content)).toEqual([
      services[0],
      services[2],
    ]);
    expect(exchange.droppedCount).toBe(1);
  });

  it("asks for so many services at most", async () => {
    const services = keysOf(b, two, 5);
    const { hear, transport } = await startExchange(services, {}, { statusesMax: 3 });
    await hear("another");
    expect(transport.sent("statuses")).toHaveLength(3);
  });

  it("takes nothing over that became this member's while the answer was on its way", async () => {
    const { clock, data, exchange, healthUnder, membership, transport } = await startExchange([
      theirs,
    ]);
    data.takeFromResponsible(javaCopy(theirs, "1.1.1.1"), "synced", "");
    transport.answers.statuses = () => {
      membership.onLeaving(b);
      return Promise.resolve(new Map([["1.1.1.1:8080", false]]));
    };
    exchange.onServiceStatus(b, statusOf([theirs], "another"));
    await clock.advance(0);
    expect(healthUnder(theirs)).toEqual([["1.1.1.1", true]]);
  });

  it("takes nothing over after a stop", async () => {
    const { clock, data, exchange, healthUnder, transport } = await startExchange([theirs]);
    data.takeFromResponsible(javaCopy(theirs, "1.1.1.1"), "synced", "");
    transport.answers.statuses = () => {
      exchange.stop();
      return Promise.resolve(new Map([["1.1.1.1:8080", false]]));
    };
    exchange.onServiceStatus(b, statusOf([theirs], "another"));
    await clock.advance(0);
    expect(healthUnder(theirs)).toEqual([["1.1.1.1", true]]);
  });
});
