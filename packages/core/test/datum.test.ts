import { readFileSync } from "node:fs";
import {
  type DatumKey,
  datumKey,
  definitionKey,
  isDatumKey,
  parseDatumKey,
  parseDefinitionKey,
} from "@nacre/core";
import { describe, expect, it } from "vitest";

interface KeyVector {
  readonly key: DatumKey;
  readonly matchEphemeralInstanceListKey: boolean;
  readonly matchServiceMetaKey: boolean;
  readonly namespace?: string;
  readonly serviceName?: string;
}

const vectorsUrl = new URL("../../../test/interop/recordings/vectors.json", import.meta.url);
const { keys } = JSON.parse(readFileSync(vectorsUrl, "utf8")) as {
  readonly keys: readonly KeyVector[];
};

// What no member makes: `##` in a service name, or no `##` at all.
const vectors = keys.filter(
  ({ key, matchEphemeralInstanceListKey, serviceName = "" }) =>
    matchEphemeralInstanceListKey && serviceName !== "" && !key.endsWith("##a##b"),
);

const PREFIX = "com.alibaba.nacos.naming.iplist.ephemeral.";
const DEFINITION_PREFIX = "com.alibaba.nacos.naming.domains.meta.";

/** What may follow the prefix in a key that a peer made up. */
const nonsense = ["", "#", "##", "###", "nohash", "##g@@s", "public##", "public#g@@s", "public"];

describe("datumKey", () => {
  it.each(vectors)("makes $key", ({ key, namespace = "", serviceName = "" }) => {
    expect(datumKey(namespace, serviceName)).toBe(key);
  });
});

describe("parseDatumKey", () => {
  it.each(vectors)("reads $key", ({ key, namespace, serviceName }) => {
    expect(parseDatumKey(key)).toEqual({ namespaceId: namespace, groupedServiceName: serviceName });
  });

  it.each(["a##b", "##", "a#", "#", "__proto__", "中文"])(
    "knows the namespace %j",
    (namespaceId) => {
      const groupedServiceName = "g@@s";
      expect(parseDatumKey(datumKey(namespaceId, groupedServiceName))).toEqual({
        namespaceId,
        groupedServiceName,
      });
    },
  );

  it("finds no service in a key without a connector", () => {
    const key = `${PREFIX}nohash` as DatumKey;
    expect(parseDatumKey(key)).toEqual({ namespaceId: "nohash", groupedServiceName: "" });
  });

  it.each(["", "x", PREFIX.slice(1), ...keys.map(({ key }) => key)])("survives %j", (text) => {
    expect(() => parseDatumKey(text as DatumKey)).not.toThrow();
  });
});

describe("isDatumKey", () => {
  it.each(keys)("takes of Java's ephemeral lists those with two parts: $key", (vector) => {
    const { key, matchEphemeralInstanceListKey, namespace = "", serviceName = "" } = vector;
    const isWhole = namespace !== "" && serviceName !== "";
    expect(isDatumKey(key)).toBe(matchEphemeralInstanceListKey && isWhole);
  });

  it.each(nonsense)("refuses %j after the prefix", (rest) => {
    expect(isDatumKey(PREFIX + rest)).toBe(false);
  });

  it.each([`x${PREFIX}public##g@@s`, "public##g@@s", "", definitionKey("public", "g@@s")])(
    "refuses %j",
    (text) => {
      expect(isDatumKey(text)).toBe(false);
    },
  );

  it("refuses a key of more than 4,096 characters", () => {
    const room = 4_096 - datumKey("public", "").length;
    expect(isDatumKey(datumKey("public", "s".repeat(room)))).toBe(true);
    expect(isDatumKey(datumKey("public", "s".repeat(room + 1)))).toBe(false);
  });
});

describe("definitionKey", () => {
  it("is the key under which Java keeps service metadata", () => {
    const java = keys.find(({ matchServiceMetaKey }) => matchServiceMetaKey);
    expect(definitionKey("public", "DEFAULT_GROUP@@nacos.test.1")).toBe(java?.key);
  });
});

describe("parseDefinitionKey", () => {
  it.each(["public", "a##b", "#", "中文"])("knows the namespace %j", (namespaceId) => {
    const groupedServiceName = "g@@s";
    expect(parseDefinitionKey(definitionKey(namespaceId, groupedServiceName))).toEqual({
      namespaceId,
      groupedServiceName,
    });
  });

  it.each(keys)("takes of Java's metadata keys the long ones of services: $key", ({ key }) => {
    const isLong = key.startsWith(DEFINITION_PREFIX) && key.includes("##");
    expect(parseDefinitionKey(key) !== undefined).toBe(isLong);
  });

  it.each(nonsense)("knows no service for %j after the prefix", (rest) => {
    expect(parseDefinitionKey(DEFINITION_PREFIX + rest)).toBeUndefined();
  });

  it("knows no service for a huge key", () => {
    expect(parseDefinitionKey(definitionKey("public", "s".repeat(5_000)))).toBeUndefined();
  });
});
