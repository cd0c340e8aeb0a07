import { datumKey } from "@nacre/core";
import type { ServiceRequest } from "@nacre/naming";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  causesOf,
  historyOf,
  instanceOf,
  orders,
  serviceOf,
  specOf,
  standingOf,
  startNaming,
} from "./start-naming.ts";

// Changes that come from elsewhere than a call of this `Naming`, and names that try to be clever.

const ip = "10.0.0.1";

describe("Naming, as a listener", () => {
  const key = datumKey("public", "DEFAULT_GROUP@@orders");
  const cause = { kind: "updated", detail: "by a peer" } as const;
  const fromPeer = standingOf(ip, { clusterName: "hz-a" });

  it("takes over data that it did not write, clusters included", async () => {
    const { clock, naming, consistency } = startNaming();
    consistency.put(key, [{ after: fromPeer, cause }]);
    expect(serviceOf(naming).clusters.map(({ name }) => name)).toEqual(["hz-a"]);
    expect([naming.instanceCount, causesOf(naming)]).toEqual([1, ["updated: by a peer"]]);
    await clock.advance(31_000);
    expect(naming.instanceCount).toBe(0);
  });

  it("leaves the health of a marked instance alone, whatever time and beats say", async () => {
    const { clock, naming, consistency } = startNaming();
    const up = { ...fromPeer, marked: true };
    const down = { ...up, ip: "10.0.0.2", healthy: false };
    consistency.put(key, [
      { after: up, cause },
      { after: down, cause },
    ]);
    await clock.advance(60_000);
    naming.beat(orders, addressOf("10.0.0.2", { clusterName: "hz-a" }));
    expect(serviceOf(naming).instances.map(({ healthy }) => healthy)).toEqual([true, false]);
  });

  it("goes on with copies of what it knows", async () => {
    const { clock, naming, consistency } = startNaming();
    consistency.put(key, [{ after: fromPeer, cause }]);
    consistency.data.set(key, { key, instances: [{ ...fromPeer }] });
    consistency.put(key, []);
    await clock.advance(15_500);
    expect(serviceOf(naming).instances.map(({ healthy }) => healthy)).toEqual([false]);
    naming.deregister(orders, addressOf(ip, { clusterName: "hz-a" }), true);
    expect(serviceOf(naming).instances).toEqual([]);
  });

  it("watches nothing any more of a datum that was removed", async () => {
    const { clock, naming, consistency } = startNaming();
    naming.register(orders, specOf(ip));
    consistency.remove(key);
    consistency.remove(key);
    expect([naming.services.size, naming.instanceCount]).toEqual([0, 0]);
    await clock.advance(60_000);
    expect([naming.services.size, consistency.data.size]).toEqual([0, 0]);
  });
});

describe("Naming, with strange names", () => {
  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "takes %s for a name like any other",
    async (strange) => {
      const { clock, naming } = startNaming();
      const serviceName = `${strange}@@${strange}`;
      const request: ServiceRequest = { namespaceId: strange, serviceName, by: "" };
      expect(naming.services.get(strange, serviceName)).toBeUndefined();
      expect(naming.services.sorted(strange)).toEqual([]);
      const metadata = JSON.parse(`{"${strange}":"1"}`) as Record<string, string>;
      const spec = specOf(strange, { metadata });
      naming.register(request, spec);
      naming.beat(request, addressOf(strange));
      expect(naming.services.sorted(strange).map(({ name }) => name)).toEqual([serviceName]);
      expect(instanceOf(naming, strange, request)?.metadata).toEqual(metadata);
      expect(historyOf(naming, strange)).toHaveLength(1);
      await clock.advance(31_000);
      expect(naming.instanceCount).toBe(0);
    },
  );
});
