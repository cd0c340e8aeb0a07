import {
  type CauseKind,
  type DatumKey,
  datumKey,
  defaultCluster,
  definitionKey,
  type Instance,
  instanceKey,
  type ValueDatum,
} from "@nacre/core";
import { defaultServiceDefinition, formatDefinition } from "@nacre/naming";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  causesOf,
  instanceOf,
  orders,
  responsibilityOf,
  serviceOf,
  specOf,
  standingOf,
  startNaming,
} from "./start-naming.ts";

// What the consistency service tells and asks, mostly on behalf of peers.

const ip = "10.0.0.1";
const key = datumKey("public", "DEFAULT_GROUP@@orders");
const unknownKey = datumKey("public", "DEFAULT_GROUP@@unknown");
const anInstance = instanceKey(ip, 8_080, "DEFAULT");
const fullDefinition = { ...defaultServiceDefinition, protectThreshold: 0.5, clusters: [] };

function startListener(options: Parameters<typeof startNaming>[0] = {}) {
  const started = startNaming(options);
  const { consistency } = started;
  const { listener } = consistency;
  /** A peer tells of an instance, or of its end. */
  const tell = (before: Instance | undefined, after?: Instance, kind: CauseKind = "synced") => {
    consistency.put(key, [{ before, after, cause: { kind, detail: "told by 10.0.0.2:8848" } }]);
  };
  const tellValue = (value: Partial<ValueDatum> = {}) => {
    const text = formatDefinition(fullDefinition);
    listener.onValue({
      key: definitionKey("public", orders.serviceName),
      version: 1,
      text,
      ...value,
    });
  };
  const warnings = () => started.logger.lines.filter(({ level }) => level === "warn");
  return { ...started, listener, tell, tellValue, warnings };
}

describe("RegistryListener.mayTake", () => {
  it("takes services with legal names, known or not", () => {
    const { listener, naming } = startListener();
    for (const namespaceId of ["public", "区域 a/b", "a##b", "__proto__"]) {
      expect(listener.mayTake(datumKey(namespaceId, "g@@a"))).toBe(true);
    }
    naming.register(orders, specOf(ip));
    expect(listener.mayTake(key)).toBe(true);
  });

  it.each([
    datumKey("public", "g@@a/b"),
    datumKey("public", "g@@a\n"),
    datumKey("public", ""),
    datumKey("", "g@@a"),
    datumKey("a\nb", "g@@a"),
    datumKey("a\u0085b", "g@@a"),
    datumKey("n".repeat(5_000), "g@@a"),
    "",
    "x",
    "com.alibaba.nacos.naming.iplist.ephemeral.public",
    definitionKey("public", "DEFAULT_GROUP@@orders"),
    key.replace("ephemeral", "epheMeral"),
  ])("takes nothing under %.80j", (bad) => {
    const { listener, naming } = startListener();
    expect(listener.mayTake(bad as DatumKey)).toBe(false);
    naming.register(orders, specOf(ip));
    expect(listener.mayTake(bad as DatumKey)).toBe(false);
  });

  it("takes no new service without room for it, and every known one", () => {
    const { listener, naming } = startListener({ servicesMax: 1 });
    expect(listener.mayTake(unknownKey)).toBe(true);
    naming.register(orders, specOf(ip));
    expect([listener.mayTake(unknownKey), listener.mayTake(key)]).toEqual([false, true]);
  });

  it("takes no new service without room for instances, and every known one", () => {
    const { listener, naming } = startListener({ instancesMax: 1 });
    naming.register(orders, specOf(ip));
    expect([listener.mayTake(unknownKey), listener.mayTake(key)]).toEqual([false, true]);
  });
});

