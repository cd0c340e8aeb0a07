import { RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

describe("RecordingLogger", () => {
  it("keeps level, message and fields of each line", () => {
    const logger = new RecordingLogger();
    logger.debug("looked");
    logger.info({ size: 1 }, "changed");
    logger.warn({}, "mended");
    logger.error({ err: "x" }, "failed");
    expect(logger.lines).toEqual([
      { level: "debug", message: "looked", fields: {} },
      { level: "info", message: "changed", fields: { size: 1 } },
      { level: "warn", message: "mended", fields: {} },
      { level: "error", message: "failed", fields: { err: "x" } },
    ]);
  });

  it("keeps the lines of its children too, with their fields", () => {
    const logger = new RecordingLogger();
    logger.child({ module: "naming" }).child({ peer: "a" }).info({ size: 1 }, "changed");
    expect(logger.lines).toEqual([
      { level: "info", message: "changed", fields: { module: "naming", peer: "a", size: 1 } },
    ]);
  });
});
