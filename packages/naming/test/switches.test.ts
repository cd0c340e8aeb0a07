import { defaultSwitches } from "@nacre/naming";
import { describe, expect, it } from "vitest";

describe("defaultSwitches", () => {
  it("are those of Nacos 1.4.1", () => {
    expect(defaultSwitches).toEqual({
      clientBeatInterval: 5_000,
      defaultCacheMillis: 3_000,
      defaultPushCacheMillis: 10_000,
      lightBeatEnabled: true,
      pushEnabled: true,
      healthCheckEnabled: true,
      defaultInstanceEphemeral: true,
      pushJavaVersion: "0.1.0",
      pushGoVersion: "0.1.0",
      pushPythonVersion: "0.4.3",
      pushCVersion: "1.0.12",
      pushCSharpVersion: "0.9.0",
    });
  });
});
