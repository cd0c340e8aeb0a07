import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
// Internal to the application: `startMember` makes it.
import { memberLogger } from "../src/member-logger.ts";

function loggerWith(logFormat: "auto" | "pretty" | "json", logLevel: "debug" | "warn" = "debug") {
  const output = new PassThrough();
  const logger = memberLogger({ logLevel, logFormat }, output);
  return { logger, text: () => String(output.read() ?? "") };
}

describe("the log of a member", () => {
  it("is JSON, a line each", () => {
    const { logger, text } = loggerWith("json");
    logger.child({ module: "naming" }).warn({ pauseMs: 7 }, "the process stood still");
    const line = JSON.parse(text()) as Record<string, unknown>;
    expect(line).toEqual({
      level: 40,
      time: expect.any(Number),
      module: "naming",
      pauseMs: 7,
      msg: "the process stood still",
    });
  });

  it("leaves out what is below the level", () => {
    const { logger, text } = loggerWith("json", "warn");
    logger.debug("one request");
    logger.info("the state changed");
    logger.error("somebody must act");
    expect(text().trim().split("\n")).toHaveLength(1);
  });

  it("is for people when asked to", async () => {
    const { logger, text } = loggerWith("pretty");
    logger.info({ url: "http://x" }, "the member listens");
    await expect.poll(text).toMatch(/INFO.*the member listens/);
  });

  it("is JSON where nobody reads along", () => {
    const { logger, text } = loggerWith("auto");
    logger.info("the member listens");
    expect(text().startsWith("{")).toBe(!process.stdout.isTTY);
  });
});
