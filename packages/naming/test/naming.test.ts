import type { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  beatSpecOf,
  causesOf,
  historyOf,
  instanceOf,
  orders,
  serviceOf,
  specOf,
  responsibilityOf,
  startNaming,
} from "./start-naming.ts";

// What clients and operators write. Beats, time and data of peers have files of their own.

const ip = "10.0.0.1";

function failure(code: string, message?: string) {
  return expect.objectContaining(message === undefined ? { code } : { code, message });
}

function startWithOne(changes: Parameters<typeof specOf>[1] = {}) {
  const started = startNaming();
  started.naming.register(orders, specOf(ip, changes));
  return started;
}

async function letItFallSilent(clock: ManualClock) {
  await clock.advance(15_500);
}

describe("Naming.register", () => {
  it("makes the service, the cluster and the instance", () => {
    const { naming, consistency, changed } = startWithOne({ clusterName: "hz-a" });
    const service = serviceOf(naming);
    expect(service.clusters.map(({ name }) => name)).toEqual(["hz-a"]);
    expect(service.instances).toEqual([
      {
        ...specOf(ip, { clusterName: "hz-a" }),
        instanceId: "10.0.0.1#8080#hz-a#DEFAULT_GROUP@@orders",
        marked: false,
        version: 1,
      },
    ]);
    expect(consistency.get(service.key)?.instances).toEqual(service.instances);
    expect(changed).toEqual([service]);
    expect([naming.instanceCount, naming.changeCount]).toEqual([1, 1]);
  });

  it("writes down who did it", () => {
    const { clock, naming } = startWithOne();
    expect(historyOf(naming)).toEqual([
      {
        atMs: clock.epochMs(),
        namespaceId: "public",
        serviceName: "DEFAULT_GROUP@@orders",
        clusterName: "DEFAULT",
        ip,
        port: 8080,
        cause: "registered",
        detail: "by 10.9.9.9",
      },
    ]);
  });

  it("replaces the instance of its address, and keeps its id and its health", async () => {
    const { clock, naming } = startWithOne({
      metadata: { "preserved.instance.id.generator": "snowflake" },
    });
    await letItFallSilent(clock);
    naming.register(orders, specOf(ip, { weight: 3, app: "x" }));
    const { instances } = serviceOf(naming);
    const spec = specOf(ip, { weight: 3, app: "x" });
    expect(instances).toMatchObject([{ ...spec, instanceId: "0", healthy: false, marked: false }]);
    expect(instances).toHaveLength(1);
    expect(causesOf(naming).at(-1)).toBe("updated: by 10.9.9.9");
  });

  it("changes nothing when nothing differs, and says nothing", () => {
    const { naming, consistency, changed } = startWithOne({ weight: Number.NaN });
    naming.register(orders, specOf(ip, { weight: Number.NaN, metadata: {} }));
    expect([consistency.putCount, changed.length, historyOf(naming).length]).toEqual([1, 1, 1]);
  });

  it("keeps one address in two clusters apart", () => {
    const { naming } = startWithOne();
    naming.register(orders, specOf(ip, { clusterName: "B" }));
    expect(naming.instanceCount).toBe(2);
  });

  it("has ports 0 and -1 share a key", () => {
    const { naming } = startWithOne({ port: 0 });
    naming.register(orders, specOf(ip, { port: -1 }));
    expect(serviceOf(naming).instances.map(({ port }) => port)).toEqual([-1]);
    expect(naming.leaseOf(orders, addressOf(ip, { port: 0 }))).toBeUndefined();
    expect(naming.leaseOf(orders, addressOf(ip, { port: -1 }))).toBeDefined();
  });

  it("makes the service although the name of the cluster is illegal", () => {
    const { naming } = startNaming();
    expect(() => naming.register(orders, specOf(ip, { clusterName: "a_b" }))).toThrow(
      failure(
        "INVALID_NAME",
        "cluster name can only have these characters: 0-9a-zA-Z-, current: a_b",
      ),
    );
    expect(serviceOf(naming).clusters).toEqual([]);
    expect(naming.instanceCount).toBe(0);
  });

  it("refuses an illegal service name", () => {
    const { naming } = startNaming();
    const request = { ...orders, serviceName: "g@@a/b" };
    expect(() => naming.register(request, specOf(ip))).toThrow(
      failure(
        "INVALID_NAME",
        "dom name can only have these characters: 0-9a-zA-Z-._:, current: g@@a/b",
      ),
    );
  });

  it("checks the instance before it makes anything", () => {
    const { naming } = startNaming();
    expect(() => naming.register(orders, specOf("1.2.3.400"))).toThrow(failure("INVALID_PARAM"));
    expect(() => naming.register(orders, specOf(ip, { weight: -1 }))).toThrow(
      failure("INVALID_INSTANCE"),
    );
    expect(naming.services.size).toBe(0);
  });

  it("refuses persistent instances and leaves nothing behind", () => {
    const { naming, consistency, changed } = startNaming();
    expect(() => naming.register(orders, specOf(ip, { ephemeral: false }))).toThrow(
      failure("PERSISTENT_UNSUPPORTED"),
    );
    expect([naming.services.size, consistency.data.size, changed.length]).toEqual([0, 0, 0]);
  });

  it("keeps to its limits, and still replaces", () => {
    const { naming } = startNaming({ instancesMax: 2, servicesMax: 1 });
    naming.register(orders, specOf("10.0.0.1"));
    naming.register(orders, specOf("10.0.0.2"));
    expect(() => naming.register(orders, specOf("10.0.0.3"))).toThrow(failure("LIMIT_REACHED"));
    expect(() => naming.beat(orders, addressOf("10.0.0.3"), beatSpecOf("10.0.0.3"))).toThrow(
      failure("LIMIT_REACHED"),
    );
    expect(() =>
      naming.register({ ...orders, serviceName: "g@@users" }, specOf("10.0.0.1")),
    ).toThrow(failure("LIMIT_REACHED"));
    expect(naming.services.size).toBe(1);
    naming.register(orders, specOf("10.0.0.2", { weight: 2 }));
    naming.deregister(orders, addressOf("10.0.0.1"), true);
    naming.register(orders, specOf("10.0.0.3"));
    expect(naming.instanceCount).toBe(2);
  });

  it("tells of a change after the new state stands", () => {
    const seen: unknown[] = [];
    const started = startNaming({
      onChange: (service) => {
        const lease = started.naming.leaseOf(orders, addressOf(ip));
        const stored = started.consistency.get(service.key)?.instances[0];
        seen.push([lease?.instance.weight, service.instances[0]?.weight, stored?.weight]);
        seen.push(historyOf(started.naming).length);
      },
    });
    started.naming.register(orders, specOf(ip, { weight: 2 }));
    started.naming.register(orders, specOf(ip, { weight: 3 }));
    expect(seen).toEqual([[2, 2, 2], 1, [3, 3, 3], 2]);
  });
});

