import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type DatumCopy, datumKey, instancesChecksum, NacreError, noMetadata } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { encodeData, readData } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { garbage, someDatum, spoiled } from "./datum-copies.ts";

interface Vector {
  readonly name: string;
  readonly value: { readonly instanceList: readonly Readonly<Record<string, unknown>>[] };
  readonly checksum: string;
  readonly javaJson: string;
}

const vectorsUrl = new URL("../../../../test/interop/recordings/vectors.json", import.meta.url);
const { instancesChecksum: vectors } = JSON.parse(readFileSync(vectorsUrl, "utf8")) as {
  readonly instancesChecksum: readonly Vector[];
};

const epochMs = 1_606_000_000_000;
const key = datumKey("public", "DEFAULT_GROUP@@nacos.test.1");
const prefix = "com.alibaba.nacos.naming.iplist.ephemeral.";

/** The body that holds one datum with this value, as a text of JSON. */
function bodyOf(value: string): string {
  return `{"${key}":{"key":"${key}","value":${value},"timestamp":1}}`;
}

function readList(...instances: readonly string[]) {
  return readData(bodyOf(`{"instanceList":[${instances.join(",")}]}`), epochMs);
}

/** The one instance that a text of JSON is read as. */
function readOne(fields: string) {
  const [datum] = readList(`{"ip":"1.1.1.1","port":80${fields}}`).data;
  return datum?.instances[0];
}

