import { readFileSync } from "node:fs";
import { type DatumKey, datumKey, parseDatumKey } from "@nacre/core";
import { describe, expect, it } from "vitest";

interface KeyVector {
  readonly key: DatumKey;
  readonly matchEphemeralInstanceListKey: boolean;
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
});
