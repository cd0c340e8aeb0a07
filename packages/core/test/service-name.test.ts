import {
  bareNameOf,
  DEFAULT_CLUSTER,
  DEFAULT_GROUP,
  DEFAULT_NAMESPACE,
  groupedName,
  groupNameOf,
  isGroupedName,
  isLegalClusterName,
  isLegalServiceName,
} from "@nacre/core";
import { describe, expect, it } from "vitest";

describe("defaults", () => {
  it("are those of Nacos", () => {
    expect([DEFAULT_GROUP, DEFAULT_CLUSTER, DEFAULT_NAMESPACE]).toEqual([
      "DEFAULT_GROUP",
      "DEFAULT",
      "public",
    ]);
  });
});

describe("groupedName", () => {
  it("puts the group in front", () => {
    expect(groupedName("foo", "g")).toBe("g@@foo");
  });

  it("leaves a name alone that carries a group", () => {
    expect(groupedName("a@@b", "g")).toBe("a@@b");
    expect(groupedName("@@b", "g")).toBe("@@b");
  });
});

describe("a grouped name", () => {
  it.each([
    ["g@@foo", "g", "foo", true],
    ["foo", "DEFAULT_GROUP", "foo", false],
    ["", "DEFAULT_GROUP", "", false],
    ["@@", "", "", false],
    ["grp@@", "grp", "", false],
    ["@@b", "", "b", true],
    ["a@@b@@c", "a", "b", true],
    ["a@@b@@", "a", "b", true],
    ["@@@@", "", "", false],
    ["a@@@@b", "a", "", true],
    ["a@b", "DEFAULT_GROUP", "a@b", false],
  ])("splits: %j is group %j and name %j, complete: %j", (grouped, group, bare, complete) => {
    expect(groupNameOf(grouped)).toBe(group);
    expect(bareNameOf(grouped)).toBe(bare);
    expect(isGroupedName(grouped)).toBe(complete);
  });
});

describe("isGroupedName", () => {
  // `String.split` of Java drops trailing empty parts, and is what Nacos counts them with.
  const isComplete = (name: string) => {
    const parts = name.split("@@");
    while (parts.length > 0 && parts.at(-1) === "") parts.pop();
    return parts.length >= 2;
  };

  it("agrees with Java on every name of up to eight letters", () => {
    let names = [""];
    for (let length = 1; length <= 8; length++) {
      names = names.flatMap((name) => [`${name}a`, `${name}@`]);
      expect(names.filter((name) => isGroupedName(name) !== isComplete(name))).toEqual([]);
    }
  });
});

describe("isLegalServiceName", () => {
  it.each(["DEFAULT_GROUP@@foo", "a.b:c_d-e@@F1", "@@b", "g@@providers:com.foo.Bar:1.0.0:"])(
    "allows %j",
    (name) => {
      expect(isLegalServiceName(name)).toBe(true);
    },
  );

  it.each(["", "a b", "a/b", "a#b", "a,b", "中文", "a\n", "\na", "a+b"])("refuses %j", (name) => {
    expect(isLegalServiceName(name)).toBe(false);
  });
});

describe("isLegalClusterName", () => {
  it.each(["DEFAULT", "hz-a", "0", "-"])("allows %j", (name) => {
    expect(isLegalClusterName(name)).toBe(true);
  });

  it.each(["", "a_b", "a.b", "a,b", "a b", "a@b", "a:b", "a\n"])("refuses %j", (name) => {
    expect(isLegalClusterName(name)).toBe(false);
  });
});