describe("Naming.update", () => {
  it("replaces an instance as a whole", () => {
    const { naming } = startWithOne({ weight: 5, metadata: { a: "b" } });
    naming.update(orders, specOf(ip, { enabled: false }));
    expect(instanceOf(naming, ip)).toMatchObject({ weight: 1, metadata: {}, enabled: false });
  });

  it("needs the service", () => {
    const { naming } = startNaming();
    expect(() => naming.update(orders, specOf(ip))).toThrow(
      failure(
        "SERVICE_NOT_FOUND",
        "service not found, namespace: public, service: DEFAULT_GROUP@@orders",
      ),
    );
    expect(naming.services.size).toBe(0);
  });

  it("needs an instance of that address and kind", () => {
    const { naming } = startWithOne();
    expect(() => naming.update(orders, specOf("1.1.1.9"))).toThrow(
      failure(
        "INSTANCE_NOT_FOUND",
        "instance not exist: 1.1.1.9:8080:unknown:DEFAULT_1.0_true_false_DEFAULT",
      ),
    );
    for (const changes of [{ port: 8081 }, { ephemeral: false }]) {
      expect(() => naming.update(orders, specOf(ip, changes))).toThrow(
        failure("INSTANCE_NOT_FOUND"),
      );
    }
    expect(naming.instanceCount).toBe(1);
  });

  it("finds it in any cluster, and by any port when asked for 0", () => {
    const { naming } = startWithOne();
    naming.update(orders, specOf(ip, { clusterName: "B" }));
    naming.update(orders, specOf(ip, { port: 0 }));
    expect(serviceOf(naming).instances.map(({ port, clusterName }) => [port, clusterName])).toEqual(
      [
        [8080, "DEFAULT"],
        [8080, "B"],
        [0, "DEFAULT"],
      ],
    );
  });

  it("checks the instance first", () => {
    const { naming } = startNaming();
    expect(() => naming.update(orders, specOf(ip, { weight: 10_001 }))).toThrow(
      failure("INVALID_INSTANCE"),
    );
  });
});