describe("readData", () => {
  // What Java applies, or sends on, is not what it was given here: the cluster gets its name, and a
  // value of null is dropped.
  const applied = new Map([
    ["cluster name missing", "7631f88e79d10bf2abf1da0b81748118"],
    ["minimal object {ip,port}", "7631f88e79d10bf2abf1da0b81748118"],
    ["metadata with a null value", md5("1.1.1.1:8080_1.0_true_true_DEFAULT_b:1,,")],
  ]);

  it.each(vectors)("reads what sums up as in Java: $name", ({ name, value, checksum }) => {
    const { data } = readData(bodyOf(JSON.stringify(value)), epochMs);
    const instances = data[0]?.instances.map(({ instance }) => instance) ?? [];
    expect(instancesChecksum(instances)).toBe(applied.get(name) ?? checksum);
  });

  it("knows the defaults of Java", () => {
    expect(readOne("")).toEqual({
      instance: {
        instanceId: null,
        ip: "1.1.1.1",
        port: 80,
        weight: 1,
        healthy: true,
        enabled: true,
        ephemeral: true,
        clusterName: "DEFAULT",
        metadata: noMetadata,
        app: null,
        marked: false,
        version: 0,
      },
      silenceMs: 0,
    });
  });

  it("takes null for 0 and false", () => {
    const { instance } = readOne(
      ',"weight":null,"healthy":null,"enabled":null,"metadata":null,"clusterName":null',
    )!;
    expect(instance).toMatchObject({ weight: 0, healthy: false, enabled: false, metadata: null });
    expect(instance.clusterName).toBe("DEFAULT");
  });

  it("takes texts for numbers and booleans, and the other way round", () => {
    const fields = ',"weight":" 2.5 ","healthy":"false","enabled":0,"instanceId":7,"app":true';
    expect(readOne(fields)?.instance).toMatchObject({
      weight: 2.5,
      healthy: false,
      enabled: false,
      instanceId: "7",
      app: "true",
    });
    expect(readOne(',"weight":"NaN"')?.instance.weight).toBeNaN();
  });

  it("keeps the letters of numbers in metadata", () => {
    const metadata = '{"a":1.50,"b":1e3,"c":true,"d":null,"e":"1.50","f":12345678901234567890}';
    expect(readOne(`,"metadata":${metadata}`)?.instance.metadata).toEqual({
      a: "1.50",
      b: "1e3",
      c: "true",
      e: "1.50",
      f: "12345678901234567890",
    });
  });

  it("clamps weights as an applied list has them", () => {
    const weights = [20_000, 0.001, -1].map((weight) => readOne(`,"weight":${weight}`)?.instance);
    expect(weights.map((instance) => instance?.weight)).toEqual([10_000, 0.01, -1]);
  });

  it("makes an age of the last beat", () => {
    const lastBeats = [epochMs - 5_000, epochMs + 5_000, 0, null, "1606000000000"];
    const copies = lastBeats.map((lastBeat) => readOne(`,"lastBeat":${JSON.stringify(lastBeat)}`));
    expect(copies.map((copy) => copy?.silenceMs)).toEqual([5_000, 0, undefined, undefined, 0]);
  });

  it.each([
    ["a cluster whose name is not allowed", '{"ip":"1.1.1.2","port":80,"clusterName":"a_b"}'],
    ["an instance without an address", '{"port":80}'],
    ["a null", "null"],
  ])("leaves out only %s", (_what, instance) => {
    const { data, droppedCount } = readList(instance, '{"ip":"1.1.1.1","port":80}');
    expect(data[0]?.instances.map((copy) => copy.instance.ip)).toEqual(["1.1.1.1"]);
    expect(droppedCount).toBe(1);
  });

  it.each(["null", '{"instanceList":null}'])("skips a datum whose value is %s", (value) => {
    const { data, droppedCount, firstError } = readData(bodyOf(value), epochMs);
    expect({ data, droppedCount, firstError }).toEqual({
      data: [],
      droppedCount: 1,
      firstError: undefined,
    });
  });

  it.each([
    ["an object in metadata", bodyOf('{"instanceList":[{"ip":"1","metadata":{"a":{}}}]}'), 500],
    ["a list in metadata", bodyOf('{"instanceList":[{"ip":"1","metadata":{"a":[]}}]}'), 500],
    ["a port that is no number", bodyOf('{"instanceList":[{"ip":"1","port":"x"}]}'), 500],
    ["a port of 33 bits", bodyOf('{"instanceList":[{"ip":"1","port":4294967296}]}'), 500],
    ["a list that is none", bodyOf('{"instanceList":{}}'), 500],
    ["a name that is not allowed", `{"x":{"key":"${prefix}public##g@@中文","value":{}}}`, 400],
    ["a key without a name", `{"x":{"key":"${prefix}public","value":{}}}`, 500],
    ["no key", '{"x":{"value":{}}}', 500],
    ["a datum of null", '{"x":null}', 500],
  ])("names what is wrong with %s, and costs nothing else", (_what, body, status) => {
    const alone = readData(body, epochMs);
    expect(alone.data).toEqual([]);
    expect(alone.firstError?.status).toBe(status);
    const other = `"${prefix}public##g@@a":{"key":"${prefix}public##g@@a","value":{"instanceList":[]}}`;
    const { data, droppedCount } = readData(`${body.slice(0, -1)},${other}}`, epochMs);
    expect(data.map((datum) => datum.key)).toEqual([datumKey("public", "g@@a")]);
    expect(droppedCount).toBe(1);
  });

  it("skips keys of other kinds, and takes the key inside", () => {
    const other = "com.alibaba.nacos.naming.iplist.public##g@@x";
    const { data, droppedCount } = readData(
      `{"a":{"key":"${other}","value":{"instanceList":[]}},` +
        `"b":{"key":"${key}","value":{"instanceList":[]}}}`,
      epochMs,
    );
    expect(data).toEqual([{ key, instances: [], gone: [] }]);
    expect(droppedCount).toBe(0);
  });

  it("fails with nothing but an error of its own, whatever it is given", () => {
    const random = new SeededRandom(1);
    for (let round = 0; round < 3_000; round++) {
      const text =
        round % 2 === 0
          ? JSON.stringify(garbage(random))
          : spoiled(random, encodeData([someDatum(random)], { epochMs }));
      const failure = caught(() => readData(text, epochMs));
      expect(failure === undefined || failure instanceof NacreError, text).toBe(true);
    }
  });
});

