import { describe, expect, it } from "vitest";
import {
  addressOf,
  beatSpecOf,
  causesOf,
  instanceOf,
  orders,
  specOf,
  startNaming,
} from "./start-naming.ts";

// What a beat does at once; what its absence does is in naming-expiry.test.ts.

const ip = "10.0.0.1";

function failure(code: string) {
  return expect.objectContaining({ code });
}

function startWithOne(changes: Parameters<typeof specOf>[1] = {}) {
  const started = startNaming();
  started.naming.register(orders, specOf(ip, changes));
  return started;
}

const unknown = { isKnown: false, intervalMs: undefined };
const known = { isKnown: true, intervalMs: undefined };

describe("Naming.beat", () => {
  it("knows nothing of an unknown instance, and makes nothing of a light beat", () => {
    const { naming, changed } = startNaming();
    expect(naming.beat(orders, addressOf(ip))).toEqual(unknown);
    expect([naming.services.size, naming.beatCount, changed.length]).toEqual([0, 0, 0]);
  });

  it("makes an unknown instance from a full beat, unchecked", () => {
    const { naming } = startNaming();
    const address = addressOf("1.2.3.400", { clusterName: "B" });
    const spec = beatSpecOf("1.2.3.400", { weight: -3, metadata: null });
    expect(naming.beat(orders, address, spec)).toEqual(known);
    expect(instanceOf(naming, "1.2.3.400")).toEqual({
      ...specOf("1.2.3.400", { weight: -3, metadata: null, app: null, clusterName: "B" }),
      instanceId: "1.2.3.400#8080#B#DEFAULT_GROUP@@orders",
      marked: false,
      version: 1,
    });
    expect([naming.beatCount, causesOf(naming)]).toEqual([1, ["registered: by 10.9.9.9"]]);
    expect(naming.leaseOf(orders, address)?.hasBeaten).toBe(true);
  });

  it("makes only service and cluster when the beat names no address", () => {
    const { naming } = startNaming();
    const address = addressOf("", { clusterName: "B" });
    expect(naming.beat(orders, address, beatSpecOf(null))).toEqual(known);
    const { namespaceId, serviceName } = orders;
    const service = naming.services.get(namespaceId, serviceName);
    expect(service?.clusters.map(({ name }) => name)).toEqual(["B"]);
    expect(naming.instanceCount).toBe(0);
  });

  it("does not replace what is known, whatever the beat says", () => {
    const { naming, changed } = startWithOne({ weight: 5 });
    naming.beat(orders, addressOf(ip), beatSpecOf(ip, { weight: 9, metadata: { a: "b" } }));
    expect(instanceOf(naming, ip)).toMatchObject({ weight: 5, metadata: {} });
    expect([changed.length, naming.beatCount]).toEqual([1, 1]);
  });

  it("answers with the interval that the instance asks for", () => {
    const { naming } = startWithOne({ metadata: { "preserved.heart.beat.interval": "700" } });
    naming.register(orders, specOf("10.0.0.2"));
    expect(naming.beat(orders, addressOf(ip))).toEqual({ isKnown: true, intervalMs: 700 });
    expect(naming.beat(orders, addressOf("10.0.0.2"))).toEqual(known);
  });

  it("counts only for the very port", () => {
    const { naming } = startWithOne({ port: 0 });
    expect(naming.beat(orders, addressOf(ip, { port: -1 }))).toEqual(unknown);
    expect(naming.beat(orders, addressOf(ip, { port: 0 }))).toEqual(known);
  });

  it("refuses persistent instances and illegal names", () => {
    const { naming } = startNaming();
    const persistent = beatSpecOf(ip, { ephemeral: false });
    expect(() => naming.beat(orders, addressOf(ip), persistent)).toThrow(
      failure("PERSISTENT_UNSUPPORTED"),
    );
    const illegal = addressOf(ip, { clusterName: "a_b" });
    expect(() => naming.beat(orders, illegal, beatSpecOf(ip))).toThrow(failure("INVALID_NAME"));
    expect(naming.instanceCount).toBe(0);
  });

  it("revives what an operator marked unhealthy", () => {
    const { naming } = startWithOne();
    naming.patch(orders, addressOf(ip), { healthy: false });
    naming.beat(orders, addressOf(ip));
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
    expect(causesOf(naming).at(-1)).toBe("beat again: from 10.9.9.9");
  });
});