describe("Naming.patch", () => {
  it("changes what is given, and writes down who did it", () => {
    const { naming } = startWithOne({ weight: 5, metadata: { a: "b" } });
    naming.patch({ ...orders, by: "10.8.8.8" }, addressOf(ip), { enabled: false });
    expect(instanceOf(naming, ip)).toMatchObject({
      weight: 5,
      metadata: { a: "b" },
      enabled: false,
    });
    expect(causesOf(naming).at(-1)).toBe("updated: by 10.8.8.8");
  });

  it("clamps the weight as a registration does", () => {
    const { naming } = startWithOne();
    naming.patch(orders, addressOf(ip), { weight: 0.001 });
    expect(instanceOf(naming, ip)?.weight).toBe(0.01);
  });

  it("leaves the instance alone when a value is refused", () => {
    const { naming } = startWithOne();
    expect(() => naming.patch(orders, addressOf(ip), { weight: -1, enabled: false })).toThrow(
      failure("INVALID_INSTANCE"),
    );
    expect(instanceOf(naming, ip)).toMatchObject({ weight: 1, enabled: true });
  });

  it("needs the instance, in its cluster", () => {
    const { naming } = startWithOne();
    for (const address of [addressOf("10.0.0.9"), addressOf(ip, { clusterName: "B" })]) {
      expect(() => naming.patch(orders, address, {})).toThrow(
        failure("INSTANCE_UNKNOWN", "instance not found"),
      );
    }
    expect(serviceOf(naming).clusters).toHaveLength(1);
  });

  it("says nothing when nothing differs", () => {
    const { naming, changed } = startWithOne();
    naming.patch(orders, addressOf(ip), { weight: 1 });
    expect([changed.length, historyOf(naming).length]).toEqual([1, 1]);
  });
});

describe("Naming.deregister", () => {
  it("removes the instance, and leaves service and cluster", () => {
    const { naming, changed, consistency } = startWithOne();
    naming.deregister(orders, addressOf(ip), true);
    const service = serviceOf(naming);
    expect([service.instances, service.leases.size, naming.instanceCount]).toEqual([[], 0, 0]);
    expect(service.clusters).toHaveLength(1);
    expect(consistency.get(service.key)?.instances).toEqual([]);
    expect(changed).toHaveLength(2);
    expect(causesOf(naming).at(-1)).toBe("deregistered: by 10.9.9.9");
  });

  it("does nothing for what is not there", () => {
    const { naming, changed } = startWithOne();
    naming.deregister(orders, addressOf("10.0.0.9"), true);
    naming.deregister(orders, addressOf(ip, { port: 1 }), true);
    naming.deregister(orders, addressOf(ip), false);
    naming.deregister({ ...orders, serviceName: "g@@users" }, addressOf(ip), true);
    expect([naming.instanceCount, naming.services.size, changed.length]).toEqual([1, 1, 1]);
  });

  it("removes what is unknown here all the same when there are peers, which may know it", () => {
    const { naming, changed, consistency } = startNaming({
      responsibility: responsibilityOf("all"),
    });
    const told: string[] = [];
    consistency.put = (key, changes) => {
      told.push(...changes.map(({ before, after }) => `${before?.ip} ${after === undefined}`));
    };
    naming.deregister(orders, addressOf("10.0.0.9"), true);
    naming.deregister(orders, addressOf("10.0.0.9"), false);
    expect(told).toEqual(["10.0.0.9 true"]);
    expect([changed.length, naming.changeCount, naming.services.size]).toEqual([0, 0, 0]);
  });

  it("makes an unknown cluster, as Nacos does, and refuses an illegal one", () => {
    const { naming } = startWithOne();
    naming.deregister(orders, addressOf(ip, { clusterName: "B" }), true);
    expect(serviceOf(naming).clusters.map(({ name }) => name)).toEqual(["DEFAULT", "B"]);
    const illegal = addressOf(ip, { clusterName: "a_b" });
    expect(() => naming.deregister(orders, illegal, true)).toThrow(failure("INVALID_NAME"));
  });

  it("lets a new instance start over", async () => {
    const { clock, naming } = startWithOne();
    await letItFallSilent(clock);
    naming.deregister(orders, addressOf(ip), true);
    naming.register(orders, specOf(ip));
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
    await clock.advance(15_000);
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
  });
});

describe("Naming.edit", () => {
  it("replaces each instance by what is made of it, with the cause given", () => {
    const { naming, changed } = startWithOne();
    naming.register(orders, specOf("10.0.0.2"));
    const service = serviceOf(naming);
    naming.edit(
      service,
      service.instances,
      (before) => ({ ...before, enabled: before.ip !== ip }),
      { kind: "operator", detail: "by hand" },
    );
    expect(service.instances.map(({ enabled }) => enabled)).toEqual([false, true]);
    expect(causesOf(naming, ip).at(-1)).toBe("operator: by hand");
    expect(causesOf(naming, "10.0.0.2")).toHaveLength(1);
    expect(changed).toHaveLength(3);
    expect(naming.leaseOf(orders, addressOf(ip))?.instance.enabled).toBe(false);
  });
});

describe("Naming.removeService", () => {
  it("removes the instances, each with the cause, and then the service", () => {
    const { naming, consistency } = startWithOne();
    naming.register(orders, specOf("10.0.0.2"));
    naming.removeService(serviceOf(naming), { kind: "operator", detail: "deleted" });
    expect([naming.services.size, naming.instanceCount, consistency.data.size]).toEqual([0, 0, 0]);
    expect(causesOf(naming).slice(2)).toEqual(["operator: deleted", "operator: deleted"]);
  });
});
