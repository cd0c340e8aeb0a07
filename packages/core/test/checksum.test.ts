import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  type Cluster,
  defaultCluster,
  type HealthChecker,
  type Instance,
  instancesChecksum,
  noMetadata,
  serviceChecksum,
} from "@nacre/core";
import { describe, expect, it } from "vitest";

interface ChecksumVector {
  readonly name: string;
  readonly serviceName: string;
  readonly protectThreshold: number;
  readonly preCreatedClusters: readonly string[];
  readonly value: { readonly instanceList: readonly Instance[] };
  readonly checksum: string;
}

interface DatumVector {
  readonly name: string;
  readonly value: { readonly instanceList: readonly Partial<Instance>[] };
  readonly preimage: string;
  readonly checksum: string;
  readonly sortedKeys: readonly string[];
}

interface RealWorldVector {
  readonly name: string;
  readonly preimage: string;
  readonly checksum: string;
}

const vectorsUrl = new URL("../../../test/interop/recordings/vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(vectorsUrl, "utf8")) as {
  readonly instancesChecksum: readonly DatumVector[];
  readonly serviceChecksum: readonly ChecksumVector[];
  readonly serviceChecksumRealWorld: readonly RealWorldVector[];
};

function instanceAt(ip: string, port: number, changes: Partial<Instance> = {}): Instance {
  return {
    instanceId: null,
    ip,
    port,
    weight: 1,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: "DEFAULT",
    metadata: noMetadata,
    app: null,
    marked: false,
    version: 0,
    ...changes,
  };
}

function checksumOf(clusters: readonly Cluster[], instances: readonly Instance[], threshold = 0) {
  const name = "DEFAULT_GROUP@@foo";
  return serviceChecksum({ name, protectThreshold: threshold, clusters, instances });
}

function checksumWith(healthChecker: HealthChecker) {
  return checksumOf([{ ...defaultCluster("DEFAULT"), healthChecker }], []);
}

describe("serviceChecksum", () => {
  it.each(vectors.serviceChecksum)("is that of Java: $name", (vector) => {
    const { serviceName, protectThreshold, preCreatedClusters, value, checksum } = vector;
    const instances = value.instanceList;
    const names = [...preCreatedClusters, ...instances.map(({ clusterName }) => clusterName)];
    const clusters = [...new Set(names)].map((name) => defaultCluster(name));
    expect(serviceChecksum({ name: serviceName, protectThreshold, clusters, instances })).toBe(
      checksum,
    );
  });

  it.each(vectors.serviceChecksumRealWorld)("is that of a $name", ({ preimage, checksum }) => {
    const name = /"name":"([^"]+)","ipCount"/.exec(preimage)?.[1] ?? "";
    const instances = [...preimage.matchAll(/(?<=[,}])([\d.]+):(\d+)_1\.0_true_DEFAULT,/g)].map(
      ([, ip, port]) => instanceAt(ip ?? "", Number(port)),
    );
    const clusters = [defaultCluster("DEFAULT")];
    expect(serviceChecksum({ name, protectThreshold: 0, clusters, instances })).toBe(checksum);
  });

  it("is that of the written examples", () => {
    const clusters = [defaultCluster("DEFAULT")];
    const instances = [
      instanceAt("10.0.0.2", 8080),
      instanceAt("10.0.0.1", 8081, { healthy: false }),
      instanceAt("10.0.0.1", 8080),
    ];
    expect(checksumOf([], [])).toBe("c910ad2808b52a95f81c4177da28e434");
    expect(checksumOf(clusters, [])).toBe("32c0e91f8ed7861704035e1f489fe9b0");
    expect(checksumOf(clusters, instances)).toBe("0a3316564888b88dcb6e8439193a28c5");
    expect(
      checksumOf(
        [...clusters, defaultCluster("B")],
        [...instances, instanceAt("10.0.0.9", 80, { clusterName: "B" })],
      ),
    ).toBe("52753a45984cff48eaba662913ed96f4");
  });

  it("does not depend on the order of the instances", () => {
    const clusters = [defaultCluster("DEFAULT")];
    const instances = [80, 8080, 9, 0].flatMap((port) => [
      instanceAt("10.0.0.1", port),
      instanceAt("10.0.0.10", port, { healthy: false }),
    ]);
    expect(checksumOf(clusters, instances.toReversed())).toBe(checksumOf(clusters, instances));
  });

  it("sorts an instance without a port behind those of its address, and prints its port", () => {
    const instances = [0, 9, 8080].map((port) => instanceAt("10.0.0.1", port));
    const text =
      '{"invalidIPCount":0,"name":"DEFAULT_GROUP@@foo","ipCount":3,"owners":[],' +
      '"protectThreshold":0.0,"clusters":[]}10.0.0.1:8080_1.0_true_DEFAULT,' +
      "10.0.0.1:9_1.0_true_DEFAULT,10.0.0.1:0_1.0_true_DEFAULT,";
    expect(checksumOf([], instances)).toBe(createHash("md5").update(text).digest("hex"));
  });

  it("differs by health, weight and address, not by metadata", () => {
    const clusters = [defaultCluster("DEFAULT")];
    const of = (changes: Partial<Instance>) =>
      checksumOf(clusters, [instanceAt("10.0.0.1", 80, changes)]);
    const sums = [{}, { healthy: false }, { weight: 2 }, { ip: "10.0.0.2" }, { port: 81 }].map(of);
    expect(new Set(sums).size).toBe(5);
    expect(of({ metadata: { a: "b" }, enabled: false, app: "x", instanceId: "7" })).toBe(sums[0]);
  });

  it("takes a 32-bit float as threshold", () => {
    expect(checksumOf([], [], Math.fround(0.8))).toBe(checksumOf([], [], 0.8));
    expect(checksumOf([], [], Number.NaN)).not.toBe(checksumOf([], [], 0));
  });

  it("knows no type of a checker, and its fields in one order", () => {
    expect(checksumWith({ type: "NONE" })).toBe(checksumWith({ type: "TCP" }));
    const http = { type: "HTTP", path: "/", headers: "", expectedResponseCode: 200 } as const;
    const mixed = { expectedResponseCode: 200, headers: "", type: "HTTP", path: "/" } as const;
    expect(checksumWith(mixed)).toBe(checksumWith(http));
    expect(checksumWith(http)).not.toBe(checksumWith({ type: "TCP" }));
    expect(checksumWith({ type: "MYSQL" })).toBe(checksumWith({ type: "TCP" }));
    expect(checksumWith({ type: "MYSQL", user: "a" })).not.toBe(checksumWith({ type: "TCP" }));
  });
});

describe("instancesChecksum", () => {
  // What a list leaves out has Java's defaults; a name that is missing prints as `null`.
  const instancesOf = ({ value }: DatumVector) =>
    value.instanceList.map((given) => instanceAt("", 0, { clusterName: "null", ...given }));

  it.each(vectors.instancesChecksum)("is that of Java: $name", (vector) => {
    expect(instancesChecksum(instancesOf(vector))).toBe(vector.checksum);
  });

  it("does not know of the version, nor of the order given", () => {
    const instances = [80, 8080, 9].map((port) => instanceAt("10.0.0.1", port));
    const later = instances.toReversed().map((instance) => ({ ...instance, version: 7 }));
    expect(instancesChecksum(later)).toBe(instancesChecksum(instances));
  });

  it("leaves the list as it was", () => {
    const instances = Object.freeze([instanceAt("10.0.0.2", 80), instanceAt("10.0.0.1", 80)]);
    expect(() => instancesChecksum(instances)).not.toThrow();
  });
});