describe("RegistryListener.onPut", () => {
  it("says what happened, when the cause only says how it is known", () => {
    const { naming, tell } = startListener();
    const up = standingOf(ip);
    const down = standingOf(ip, { healthy: false });
    tell(undefined, up, "loaded");
    tell(up, down);
    tell(down, up, "still alive");
    tell(up, standingOf(ip, { weight: 2 }), "verified");
    tell(standingOf(ip, { weight: 2 }));
    expect(causesOf(naming)).toEqual([
      "loaded: new, told by 10.0.0.2:8848",
      "synced: unhealthy, told by 10.0.0.2:8848",
      "still alive: healthy again, told by 10.0.0.2:8848",
      "verified: changed, told by 10.0.0.2:8848",
      "synced: gone, told by 10.0.0.2:8848",
    ]);
  });

  it("tells nobody when only a version is another one", () => {
    const { changed, naming, tell } = startListener();
    tell(undefined, standingOf(ip));
    tell(standingOf(ip), standingOf(ip, { version: 9 }));
    expect([changed.length, naming.changeCount, causesOf(naming).length]).toEqual([1, 1, 1]);
    expect(naming.leaseOf(orders, addressOf(ip))?.instance.version).toBe(2);
  });

  it("makes no service of what is empty", () => {
    const { changed, listener, naming } = startListener();
    listener.onPut({ key, instances: [] }, []);
    expect([naming.services.size, changed.length]).toEqual([0, 0]);
  });

  it("makes as many clusters as a service may have, and keeps the instances of more", () => {
    const { naming, listener, warnings } = startListener();
    const instances = Array.from({ length: 1_002 }, (_, index) =>
      standingOf(ip, { clusterName: index === 0 ? "a_b" : `c${index}` }),
    );
    const cause = { kind: "synced", detail: "" } as const;
    listener.onPut(
      { key, instances },
      instances.map((after) => ({ after, cause })),
    );
    expect(serviceOf(naming).clusters).toHaveLength(1_000);
    expect([naming.instanceCount, naming.refusedCount]).toEqual([1_002, 2]);
    expect(warnings()).toHaveLength(1);
  });

  it("leaves out a service that it was not asked about and has no room for", () => {
    const { listener, naming } = startListener({ servicesMax: 0 });
    listener.onPut({ key, instances: [standingOf(ip)] }, []);
    expect([naming.services.size, naming.refusedCount]).toEqual([0, 1]);
  });

  it("gives an instance that a peer revives a whole time-out", async () => {
    const { clock, naming, tell } = startListener();
    naming.register(orders, specOf(ip));
    await clock.advance(15_500);
    tell(instanceOf(naming, ip), standingOf(ip));
    await clock.advance(15_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
    await clock.advance(1_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
  });
});

describe("RegistryListener.onRemove", () => {
  it("keeps a service of which somebody said something", () => {
    const { listener, naming, tell, tellValue } = startListener();
    tellValue();
    tell(undefined, standingOf(ip));
    listener.onRemove(key);
    expect(naming.instanceCount).toBe(0);
    expect(serviceOf(naming)).toMatchObject({ isDefined: true, instances: [] });
  });
});

describe("RegistryListener.onValue", () => {
  it("defines a service, known or not, and tells of it", () => {
    const { changed, naming, tell, tellValue } = startListener();
    tellValue();
    expect(serviceOf(naming).definition.protectThreshold).toBe(0.5);
    tell(undefined, standingOf(ip));
    const clusters = [{ ...defaultCluster("DEFAULT"), defaultCheckPort: 81 }];
    tellValue({ text: formatDefinition({ ...fullDefinition, clusters }) });
    expect(serviceOf(naming)).toMatchObject({ clusters, instances: [{ ip }] });
    expect(changed).toHaveLength(3);
  });

  it("removes an empty service when its definition is deleted", () => {
    const { consistency, naming, tellValue } = startListener();
    naming.register(orders, specOf(ip));
    tellValue();
    naming.deregister(orders, addressOf(ip), true);
    tellValue({ text: undefined });
    tellValue({ text: undefined });
    expect([naming.services.size, consistency.data.size]).toEqual([0, 0]);
  });

  it("leaves a service with instances as it came into being", () => {
    const { changed, naming, tellValue } = startListener();
    naming.register(orders, specOf(ip));
    tellValue();
    tellValue({ text: undefined });
    expect(serviceOf(naming)).toMatchObject({
      definition: defaultServiceDefinition,
      isDefined: false,
      instances: [{ ip }],
    });
    expect(changed).toHaveLength(3);
  });

  it("ignores garbage, counts it, and warns once a minute at most", async () => {
    const { clock, naming, tellValue, warnings } = startListener();
    for (let round = 0; round < 100; round++) tellValue({ text: "garbage" });
    expect([naming.services.size, naming.refusedCount, warnings().length]).toEqual([0, 100, 1]);
    await clock.advance(60_000);
    tellValue({ text: "garbage" });
    expect(warnings().map(({ fields }) => fields["refusedCount"])).toEqual([1, 101]);
  });

  it("ignores what it cannot take and what is no definition", () => {
    const { naming, tellValue } = startListener({ servicesMax: 1 });
    for (const name of ["g@@a/b", "g@@one", "g@@two"]) {
      tellValue({ key: definitionKey("public", name) });
    }
    tellValue({ key: "switches" });
    expect([...naming.services.all()].map(({ name }) => name)).toEqual(["g@@one"]);
    expect(naming.refusedCount).toBe(2);
  });
});

describe("RegistryListener, asked for evidence", () => {
  it("has heard a registration and every beat taken here", async () => {
    const { clock, listener, naming } = startListener();
    naming.register(orders, specOf(ip));
    await clock.advance(4_000);
    expect(listener.silenceMsOf(key, anInstance)).toBe(4_000);
    naming.beat(orders, addressOf(ip));
    await clock.advance(7_500);
    expect(listener.silenceMsOf(key, anInstance)).toBe(7_500);
    expect(listener.isAlive(key, anInstance)).toBe(true);
    await clock.advance(500);
    expect(listener.isAlive(key, anInstance)).toBe(false);
  });

  it("has not heard what it only knows of, nor an operator's patch", () => {
    const { listener, naming, tell } = startListener();
    tell(undefined, standingOf(ip));
    naming.patch(orders, addressOf(ip), { weight: 2 });
    expect(listener.silenceMsOf(key, anInstance)).toBeUndefined();
    expect(listener.isAlive(key, anInstance)).toBe(false);
    expect(listener.silenceMsOf(unknownKey, anInstance)).toBeUndefined();
    expect(listener.isAlive(unknownKey, anInstance)).toBe(false);
  });

  it("does not count its own pauses: the beats of others are as old as they are", () => {
    const { clock, listener, naming } = startListener();
    naming.register(orders, specOf(ip));
    clock.stall(60_000);
    naming.check();
    expect(listener.silenceMsOf(key, anInstance)).toBe(60_000);
    expect(listener.isAlive(key, anInstance)).toBe(false);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
  });
});

describe("RegistryListener.onBeat", () => {
  it("counts as a beat that was heard when the peer says", async () => {
    const { clock, listener, naming } = startListener();
    naming.register(orders, specOf(ip));
    await clock.advance(10_000);
    listener.onBeat(key, anInstance, 2_000);
    expect(listener.silenceMsOf(key, anInstance)).toBe(2_000);
    expect(naming.leaseOf(orders, addressOf(ip))?.hasBeaten).toBe(true);
    await clock.advance(13_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
    await clock.advance(500);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
    expect(naming.beatCount).toBe(0);
  });

  it("is evidence of an instance that was only known of, and takes no grace away", async () => {
    const { clock, listener, naming, tell } = startListener();
    tell(undefined, standingOf(ip));
    listener.onBeat(key, anInstance, 12_000);
    expect(listener.silenceMsOf(key, anInstance)).toBe(12_000);
    await clock.advance(15_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
  });

  it("never moves back, and never ahead of now", async () => {
    const { clock, listener, naming } = startListener();
    naming.register(orders, specOf(ip));
    await clock.advance(3_000);
    listener.onBeat(key, anInstance, 10_000);
    expect(listener.silenceMsOf(key, anInstance)).toBe(3_000);
    listener.onBeat(key, anInstance, -10_000);
    expect(listener.silenceMsOf(key, anInstance)).toBe(0);
  });

  it("means nothing for an unknown instance", () => {
    const { listener, naming } = startListener();
    listener.onBeat(unknownKey, anInstance, 0);
    naming.register(orders, specOf(ip));
    listener.onBeat(key, "10.0.0.9:8080:unknown:DEFAULT", 0);
    expect([naming.services.size, naming.instanceCount]).toEqual([1, 1]);
  });

  it("has the responsible member revive an unhealthy instance, when the beat is fresh", () => {
    const { listener, naming, tell } = startListener();
    tell(undefined, standingOf(ip, { healthy: false }));
    listener.onBeat(key, anInstance, 8_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
    listener.onBeat(key, anInstance, 1_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
    expect(causesOf(naming).at(-1)).toBe("beat again: told by a peer");
  });

  it("revives nothing with a beat that is known already", async () => {
    const { clock, listener, naming } = startListener();
    naming.register(orders, specOf(ip));
    await clock.advance(1_000);
    naming.patch(orders, addressOf(ip), { healthy: false });
    listener.onBeat(key, anInstance, 1_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
  });

  it("leaves it to others to revive what is not ours", () => {
    const { listener, naming, tell } = startListener({ responsibility: responsibilityOf() });
    tell(undefined, standingOf(ip, { healthy: false }));
    listener.onBeat(key, anInstance, 0);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
    expect(listener.isAlive(key, anInstance)).toBe(true);
  });

  it("revives nothing that is marked", () => {
    const { listener, naming, tell } = startListener();
    tell(undefined, standingOf(ip, { healthy: false, marked: true }));
    listener.onBeat(key, anInstance, 0);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
  });

  it("ends the hold of a removal, unless it is too old to do so", async () => {
    const { clock, listener, naming } = startListener({
      brake: { serviceFreeCount: 0, serviceRatio: 0 },
    });
    naming.register(orders, specOf(ip));
    naming.beat(orders, addressOf(ip));
    await clock.advance(40_000);
    listener.onBeat(key, anInstance, 35_000);
    expect(naming.held.size).toBe(1);
    listener.onBeat(key, anInstance, 1_000);
    expect([naming.held.size, instanceOf(naming, ip)?.healthy]).toEqual([0, true]);
  });
});
