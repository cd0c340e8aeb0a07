import { defaultSwitches } from "@nacre/naming";
import { describe, expect, it } from "vitest";
// Not exported: endpoints alone look at agents.
import { agentOf, isNewJava, isPushable } from "../src/agent.ts";

describe("agentOf", () => {
  it.each([
    ["Nacos-Java-Client:v1.4.1", "JAVA", [1, 4, 1]],
    ["Nacos-DNS:v0.9.0", "DNS", [0, 9, 0]],
    ["Nacos-C-Client:v1.0.12", "C", [1, 0, 12]],
    ["vip-client4cpp:v2.0", "C", [2, 0, 0]],
    ["Nacos-SDK-Java:v1.0.0", "JAVA_SDK", [1, 0, 0]],
    ["Nacos-Server:1.4.1", "NACOS_SERVER", [0, 0, 1]],
    ["unit-nginx:v1.2.3", "TENGINE", [1, 2, 3]],
    ["Nacos-Go-Client:v1.1.0", "GO", [1, 1, 0]],
    ["Nacos-CSharp-Client:v0.9.0", "CSHARP", [0, 9, 0]],
    ["Nacos-Python-Client:v0.1.7", "UNKNOWN", [0, 1, 7]],
    ["nacos-java-client:v1.4.1", "UNKNOWN", [1, 4, 1]],
    ["curl/7.64.0", "UNKNOWN", [0, 7, 64]],
    ["Nacos-Java-Client:v1.4.1-SNAPSHOT", "JAVA", [1, 4, 1]],
    ["Nacos-Java-Client:v1.x.3rc", "JAVA", [1, 0, 3]],
    ["Nacos-Java-Client:v1;2:3", "JAVA", [1, 2, 3]],
    ["Nacos-Java-Client:v1.0.0:v9.9.9", "JAVA", [1, 0, 0]],
  ] as const)("reads %s", (text, type, version) => {
    expect(agentOf(text)).toEqual({ text, type, version });
  });

  it.each(["", "x", "Nacos-Java-Client:v", "Nacos-Java-Client:v1", "Nacos-Java-Client:v1.."])(
    "finds no version in %j",
    (text) => {
      expect(agentOf(text).version).toBeUndefined();
    },
  );

  it("reads an agent the same a second time, and one of any length", () => {
    const long = `Nacos-Java-Client:v1.4.1${"x".repeat(100_000)}`;
    for (const text of ["Nacos-Go-Client:v1.1.0", long]) {
      expect(agentOf(text)).toEqual(agentOf(text));
    }
    for (let index = 0; index < 1_000; index++) agentOf(`curl/${index}`);
    expect(agentOf("Nacos-Go-Client:v1.1.0").type).toBe("GO");
  });
});

describe("isNewJava", () => {
  it.each([
    ["Nacos-Java-Client:v1.0.0", true],
    ["Nacos-Java-Client:v1.4.1", true],
    ["Nacos-Java-Client:v10.0", true],
    ["Nacos-Java-Client:v0.9.9", false],
    ["Nacos-Go-Client:v1.1.0", false],
    ["", false],
    ["Nacos-Go-Client:v", false],
  ])("of %j is %j", (text, isNew) => {
    expect(isNewJava(agentOf(text))).toBe(isNew);
  });

  it("cannot be told of a Java client without a version", () => {
    expect(isNewJava(agentOf("Nacos-Java-Client:v"))).toBeUndefined();
    expect(isNewJava(agentOf("Nacos-Java-Client"))).toBe(false);
  });
});

describe("isPushable", () => {
  it.each([
    ["Nacos-Java-Client:v0.1.0", true],
    ["Nacos-Java-Client:v0.0.9", false],
    ["Nacos-Go-Client:v0.1.0", true],
    ["Nacos-DNS:v0.4.3", true],
    ["Nacos-DNS:v0.4.2", false],
    ["Nacos-C-Client:v1.0.12", true],
    ["vip-client4cpp:v1.0.11", false],
    ["Nacos-CSharp-Client:v0.9.0", true],
    ["Nacos-CSharp-Client:v0.8.9", false],
    ["Nacos-SDK-Java:v9.0.0", false],
    ["Nacos-Server:v9.0.0", false],
    ["unit-nginx:v9.0.0", false],
    ["Nacos-Python-Client:v9.0.0", false],
    ["Nacos-Java-Client:v", false],
    ["", false],
  ])("of %j is %j", (text, pushable) => {
    expect(isPushable(agentOf(text), defaultSwitches)).toBe(pushable);
  });

  it("follows the switches", () => {
    const switches = { ...defaultSwitches, pushJavaVersion: "1.4.2", pushGoVersion: "odd" };
    expect(isPushable(agentOf("Nacos-Java-Client:v1.4.1"), switches)).toBe(false);
    expect(isPushable(agentOf("Nacos-Java-Client:v1.4.2"), switches)).toBe(true);
    expect(isPushable(agentOf("Nacos-Go-Client:v0.0.1"), switches)).toBe(true);
  });
});
