import { defaultCluster, definitionKey } from "@nacre/core";
import {
  defaultServiceDefinition,
  labelSelector,
  parseDefinition,
  ServiceAdmin,
} from "@nacre/naming";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  causesOf,
  instanceOf,
  orders,
  serviceOf,
  specOf,
  startNaming,
} from "./start-naming.ts";

const ip = "10.0.0.1";
const definition = {
  protectThreshold: 0.5,
  metadata: { k: "v" },
  selector: labelSelector("CONSUMER.label.A = PROVIDER.label.A"),
};

function startAdmin() {
  const started = startNaming();
  return { ...started, admin: new ServiceAdmin({ naming: started.naming }) };
}

function startWithOne(healthChecker: "TCP" | "NONE" = "TCP") {
  const started = startAdmin();
  started.naming.register(orders, specOf(ip));
  const service = serviceOf(started.naming);
  started.admin.putCluster(service, {
    ...defaultCluster("DEFAULT"),
    healthChecker: { type: healthChecker },
  });
  return { ...started, service };
}

function failure(code: string, message: string) {
  return expect.objectContaining({ code, message });
}

describe("ServiceAdmin", () => {
  it("creates a service without clusters", () => {
    const { admin, naming } = startAdmin();
    admin.create(orders, definition);
    expect(serviceOf(naming)).toMatchObject({ definition, clusters: [], instances: [] });
  });

  it("creates no service twice, nor over one that clients made", () => {
    const { admin } = startWithOne();
    expect(() => admin.create(orders, definition)).toThrow(
      failure(
        "SERVICE_EXISTS",
        "specified service already exists, serviceName : DEFAULT_GROUP@@orders",
      ),
    );
  });

  it("creates no service with an illegal name", () => {
    const { admin, naming } = startAdmin();
    const request = { ...orders, serviceName: " g@@a" };
    expect(() => admin.create(request, definition)).toThrow(
      expect.objectContaining({ code: "INVALID_NAME" }),
    );
    expect(naming.services.size).toBe(0);
  });

  it("replaces a definition as a whole, and tells of it", () => {
    const { admin, naming, changed } = startAdmin();
    admin.create(orders, definition);
    changed.length = 0;
    admin.update(orders, { protectThreshold: 0.8 });
    expect(serviceOf(naming).definition).toEqual({
      ...defaultServiceDefinition,
      protectThreshold: 0.8,
    });
    expect(changed).toEqual([serviceOf(naming)]);
  });

  it("says what a service is under the key of Nacos, and takes it back with the service", () => {
    const { admin, naming, consistency } = startAdmin();
    const said: (string | undefined)[] = [];
    const putValue = consistency.putValue.bind(consistency);
    consistency.putValue = (key, text) => {
      expect(key).toBe(definitionKey("public", "DEFAULT_GROUP@@orders"));
      said.push(text);
      putValue(key, text);
    };
    admin.create(orders, definition);
    admin.putCluster(serviceOf(naming), defaultCluster("B"));
    admin.update(orders, { protectThreshold: 0.25 });
    admin.delete(orders);
    const clusters = [defaultCluster("B")];
    expect(said.map((text) => text && parseDefinition(text))).toEqual([
      { ...definition, clusters: [] },
      { ...definition, clusters },
      { ...defaultServiceDefinition, protectThreshold: 0.25, clusters },
      undefined,
    ]);
  });

  it("takes no definition that is too long to be passed on", () => {
    const { admin, naming } = startAdmin();
    const metadata = { k: "v".repeat(262_144) };
    expect(() => admin.create(orders, { ...definition, metadata })).toThrow(
      expect.objectContaining({ code: "LIMIT_REACHED" }),
    );
    expect(naming.services.size).toBe(0);
  });

  it("passes on at which version another member accepted a write", () => {
    const { admin, consistency } = startWithOne("NONE");
    admin.setHealth({ ...orders, acceptedAs: 7 }, addressOf(ip), false);
    admin.delete({ ...orders, acceptedAs: 8 });
    expect(consistency.acceptedAs).toEqual([undefined, 7, 8]);
  });

  it("updates no unknown service", () => {
    const { admin } = startAdmin();
    expect(() => admin.update(orders, {})).toThrow(
      failure("SERVICE_NOT_FOUND", "service DEFAULT_GROUP@@orders not found!"),
    );
  });

  it("deletes a service with its instances, and writes down who did it", async () => {
    const { clock, admin, naming } = startWithOne();
    admin.delete(orders);
    expect([naming.services.size, naming.instanceCount]).toEqual([0, 0]);
    expect(causesOf(naming, ip).at(-1)).toBe("operator: service deleted by 10.9.9.9");
    await clock.advance(60_000);
    expect(naming.services.size).toBe(0);
    naming.register(orders, specOf(ip));
    expect(serviceOf(naming).definition).toEqual(defaultServiceDefinition);
  });

  it("deletes a service that never had an instance", () => {
    const { admin, naming } = startAdmin();
    admin.create(orders, definition);
    admin.delete(orders);
    expect(naming.services.size).toBe(0);
    expect(() => admin.delete(orders)).toThrow(
      failure(
        "SERVICE_UNKNOWN",
        "specified service not exist, serviceName : DEFAULT_GROUP@@orders",
      ),
    );
  });

  it("sets up a cluster, new or not, and tells of it", () => {
    const { admin, service, changed } = startWithOne();
    const before = changed.length;
    admin.putCluster(service, { ...defaultCluster("B"), defaultCheckPort: 81 });
    admin.putCluster(service, { ...defaultCluster("B"), defaultCheckPort: 82 });
    expect(service.clusters.map(({ name }) => name)).toEqual(["DEFAULT", "B"]);
    expect(service.clusterNamed("B")?.defaultCheckPort).toBe(82);
    expect(changed.length - before).toBe(2);
    expect(() => admin.putCluster(service, defaultCluster("a_b"))).toThrow(
      expect.objectContaining({ code: "INVALID_NAME" }),
    );
  });

  it("sets health by hand, until the next beat", () => {
    const { admin, naming } = startWithOne("NONE");
    admin.setHealth(orders, addressOf(ip), false);
    expect(instanceOf(naming, ip)?.healthy).toBe(false);
    expect(causesOf(naming, ip).at(-1)).toBe("operator: health set by 10.9.9.9");
    naming.beat(orders, addressOf(ip));
    expect(instanceOf(naming, ip)?.healthy).toBe(true);
  });

  it("changes nothing when health is so already, or nobody is there", () => {
    const { admin, naming } = startWithOne("NONE");
    admin.setHealth(orders, addressOf(ip), true);
    admin.setHealth(orders, addressOf("10.0.0.9"), false);
    admin.setHealth(orders, addressOf(ip, { port: 1 }), false);
    expect(causesOf(naming)).toHaveLength(1);
  });

  it("does not set health where a checker works", () => {
    const { admin } = startWithOne("TCP");
    expect(() => admin.setHealth(orders, addressOf(ip), false)).toThrow(
      failure(
        "HEALTH_CHECK_ACTIVE",
        "health check is still working, service: DEFAULT_GROUP@@orders",
      ),
    );
  });

  it("sets no health in an unknown service or cluster", () => {
    const { admin } = startWithOne("NONE");
    const users = { ...orders, serviceName: "g@@users" };
    expect(() => admin.setHealth(users, addressOf(ip), false)).toThrow(
      failure("SERVICE_NOT_FOUND", ""),
    );
    const elsewhere = addressOf(ip, { clusterName: "B" });
    expect(() => admin.setHealth(orders, elsewhere, false)).toThrow(
      failure("SERVICE_NOT_FOUND", ""),
    );
  });
});
