import { silentLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

describe("silentLogger", () => {
  it("takes lines of every level and is its own child", () => {
    for (const level of ["debug", "info", "warn", "error"] as const) {
      expect(silentLogger[level]({ size: 1 }, "changed")).toBeUndefined();
    }
    expect(silentLogger.child({ module: "naming" })).toBe(silentLogger);
  });
});