describe("encodeData", () => {
  it.each(vectors)("writes what Java writes: $name", ({ value, javaJson }) => {
    const { data } = readData(bodyOf(JSON.stringify(value)), epochMs);
    const written = JSON.parse(encodeData(data, { epochMs })) as Written;
    const expected = JSON.parse(javaJson) as Written[string]["value"];
    const service = "DEFAULT_GROUP@@nacos.test.1";
    // What is always there in our lists, and may be missing in those of Java.
    const completed = expected.instanceList.map((instance) => ({
      ...instance,
      clusterName: instance["clusterName"] ?? "DEFAULT",
      serviceName: service,
      ...(value.instanceList.some((given) => given["lastBeat"] === undefined)
        ? { lastBeat: epochMs }
        : {}),
    }));
    expect(inOrder(written[key]?.value.instanceList)).toEqual(inOrder(completed));
  });

  it("writes the fields in the order of Java", () => {
    const { javaJson } = vectors[1]!;
    const { data } = readData(bodyOf(javaJson), epochMs);
    const fields = (json: string): readonly string[] =>
      [...json.matchAll(/"(\w+)":/g)].map(([, name = ""]) => name);
    const derived = /^(?:instanceIdGenerator|instanceHeartBeat\w+|ipDeleteTimeout)$/;
    const declared = (json: string): readonly string[] =>
      fields(json).filter((name) => !derived.test(name));
    const written = encodeData(data, { epochMs });
    expect(written.startsWith(`{"${key}":{"key":"${key}","value":{"instanceList":[{`)).toBe(true);
    expect(written.endsWith('}]},"timestamp":1}}')).toBe(true);
    expect(
      declared(written.slice(written.indexOf('"instanceList"'), -'},"timestamp":1}}'.length)),
    ).toEqual(declared(javaJson));
    expect(written).toContain('"weight":1.0,');
  });

  it("has an instance beat now when nobody heard it, and follows the clock", () => {
    const copy = readOne("")!;
    const data = (silenceMs: number | undefined): DatumCopy[] => [
      { key, instances: [{ ...copy, silenceMs }], gone: [] },
    ];
    expect(encodeData(data(undefined), { epochMs })).toContain(`"lastBeat":${epochMs},`);
    expect(encodeData(data(4_000), { epochMs })).toContain(`"lastBeat":${epochMs - 4_000},`);
  });

  it("writes the service's name of each datum, also when they share an instance", () => {
    const other = datumKey("public", "g@@other");
    const instances = [readOne("")!];
    const text = encodeData(
      [key, other].map((name) => ({ key: name, instances, gone: [] })),
      { epochMs },
    );
    const names = [...text.matchAll(/"serviceName":"([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual(["DEFAULT_GROUP@@nacos.test.1", "g@@other"]);
  });

  it("escapes everything beyond ASCII when asked to", () => {
    const copy = readOne(',"metadata":{"区":"😀"}')!;
    const data = [{ key, instances: [copy], gone: [] }];
    expect(encodeData(data, { epochMs, ascii: true })).toContain('{"\\u533a":"\\ud83d\\ude00"}');
    expect(encodeData(data, { epochMs })).toContain('{"区":"😀"}');
  });

  it("is read as what was written, but for versions and what is gone", () => {
    const random = new SeededRandom(2);
    for (let round = 0; round < 1_000; round++) {
      const datum = someDatum(random);
      for (const ascii of [false, true]) {
        const { data, droppedCount } = readData(encodeData([datum], { epochMs, ascii }), epochMs);
        expect(droppedCount).toBe(0);
        expect(data).toEqual([
          {
            ...datum,
            gone: [],
            instances: datum.instances.map(({ instance, silenceMs = 0 }) => ({
              // What is left out is empty to its reader, as in Java.
              instance: { ...instance, metadata: instance.metadata ?? noMetadata, version: 0 },
              silenceMs,
            })),
          },
        ]);
      }
    }
  });
});

type Written = Record<
  string,
  { readonly value: { readonly instanceList: readonly Record<string, unknown>[] } }
>;

function inOrder(instances: readonly Record<string, unknown>[] = []): readonly string[] {
  const sorted = (instance: Record<string, unknown>): string =>
    JSON.stringify(Object.entries(instance).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return instances.map(sorted).toSorted();
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function caught(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
