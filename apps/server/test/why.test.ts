import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualClock } from "@nacre/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../src/cli.ts";
import { why } from "../src/commands/why.ts";
// Internal to the application: it exports nothing.
import { formatLocalTime, parseInstant } from "../src/local-time.ts";
import { recordingShell } from "./recording-shell.ts";

const atMs = Date.UTC(2021, 0, 1, 12, 0, 0, 5);
const entry = {
  atMs,
  namespaceId: "public",
  serviceName: "DEFAULT_GROUP@@orders",
  clusterName: "DEFAULT",
  ip: "10.0.0.5",
  port: 80,
  cause: "beats stopped",
  detail: "no beat for 15.0 s",
};
const empty = { entries: [], droppedCount: 0, oldestMs: null };

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A member that answers every request like `answer`. */
async function memberWith(answer: unknown, listener?: RequestListener) {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? "", "http://member"));
    if (listener === undefined) {
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    } else {
      listener(request, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

async function ask(...args: string[]) {
  const shell = recordingShell();
  const code = await runCli(["why", ...args], shell);
  return { code, out: shell.printed, err: shell.complaints.join("\n") };
}

describe("nacre why", () => {
  it("asks for the service in its group and namespace", async () => {
    const { url, asked } = await memberWith({ ...empty, entries: [entry] });
    await ask("orders", "--server", url);
    await ask("pay@@orders", "10.0.0.5:80", "--server", `${url}/base/`, "--namespace", "dev");
    await ask("orders", "[::1]:80", "--server", url, "--from", "1000");
    await ask("orders", "::1", "--server", url);
    expect(asked.map(({ pathname }) => pathname)).toEqual([
      "/nacre/v1/history",
      "/base/nacre/v1/history",
      "/nacre/v1/history",
      "/nacre/v1/history",
    ]);
    expect(asked.map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual([
      { namespaceId: "public", serviceName: "DEFAULT_GROUP@@orders" },
      { namespaceId: "dev", serviceName: "pay@@orders", ip: "10.0.0.5", port: "80" },
      {
        namespaceId: "public",
        serviceName: "DEFAULT_GROUP@@orders",
        ip: "::1",
        port: "80",
        from: "1000",
      },
      { namespaceId: "public", serviceName: "DEFAULT_GROUP@@orders", ip: "::1" },
    ]);
  });

  it("turns an age into an instant", async () => {
    const { url, asked } = await memberWith(empty);
    const clock = new ManualClock(atMs);
    await why(["orders", "--server", url, "--from", "15m"], recordingShell(), clock);
    expect(asked[0]?.searchParams.get("from")).toBe(String(atMs - 900_000));
  });

  it("prints a line for each change", async () => {
    const other = { ...entry, ip: "::1", clusterName: "east", cause: "registered", detail: "" };
    const { url } = await memberWith({ ...empty, entries: [entry, other] });
    const { code, out } = await ask("orders", "--server", url);
    expect(code).toBe(0);
    const time = formatLocalTime(atMs);
    expect(out).toEqual([
      `${time}  10.0.0.5:80  beats stopped: no beat for 15.0 s`,
      `${time}  [::1]:80 (east)  registered`,
    ]);
  });

  it("hands no control characters to the terminal", async () => {
    const { url } = await memberWith({
      ...empty,
      entries: [{ ...entry, detail: "\u001b[2Jx\ny" }],
    });
    expect((await ask("orders", "--server", url)).out[0]).toMatch(/: \?\[2Jx\?y$/);
  });

  it("prints the answer as JSON", async () => {
    const answer = { entries: [entry], droppedCount: 3, oldestMs: atMs };
    const { url } = await memberWith(answer);
    const { out } = await ask("orders", "--json", "--server", url);
    expect(JSON.parse(out.join("\n"))).toEqual(answer);
  });

  it("says how far the member remembers when nothing is found", async () => {
    const { url } = await memberWith({ entries: [], droppedCount: 7, oldestMs: atMs });
    const { code, err } = await ask("orders", "--server", url);
    expect(code).toBe(1);
    expect(err).toContain("nothing found about DEFAULT_GROUP@@orders in namespace public");
    expect(err).toContain(`changes since ${formatLocalTime(atMs)} and has forgotten 7 older ones`);
    expect(err).toContain("Is it another group");
  });

  it("says in one line that the member cannot be reached", async () => {
    const { url } = await memberWith(empty);
    closers.splice(0).forEach((close) => close());
    const { code, err } = await ask("orders", "--server", url);
    expect({ code, err }).toEqual({
      code: 1,
      err: `nacre: ${url} cannot be reached (ECONNREFUSED)`,
    });
  });

  it.each([
    ["<html>", /did not answer with a history/],
    ["null", /did not answer with a history/],
    [{ ...empty, entries: [null] }, /did not answer with a history/],
    [{ ...empty, entries: [{ ...entry, atMs: 1e300 }] }, /did not answer with a history/],
  ])("does not take %j for a history", async (answer, message) => {
    const { url } = await memberWith(answer);
    const { code, err } = await ask("orders", "--server", url);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it("says what a member answers that refuses", async () => {
    const { url } = await memberWith("", (_request, response) => {
      response.writeHead(400).end("bad\nparameter");
    });
    expect((await ask("orders", "--server", url)).err).toBe(
      `nacre: ${url} answered 400: bad parameter`,
    );
  });

  it("refuses an answer that is too long", async () => {
    const { url } = await memberWith("", (_request, response) => {
      response.end(Buffer.alloc(10_000_001, " "));
    });
    expect((await ask("orders", "--server", url)).err).toMatch(/more than 10000000 bytes/);
  });

  it.each([
    [["orders", "a:b:c"], /"a:b:c" is no address/],
    [["orders", "[10.0.0.1]:80"], /is no address/],
    [["orders", "--from", "yesterday"], /--from is "yesterday"; allowed: an age such as 15m/],
    [["orders", "--server", "ftp://x"], /--server is "ftp:\/\/x"; allowed: a URL/],
  ])("refuses %j", async (args, message) => {
    const { code, err } = await ask(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("the times of nacre why", () => {
  it("are written with the offset of the machine's zone, and read back", () => {
    const text = formatLocalTime(atMs);
    expect(text).toMatch(/^202\d-\d\d-\d\dT\d\d:\d\d:00\.005(?:Z|[+-]\d\d:\d\d)$/);
    expect(parseInstant(text, new ManualClock())).toBe(atMs);
  });

  it("are read as ages, ISO times or epoch milliseconds", () => {
    const clock = new ManualClock(atMs);
    expect(parseInstant("2h", clock)).toBe(atMs - 7_200_000);
    expect(parseInstant("2021-01-01T12:00:00.005Z", clock)).toBe(atMs);
    expect(parseInstant("1234", clock)).toBe(1234);
    expect(parseInstant("soon", clock)).toBeUndefined();
  });
});
