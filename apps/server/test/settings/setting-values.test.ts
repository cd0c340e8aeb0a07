import { describe, expect, it } from "vitest";
import { type SettingName, settingNames, settingOf } from "../../src/settings/config.ts";
// Internal to the application: it exports nothing.
import {
  allowedText,
  flagOf,
  formatValue,
  parseDurationMs,
  parseSetting,
  variableOf,
} from "../../src/settings/setting-values.ts";

describe("the table of settings", () => {
  it("allows every default, and reads it back from its text", () => {
    for (const name of settingNames) {
      const value = settingOf(name).default;
      expect(parseSetting(name, formatValue(value)), name).toEqual(value);
    }
  });

  it("gives no flag, property or variable twice", () => {
    const names = settingNames.flatMap((name) => {
      const { property, aliases = [], variables = [] } = settingOf(name);
      return [flagOf(name), property, ...aliases, variableOf(name), ...variables];
    });
    expect(new Set(names).size).toBe(names.length);
  });

  it("describes every setting in one sentence or two, and says what is allowed", () => {
    for (const name of settingNames) {
      expect(settingOf(name).description, name).toMatch(/^[A-Z].*\.$/);
      expect(allowedText(name), name).not.toBe("");
    }
  });
});

describe("parseSetting", () => {
  it.each<[SettingName, string, unknown]>([
    ["port", " 8849 ", 8849],
    ["headersTimeoutMs", "20s", 20_000],
    ["headersTimeoutMs", "500ms", 500],
    ["headersTimeoutMs", "PT1M30S", 90_000],
    ["bodyMaxBytes", "2MB", 2_097_152],
    ["bodyMaxBytes", "4096", 4_096],
    ["bodyMaxBytes", "512kb", 524_288],
    ["brakeServiceRatio", "0.5", 0.5],
    ["expireInstance", "FALSE", false],
    ["expireInstance", "on", true],
    ["logLevel", "WARN", "warn"],
    ["contextPath", "/", ""],
    ["contextPath", "", ""],
    ["contextPath", "/a/b", "/a/b"],
    ["host", "[::1]", "::1"],
    ["host", "0.0.0.0", "0.0.0.0"],
    ["members", "10.0.0.1, 10.0.0.2:80 10.0.0.1", ["10.0.0.1:8848", "10.0.0.2:80"]],
    ["trustedProxies", "10.0.0.0/8,::1", ["10.0.0.0/8", "::1"]],
    ["self", "::1", "[::1]"],
  ])("reads %s from %j", (name, text, value) => {
    expect(parseSetting(name, text)).toEqual(value);
  });

  it.each<[SettingName, string]>([
    ["port", "65536"],
    ["port", "-1"],
    ["port", "80.5"],
    ["port", "0x50"],
    ["port", "20s"],
    ["port", ""],
    ["bodyMaxBytes", "-1"],
    ["bodyMaxBytes", "2PB"],
    ["headersTimeoutMs", "PT"],
    ["shutdownTimeoutMs", "3s"],
    ["brakeServiceRatio", "1.1"],
    ["brakeServiceRatio", "NaN"],
    ["expireInstance", "maybe"],
    ["expireInstance", "constructor"],
    ["logLevel", "trace"],
    ["store", "redis"],
    ["contextPath", "nacos"],
    ["contextPath", "/nacos/"],
    ["contextPath", "//"],
    ["host", "a b"],
    ["members", "10.0.0.1?raft_port=1"],
    ["trustedProxies", "proxy"],
    ["dataDir", ""],
    ["dataDir", "${HOME"],
  ])("does not allow %s to be %j", (name, text) => {
    expect(parseSetting(name, text)).toBeUndefined();
  });
});

describe("parseDurationMs", () => {
  it("reads the units of Spring and of Java", () => {
    const texts = ["5ms", "2s", "15m", "2h", "1d", "PT0.5S", "pt1h"];
    expect(texts.map(parseDurationMs)).toEqual([
      5, 2_000, 900_000, 7_200_000, 86_400_000, 500, 3_600_000,
    ]);
  });
});
