import { NacreError } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
// Not exported: the API alone makes these answers.
import { acceptanceOf } from "../src/accept.ts";
import { containerPage, errorPage, errorReply, notServing } from "../src/error-reply.ts";

afterEach(() => vi.unstubAllEnvs());

function pageAt(instant: string, accept?: string, message = "no such api") {
  const clock = new ManualClock(Date.parse(instant));
  return errorPage({ status: 501, message, path: "/nacos/x" }, acceptanceOf(accept), clock);
}

describe("errorReply", () => {
  it("has a level for each cause, up to the first without a text", () => {
    const innermost = new Error("never shown");
    const silent = new Error("", { cause: innermost });
    const inner = new Error("inner", { cause: silent });
    const error = new NacreError("UNREADABLE_PARAM", "outer", { cause: inner });
    expect(errorReply(error)).toMatchObject({
      status: 500,
      type: "text",
      body: "caused: outer;caused: inner;",
    });
  });

  it("takes its status from the table of errors", () => {
    expect(errorReply(new NacreError("INVALID_PARAM", "x")).status).toBe(400);
    expect(errorReply(new NacreError("LIMIT_REACHED", "x")).status).toBe(503);
  });

  it("says in bare words that a member does not serve", () => {
    const body = "server is STARTING now, please try again later!";
    expect(errorReply(notServing("STARTING"))).toMatchObject({
      status: 503,
      type: undefined,
      body,
    });
  });

  it("tells nothing of a mistake of ours", () => {
    expect(errorReply(new TypeError("secret"))).toMatchObject({ status: 500, body: "" });
    expect(errorReply("secret")).toMatchObject({ status: 500, body: "" });
  });
});

describe("errorPage", () => {
  it("is JSON with the keys in Spring's order", () => {
    vi.stubEnv("TZ", "UTC");
    expect(pageAt("2021-02-01T08:00:00.005Z")).toMatchObject({
      status: 501,
      type: "application/json;charset=UTF-8",
      body:
        '{"timestamp":"2021-02-01T08:00:00.005+0000","status":501,"error":"Not Implemented",' +
        '"message":"no such api","path":"/nacos/x"}',
    });
  });

  it("is HTML for whoever lists it", () => {
    vi.stubEnv("TZ", "UTC");
    const { type, body } = pageAt("2021-02-01T08:00:00Z", "text/html, */*", `<a href="x">'&`);
    expect(type).toBe("text/html;charset=UTF-8");
    expect(body).toBe(
      "<html><body><h1>Whitelabel Error Page</h1><p>This application has no explicit mapping for " +
        "/error, so you are seeing this as a fallback.</p><div id='created'>Mon Feb 01 08:00:00 " +
        "UTC 2021</div><div>There was an unexpected error (type=Not Implemented, status=501).</div>" +
        "<div>&lt;a href=&quot;x&quot;&gt;&#39;&amp;</div></body></html>",
    );
  });

  it.each([
    ["Asia/Kolkata", "2021-02-01T13:30:00.000+0530"],
    ["Asia/Shanghai", "2021-02-01T16:00:00.000+0800"],
    ["America/St_Johns", "2021-02-01T04:30:00.000-0330"],
    ["Pacific/Kiritimati", "2021-02-01T22:00:00.000+1400"],
    ["UTC", "2021-02-01T08:00:00.000+0000"],
  ])("tells the time of the machine: %s", (zone, timestamp) => {
    vi.stubEnv("TZ", zone);
    expect(pageAt("2021-02-01T08:00:00Z").body).toContain(`"timestamp":"${timestamp}"`);
  });

  it("counts the hours of a day from 0 to 23", () => {
    vi.stubEnv("TZ", "UTC");
    expect(pageAt("2021-12-31T00:00:00Z").body).toContain("2021-12-31T00:00:00.000+0000");
  });
});

describe("containerPage", () => {
  it("names the status", () => {
    const { status, contentType, body } = containerPage(400);
    expect(status).toBe(400);
    expect(contentType).toBe("text/html;charset=utf-8");
    expect(body).toContain("HTTP Status 400 – Bad Request");
    expect(containerPage(405, { allow: "GET" }).headers).toEqual({ allow: "GET" });
  });
});
