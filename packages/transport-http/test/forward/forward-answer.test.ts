import { describe, expect, it } from "vitest";
// Not exported: ForwardAgent alone asks.
import { forwardAnswerOf } from "../../src/forward/forward-answer.ts";
import { recording } from "./recordings.ts";

describe("what the responsible member answered", () => {
  it.each([
    [200, "ok"],
    [200, '{"clientBeatInterval":5000,"code":20404}'],
    [200, "\u0000<html>"],
    [400, "caused: Param 'ip' is required.;"],
    [403, "unknown user!"],
    [500, "caused: instance not exist: 1.1.1.1:80;"],
  ])("is the client's answer: %i %s", (status, body) => {
    const type = "application/json;charset=UTF-8";
    expect(forwardAnswerOf(status, body)).toEqual({
      outcome: "answered",
      reply: { status, type, body },
    });
  });

  it.each([
    [500, "boom"],
    [500, ""],
    [500, '{"status":500,"message":"Server failed,"}'],
    [501, "no such api"],
    [502, ""],
    [204, ""],
    [201, "ok"],
    [302, ""],
    [404, ""],
    [413, ""],
  ])("leaves the write to this one: %i %s", (status, body) => {
    const reason = `it answered ${status}`;
    expect(forwardAnswerOf(status, body)).toEqual({ outcome: "refused", reason });
  });

  it("says that it takes no writes now", () => {
    const body = "server is DOWN now, please try again later!";
    expect(forwardAnswerOf(503, body).outcome).toBe("failed");
  });

  it("may be that it does not take itself for responsible, in JSON or in HTML", () => {
    const { body } = recording("client.diverged").response;
    const page = `<html><body>${(JSON.parse(body) as { message: string }).message}</body></html>`;
    for (const text of [body, page]) expect(forwardAnswerOf(400, text).outcome).toBe("refused");
  });
});
