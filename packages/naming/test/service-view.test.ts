import {
  defaultServiceDefinition,
  type InstanceSpec,
  numberText,
  Service,
  type ServiceDefinition,
  unknownServiceText,
  type ViewQuery,
  viewOf,
} from "@nacre/naming";
import { describe, expect, it } from "vitest";
import { specOf } from "./start-naming.ts";

const query: ViewQuery = {
  clusters: "",
  healthyOnly: false,
  env: "",
  cacheMillis: 3_000,
  groupedNames: false,
};

/** A service with these instances; their clusters come into being in that order. */
function serviceWith(
  specs: readonly InstanceSpec[],
  definition: Partial<ServiceDefinition> = {},
): Service {
  const service = new Service("public", "DEFAULT_GROUP@@foo");
  service.define({ ...defaultServiceDefinition, ...definition });
  for (const { clusterName } of specs) service.ensureCluster(clusterName);
  const instances = specs.map((spec) => {
    const instanceId = `${spec.ip}#${spec.port}#${spec.clusterName}#${service.name}`;
    return { ...spec, instanceId, marked: false, version: 0 };
  });
  service.takeInstances({ key: service.key, instances });
  return service;
}

function textOf(service: Service, asked: Partial<ViewQuery> = {}): string {
  const { head, tail } = viewOf(service, { ...query, ...asked });
  return `${head}1612345678901${tail}`;
}

interface Host {
  readonly ip: string;
  readonly healthy: boolean;
}

function hostsOf(service: Service, asked: Partial<ViewQuery> = {}): readonly Host[] {
  return (JSON.parse(textOf(service, asked)) as { readonly hosts: readonly Host[] }).hosts;
}

const ipsOf = (service: Service, asked: Partial<ViewQuery> = {}) =>
  hostsOf(service, asked).map(({ ip }) => ip);

/** Instances 10.0.0.1, 10.0.0.2 …, the first of them healthy. */
function mixed(healthyCount: number, count: number): readonly InstanceSpec[] {
  return Array.from({ length: count }, (_, index) =>
    specOf(`10.0.0.${index + 1}`, { healthy: index < healthyCount }),
  );
}

describe("unknownServiceText", () => {
  it("is the answer for a service that does not exist", () => {
    expect(unknownServiceText("DEFAULT_GROUP@@foo", query)).toBe(
      '{"name":"DEFAULT_GROUP@@foo","clusters":"","cacheMillis":3000,"hosts":[]}',
    );
  });

  it("escapes what it echoes", () => {
    const text = unknownServiceText('a"b@@c', { ...query, clusters: "x\\,\ny" });
    expect(JSON.parse(text)).toMatchObject({ name: 'a"b@@c', clusters: "x\\,\ny" });
  });
});

