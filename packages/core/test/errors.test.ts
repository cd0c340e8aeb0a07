import { type ErrorCode, errorCodes, NacreError } from "@nacre/core";
import { describe, expect, it } from "vitest";

const codes = Object.keys(errorCodes) as ErrorCode[];

describe("NacreError", () => {
  it("carries its code, and the status that goes with it", () => {
    const cause = new Error("socket hang up");
    const error = new NacreError("INSTANCE_UNKNOWN", "instance not found", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "NacreError",
      code: "INSTANCE_UNKNOWN",
      status: 400,
      message: "instance not found",
      cause,
    });
  });
});

describe("errorCodes", () => {
  it.each(codes)("has a status and a sentence for %s", (code) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect([400, 403, 500, 503]).toContain(errorCodes[code].status);
    expect(errorCodes[code].help).toMatch(/^[A-Z`].*\.$/);
  });
});
