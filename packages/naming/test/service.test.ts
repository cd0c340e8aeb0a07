import { defaultCluster } from "@nacre/core";
import { defaultServiceDefinition, Service, viewOf } from "@nacre/naming";
import { describe, expect, it } from "vitest";
import { standingOf } from "./start-naming.ts";

const query = {
  clusters: "",
  healthyOnly: false,
  env: "",
  cacheMillis: 3_000,
  groupedNames: false,
};

function newService() {
  return new Service("public", "g@@orders");
}

describe("Service", () => {
  it("knows its names", () => {
    expect(newService()).toMatchObject({
      namespaceId: "public",
      name: "g@@orders",
      bareName: "orders",
      groupName: "g",
      key: "com.alibaba.nacos.naming.iplist.ephemeral.public##g@@orders",
      definition: defaultServiceDefinition,
      clusters: [],
      instances: [],
    });
  });

  it("makes a cluster once, and keeps the order in which they came", () => {
    const service = newService();
    for (const name of ["b", "a", "b"]) service.ensureCluster(name);
    expect(service.clusters.map(({ name }) => name)).toEqual(["b", "a"]);
    expect(service.clusterNamed("a")).toEqual(defaultCluster("a"));
    expect(service.clusterNamed("c")).toBeUndefined();
  });

  it("refuses a new cluster with an illegal name", () => {
    const service = newService();
    expect(() => service.ensureCluster("a.b")).toThrow(
      expect.objectContaining({
        code: "INVALID_NAME",
        message: "cluster name can only have these characters: 0-9a-zA-Z-, current: a.b",
      }),
    );
    service.putCluster(defaultCluster("a.b"));
    expect(() => service.ensureCluster("a.b")).not.toThrow();
  });

  it("replaces a cluster where it stands", () => {
    const service = newService();
    for (const name of ["b", "a"]) service.ensureCluster(name);
    service.putCluster({ ...defaultCluster("b"), defaultCheckPort: 81 });
    expect(service.clusters.map(({ name, defaultCheckPort }) => [name, defaultCheckPort])).toEqual([
      ["b", 81],
      ["a", 80],
    ]);
  });

  it("knows the instances of a cluster", () => {
    const service = newService();
    const a = standingOf("10.0.0.1", { clusterName: "a" });
    const b = standingOf("10.0.0.1", { clusterName: "b" });
    service.takeInstances({ key: service.key, instances: [a, b] });
    expect(service.instances).toEqual([a, b]);
    expect(service.instancesOf("b")).toEqual([b]);
    expect(service.instancesOf("c")).toEqual([]);
  });

  it("takes over the clusters of a definition, in place or after the others", () => {
    const service = newService();
    service.ensureCluster("a");
    const clusters = ["b", "a"].map((name) => ({ ...defaultCluster(name), defaultCheckPort: 81 }));
    service.define({ ...defaultServiceDefinition, protectThreshold: 0.5, clusters });
    expect(service.isDefined).toBe(true);
    expect(service.clusters).toEqual([clusters[1], clusters[0]]);
    expect(service.fullDefinition).toEqual({
      ...defaultServiceDefinition,
      protectThreshold: 0.5,
      clusters,
    });
  });

  it("sets clusters back that the next definition does not mention", () => {
    const service = newService();
    const clusters = ["a", "b"].map((name) => ({ ...defaultCluster(name), defaultCheckPort: 81 }));
    service.define({ ...defaultServiceDefinition, clusters });
    service.define({ ...defaultServiceDefinition, clusters: clusters.slice(0, 1) });
    expect(service.clusters).toEqual([clusters[0], defaultCluster("b")]);
    service.undefine();
    expect(service.clusters).toEqual([defaultCluster("a"), defaultCluster("b")]);
    expect([service.isDefined, service.definition]).toEqual([false, defaultServiceDefinition]);
  });

  it("takes clusters as long as there is room and their names are legal", () => {
    const service = newService();
    expect([service.takeCluster("a"), service.takeCluster("a_b")]).toEqual([true, false]);
    for (let index = 1; index < 1_000; index++) expect(service.takeCluster(`c${index}`)).toBe(true);
    expect([service.takeCluster("one-more"), service.takeCluster("a")]).toEqual([false, true]);
    service.define({ ...defaultServiceDefinition, clusters: [defaultCluster("one-more")] });
    expect(service.clusters).toHaveLength(1_000);
  });

  const changes: Readonly<Record<string, (service: Service) => void>> = {
    "new instances": (service) =>
      service.takeInstances({ key: service.key, instances: [standingOf("10.0.0.1")] }),
    "a new cluster": (service) => service.ensureCluster("a"),
    "another cluster": (service) =>
      service.putCluster({ ...defaultCluster("DEFAULT"), defaultCheckPort: 81 }),
    "another definition": (service) =>
      service.define({ ...defaultServiceDefinition, protectThreshold: 0.5 }),
  };

  it.each(Object.keys(changes))("forgets its checksum and its views with %s", (name) => {
    const service = newService();
    service.ensureCluster("DEFAULT");
    const { checksum } = service;
    viewOf(service, query);
    changes[name]?.(service);
    expect(service.views.size).toBe(0);
    expect(service.checksum).not.toBe(checksum);
  });

  it("keeps them while nothing changes", () => {
    const service = newService();
    service.ensureCluster("DEFAULT");
    const view = viewOf(service, query);
    service.ensureCluster("DEFAULT");
    expect(viewOf(service, query)).toBe(view);
  });

  it("takes no more clusters than allowed, and knows the others still", () => {
    const service = newService();
    for (let index = 0; index < 1_000; index++) service.ensureCluster(`c${index}`);
    expect(() => service.ensureCluster("one-more")).toThrow(
      expect.objectContaining({ code: "LIMIT_REACHED" }),
    );
    service.ensureCluster("c7");
    expect(service.clusters).toHaveLength(1_000);
  });

  it("checks a cluster without making it", () => {
    const service = newService();
    service.checkCluster("a");
    expect(service.clusters).toEqual([]);
    expect(() => service.checkCluster("a_b")).toThrow(
      expect.objectContaining({ code: "INVALID_NAME" }),
    );
  });
});