describe("viewOf", () => {
  it("puts no hosts near the end", () => {
    const service = serviceWith([]);
    expect(viewOf(service, query).hasCandidates).toBe(false);
    expect(textOf(service)).toBe(
      '{"dom":"foo","name":"DEFAULT_GROUP@@foo","cacheMillis":3000,"lastRefTime":1612345678901,' +
        '"checksum":"c910ad2808b52a95f81c4177da28e434","useSpecifiedURL":false,"clusters":"",' +
        '"env":"","hosts":[],"metadata":{}}',
    );
  });

  it("puts hosts first", () => {
    const service = serviceWith([specOf("1.1.1.1")]);
    expect(viewOf(service, query).hasCandidates).toBe(true);
    expect(textOf(service)).toBe(
      '{"hosts":[{"ip":"1.1.1.1","port":8080,"valid":true,"healthy":true,"marked":false,' +
        '"instanceId":"1.1.1.1#8080#DEFAULT#DEFAULT_GROUP@@foo","metadata":{},"enabled":true,' +
        '"weight":1.0,"clusterName":"DEFAULT","serviceName":"foo","ephemeral":true}],' +
        '"dom":"foo","name":"DEFAULT_GROUP@@foo","cacheMillis":3000,' +
        `"lastRefTime":1612345678901,"checksum":"${service.checksum}","useSpecifiedURL":false,` +
        '"clusters":"","env":"","metadata":{}}',
    );
  });

  it("gives grouped names to those who want them", () => {
    const text = textOf(serviceWith([specOf("1.1.1.1")]), { groupedNames: true });
    expect(text).toContain('"dom":"DEFAULT_GROUP@@foo","name":"DEFAULT_GROUP@@foo"');
    expect(text).toContain('"serviceName":"DEFAULT_GROUP@@foo"');
  });

  it("echoes what was asked, and shows the metadata of the service", () => {
    const service = serviceWith([], { metadata: { k: 'v"' } });
    expect(textOf(service, { clusters: "a,é", env: "\u2028", cacheMillis: 10_000 })).toMatch(
      /"cacheMillis":10000,.*"clusters":"a,é","env":"\u2028","hosts":\[\],"metadata":\{"k":"v\\""\}\}$/,
    );
  });

  it("writes weights and metadata as Nacos does", () => {
    const text = (changes: Partial<InstanceSpec>) =>
      textOf(serviceWith([specOf("1.1.1.1", changes)]));
    expect(text({ weight: 0 })).toContain('"weight":0.0,');
    expect(text({ weight: -0 })).toContain('"weight":-0.0,');
    expect(text({ weight: 0.5 })).toContain('"weight":0.5,');
    expect(text({ weight: 10_000 })).toContain('"weight":10000.0,');
    expect(text({ weight: Number.NaN })).toContain('"weight":"NaN",');
    expect(text({ metadata: null })).toContain('"metadata":null,"enabled"');
    expect(text({ metadata: { b: "1", a: '"' } })).toContain('"metadata":{"b":"1","a":"\\""}');
    const strange = JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>;
    expect(text({ metadata: strange })).toContain('{"__proto__":"1","constructor":"2"}');
    expect(text({ port: -1, enabled: true })).toContain('"port":-1,');
  });

  it("lists the unhealthy before the healthy", () => {
    const service = serviceWith(mixed(2, 4));
    expect(hostsOf(service).map(({ healthy }) => healthy)).toEqual([false, false, true, true]);
    expect(ipsOf(service, { healthyOnly: true }).toSorted()).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  it("says that all are healthy when none is, also to those who want healthy ones only", () => {
    const service = serviceWith(mixed(0, 3));
    for (const healthyOnly of [false, true]) {
      const hosts = hostsOf(service, { healthyOnly });
      expect(hosts.map(({ healthy }) => healthy)).toEqual([true, true, true]);
    }
    expect(textOf(service)).toContain('"valid":true,"healthy":true');
  });

  it.each([
    [0.4, 2, 5, true],
    [0.39, 2, 5, false],
    [0.8, 4, 5, true],
    [Math.fround(0.8), 4, 5, true],
    [0.3, 3, 10, true],
    [0.7, 7, 10, true],
    [0.5, 3, 5, false],
    [1, 5, 5, true],
    [Number.NaN, 0, 2, false],
  ])(
    "with the threshold %d and %i of %i healthy, protects: %j",
    (threshold, healthy, count, is) => {
      const hosts = hostsOf(serviceWith(mixed(healthy, count), { protectThreshold: threshold }));
      expect(hosts.every((host) => host.healthy)).toBe(is);
      expect(hosts).toHaveLength(count);
    },
  );

  it("lists those that are healthy first when it protects", () => {
    const specs = ["1.1.1.1", "1.1.1.2", "1.1.1.3"].map((ip, index) =>
      specOf(ip, { healthy: index === 2 }),
    );
    expect(ipsOf(serviceWith(specs, { protectThreshold: 0.5 }))[0]).toBe("1.1.1.3");
  });

  it("leaves disabled ones out, but counts them for the threshold", () => {
    const disabled = mixed(0, 3).map((spec) => ({ ...spec, enabled: false }));
    const service = serviceWith([...disabled, specOf("10.0.1.1", { healthy: true })], {
      protectThreshold: 0.25,
    });
    expect(ipsOf(service)).toEqual(["10.0.1.1"]);
    const all = serviceWith(disabled);
    expect(textOf(all)).toMatch(/^\{"hosts":\[\],"dom"/);
    expect(viewOf(all, query).hasCandidates).toBe(true);
  });

  it("lists the clusters asked for, in that order, and twice when asked twice", () => {
    const service = serviceWith([
      specOf("1.1.1.1", { clusterName: "a" }),
      specOf("1.1.1.2", { clusterName: "b" }),
      specOf("1.1.1.3", { clusterName: "c" }),
    ]);
    const asked = (clusters: string) => ipsOf(service, { clusters }).map((ip) => ip.slice(-1));
    expect(asked("b,a").join("")).toBe("21");
    expect(asked("a,,c,").join("")).toBe("13");
    expect(asked("a,a").join("")).toBe("11");
    expect(asked("a, b").join("")).toBe("1");
    expect(asked("a,b,a,a,b,a").join("")).toBe("1212");
    expect(asked("x,b").join("")).toBe("2");
    expect(asked("").toSorted().join("")).toBe("123");
    expect(asked(",,").toSorted().join("")).toBe("123");
    expect(asked("x,__proto__")).toEqual([]);
    expect(textOf(service, { clusters: "x" })).toMatch(/^\{"dom".*"clusters":"x".*"hosts":\[\],/);
  });

  it("lists all clusters, and instances by their address, in the order of a Java map", () => {
    const service = serviceWith([
      specOf("1.1.1.1", { clusterName: "DEFAULT" }),
      specOf("1.1.1.2", { clusterName: "B" }),
    ]);
    expect(ipsOf(service)).toEqual(["1.1.1.2", "1.1.1.1"]);
    expect(ipsOf(serviceWith(mixed(3, 3).toReversed()))).toEqual(ipsOf(serviceWith(mixed(3, 3))));
  });

  it("counts only the candidates for the threshold", () => {
    const service = serviceWith([
      specOf("1.1.1.1", { clusterName: "a", healthy: false }),
      specOf("1.1.1.2", { clusterName: "b" }),
    ]);
    expect(hostsOf(service, { clusters: "a" })[0]?.healthy).toBe(true);
    expect(hostsOf(service, { clusters: "a,b" })[0]?.healthy).toBe(false);
  });

  it("gives the same object until something changes", () => {
    const service = serviceWith([specOf("1.1.1.1")]);
    const view = viewOf(service, query);
    expect(viewOf(service, { ...query })).toBe(view);
    service.takeInstances({ key: service.key, instances: service.instances });
    expect(viewOf(service, query)).not.toBe(view);
    expect(viewOf(service, query)).toEqual(view);
  });

  it("tells questions apart", () => {
    const service = serviceWith(mixed(1, 2));
    const views = [
      query,
      { ...query, clusters: "a" },
      { ...query, env: "a" },
      { ...query, env: "a", clusters: "a" },
      { ...query, env: "", clusters: "aa" },
      { ...query, env: "aa", clusters: "" },
      { ...query, healthyOnly: true },
      { ...query, groupedNames: true },
      { ...query, cacheMillis: 10_000 },
      { ...query, cacheMillis: 10_000, env: "3", clusters: "0" },
    ].map((asked) => textOf(service, asked));
    expect(new Set(views).size).toBe(views.length);
  });

  it("does not repeat a large service as often as a request can name its clusters", () => {
    const service = serviceWith(mixed(200, 200));
    const clusters = Array.from({ length: 5_000 }, (_, index) => `DEFAULT,no-${index}`).join(",");
    expect(hostsOf(service, { clusters })).toHaveLength(400);
  });

  it("keeps 32 views at most", () => {
    const service = serviceWith([specOf("1.1.1.1")]);
    for (let index = 0; index < 1_000; index++) {
      viewOf(service, { ...query, clusters: `c${index}` });
      expect(service.views.size).toBeLessThanOrEqual(32);
    }
  });
});

describe("numberText", () => {
  it.each([
    [1, "1.0"],
    [0.01, "0.01"],
    [1e7, "1.0E7"],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ])("writes %d as %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });
});
