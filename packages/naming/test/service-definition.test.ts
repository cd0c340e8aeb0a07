import { defaultCluster, type HealthChecker } from "@nacre/core";
import {
  defaultServiceDefinition,
  formatDefinition,
  type FullDefinition,
  labelSelector,
  parseDefinition,
} from "@nacre/naming";
import { describe, expect, it } from "vitest";

const plain: FullDefinition = { ...defaultServiceDefinition, clusters: [] };

function withChecker(healthChecker: HealthChecker): FullDefinition {
  return { ...plain, clusters: [{ ...defaultCluster("a"), healthChecker }] };
}

/** The text of a plain definition with some fields replaced by others, and as it is with no changes. */
function textWith(changes: Readonly<Record<string, unknown>>, ofCluster = false): string {
  const fields = JSON.parse(formatDefinition({ ...plain, clusters: [defaultCluster("a")] })) as {
    readonly clusters: readonly object[];
  };
  const clusters = [{ ...fields.clusters[0], ...(ofCluster ? changes : {}) }];
  return JSON.stringify({ ...fields, clusters, ...(ofCluster ? {} : changes) });
}

describe("formatDefinition", () => {
  const definitions: Readonly<Record<string, FullDefinition>> = {
    "the default": plain,
    "all of it": {
      protectThreshold: Math.fround(0.8),
      metadata: JSON.parse('{"__proto__":"x","区域":"\\ud800"}') as Record<string, string>,
      selector: labelSelector("CONSUMER.label.A = PROVIDER.label.A"),
      clusters: [
        {
          ...defaultCluster("b"),
          defaultCheckPort: -1,
          useInstancePortForCheck: false,
          metadata: { k: "v" },
        },
        defaultCluster("a"),
      ],
    },
    "numbers that JSON does not know": {
      ...withChecker({ type: "HTTP", path: "/", headers: "", expectedResponseCode: Infinity }),
      protectThreshold: Number.NaN,
    },
    "a negative zero": { ...plain, protectThreshold: -0 },
    "a checker without fields": withChecker({ type: "NONE" }),
    "an HTTP checker": withChecker({
      type: "HTTP",
      path: "/health",
      headers: "a:b",
      expectedResponseCode: 204,
    }),
    "a MYSQL checker": withChecker({ type: "MYSQL", user: "u", cmd: "select 1" }),
  };

  it.each(Object.entries(definitions))("keeps %s", (_name, definition) => {
    expect(parseDefinition(formatDefinition(definition))).toEqual(definition);
  });

  it("gives equal definitions equal texts, whatever else their objects hold", () => {
    const { protectThreshold, metadata, selector, clusters } = plain;
    const other = { clusters, more: 1, selector, metadata, protectThreshold };
    expect(formatDefinition(other)).toBe(formatDefinition(plain));
  });

  it("refuses one that is too long to be passed on", () => {
    const metadata = { k: "v".repeat(262_144) };
    expect(() => formatDefinition({ ...plain, metadata })).toThrow(
      expect.objectContaining({ code: "LIMIT_REACHED" }),
    );
  });
});

describe("parseDefinition", () => {
  it("reads what it is given unchanged", () => {
    expect(parseDefinition(textWith({}))).toEqual({ ...plain, clusters: [defaultCluster("a")] });
  });

  it.each([
    "",
    "null",
    "[]",
    "1",
    "{",
    "{}",
    textWith({ protectThreshold: null }),
    textWith({ protectThreshold: "much" }),
    textWith({ metadata: null }),
    textWith({ metadata: { k: 1 } }),
    textWith({ metadata: { k: {} } }),
    textWith({ selector: {} }),
    textWith({ selector: { type: "label" } }),
    textWith({ selector: { type: "label", expression: "x" } }),
    textWith({ clusters: {} }),
    textWith({ clusters: [null] }),
    textWith({ name: "a_b" }, true),
    textWith({ name: 1 }, true),
    textWith({ defaultCheckPort: null }, true),
    textWith({ metadata: [] }, true),
    textWith({ healthChecker: null }, true),
    textWith({ healthChecker: { type: "ICMP" } }, true),
    textWith({ healthChecker: { type: "HTTP", path: "/" } }, true),
    textWith({ healthChecker: { type: "MYSQL", user: {} } }, true),
    textWith({ metadata: { k: "v".repeat(262_144) } }),
    textWith({ clusters: Array.from({ length: 1_001 }, (_, at) => defaultCluster(`c${at}`)) }),
  ])("takes %.60j for no definition", (text) => {
    expect(parseDefinition(text)).toBeUndefined();
  });
});
