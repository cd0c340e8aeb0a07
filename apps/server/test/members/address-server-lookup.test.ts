import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@nacre/core";
import { RecordingLogger } from "@nacre/core/testing";
import { afterEach, describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import {
  AddressServerLookup,
  type AddressServerLookupOptions,
} from "../../src/members/address-server-lookup.ts";
import { eventually, Lists } from "./lists.ts";

const ended: (() => void)[] = [];

afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** A lookup, and a server that answers as `answer.respond` says. */
async function prepare(
  respond: RequestListener,
  options: Partial<AddressServerLookupOptions> = {},
) {
  const answer = { respond, urls: [] as (string | undefined)[] };
  const server = createServer((request, response) => {
    answer.urls.push(request.url);
    answer.respond(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/nacos/serverlist`;
  const logger = new RecordingLogger();
  const lists = new Lists();
  const lookup = new AddressServerLookup(
    { clock: systemClock, logger },
    { url, intervalMs: 10, retryDelayMs: 1, ...options },
  );
  ended.push(() => {
    lookup.stop();
    server.closeAllConnections();
    server.close();
  });
  const warnings = () => logger.lines.filter(({ level }) => level === "warn").length;
  return { answer, lists, lookup, url, warnings, start: () => lookup.start(lists.take) };
}

function says(text: string, status = 200): RequestListener {
  return (_request, response) => void response.writeHead(status).end(text);
}

const silent: RequestListener = () => undefined;

describe("AddressServerLookup", () => {
  it("lists whom the server lists, in the format of cluster.conf", async () => {
    const { answer, lists, start } = await prepare(says("# all\n10.0.0.1\n10.0.0.2:9,10.0.0.3\n"));
    await start();
    expect(answer.urls[0]).toBe("/nacos/serverlist");
    expect(lists.all).toEqual([["10.0.0.1:8848", "10.0.0.2:9", "10.0.0.3:8848"]]);
  });

  it("asks again and again, and tells of what has changed", async () => {
    const { answer, lists, start } = await prepare(says("10.0.0.1"));
    await start();
    await eventually(() => answer.urls.length > 3, true);
    expect(lists.all).toHaveLength(1);
    answer.respond = says("10.0.0.1,10.0.0.2");
    await lists.until(["10.0.0.1:8848", "10.0.0.2:8848"]);
  });

  it.each<[string, RequestListener]>([
    ["another status", says("10.0.0.9", 500)],
    ["no members", says("# nobody\n")],
    ["what is no address", says("<html>")],
    ["too much", says("10.0.0.9\n".repeat(200))],
    ["nothing", (request) => request.socket.resetAndDestroy()],
    ["nothing in time", silent],
  ])("keeps the list when the server answers %s, and warns once", async (_what, respond) => {
    const { answer, lists, start, warnings } = await prepare(says("10.0.0.1"), {
      bodyBytesMax: 1_000,
      timeoutMs: respond === silent ? 100 : 60_000,
    });
    await start();
    const before = answer.urls.length;
    answer.respond = respond;
    await eventually(() => answer.urls.length > before + 3, true);
    answer.respond = says("10.0.0.2");
    await lists.until(["10.0.0.2:8848"]);
    expect(lists.all).toHaveLength(2);
    expect(warnings()).toBe(1);
  });

  it("does not start when the server fails as often as it is asked", async () => {
    const { answer, start, url, warnings } = await prepare(says("", 503), { retryMax: 3 });
    await expect(start()).rejects.toMatchObject({
      code: "START_FAILED",
      message: `cannot get the list of members from ${url}: ${url} answered 503`,
    });
    expect(answer.urls).toHaveLength(3);
    expect(warnings()).toBe(2);
  });

  it("starts when the server answers before that", async () => {
    const { answer, lists, start } = await prepare(says("", 503));
    answer.respond = (request, response) =>
      says("10.0.0.1", answer.urls.length < 3 ? 503 : 200)(request, response);
    await start();
    expect(lists.all).toEqual([["10.0.0.1:8848"]]);
  });

  it("says why the server cannot be reached", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/x`;
    closed.close();
    const dependencies = { clock: systemClock, logger: new RecordingLogger() };
    const lookup = new AddressServerLookup(dependencies, { url, retryMax: 1 });
    await expect(lookup.start(() => undefined)).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(/^cannot get the list of members from http.*ECONNREFUSED/),
    });
  });

  it("asks no more after it was stopped, also while it starts", async () => {
    const { answer, lists, lookup, start } = await prepare(says("10.0.0.1"));
    answer.respond = () => lookup.stop();
    await start();
    lookup.stop();
    expect(lists.all).toEqual([]);
    expect(answer.urls).toHaveLength(1);
  });
});
