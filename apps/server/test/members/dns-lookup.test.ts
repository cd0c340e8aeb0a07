import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { DnsLookup } from "../../src/members/dns-lookup.ts";
import { systemHostAddresses } from "../../src/members/host-addresses.ts";
import { Lists } from "./lists.ts";

const notFound = new Error("getaddrinfo ENOTFOUND nacre");

/** A lookup of a name that stands for `ips`, or cannot be resolved when these are an error. */
function prepare(ips: readonly string[] | Error) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const lists = new Lists();
  const answer = { ips, hosts: [] as string[] };
  const hostAddresses = (host: string): Promise<readonly string[]> => {
    answer.hosts.push(host);
    return answer.ips instanceof Error ? Promise.reject(answer.ips) : Promise.resolve(answer.ips);
  };
  const lookup = new DnsLookup({ clock, logger, hostAddresses }, { host: "nacre", port: 8848 });
  return { answer, clock, lists, logger, lookup, start: () => lookup.start(lists.take) };
}

describe("DnsLookup", () => {
  it("lists every address of the name with the port, in order", async () => {
    const { answer, lists, start } = prepare(["10.0.0.2", "10.0.0.1"]);
    await start();
    expect(answer.hosts).toEqual(["nacre"]);
    expect(lists.all).toEqual([["10.0.0.1:8848", "10.0.0.2:8848"]]);
  });

  it("lists IPv6 addresses in brackets", async () => {
    const { lists, start } = prepare(["fd00::1"]);
    await start();
    expect(lists.all).toEqual([["[fd00::1]:8848"]]);
  });

  it("lists no member twice where each has an address of either family", async () => {
    const { lists, start } = prepare(["fd00::1", "10.0.0.1"]);
    await start();
    expect(lists.all).toEqual([["10.0.0.1:8848"]]);
  });

  it("asks every 5 s, and tells of what has changed", async () => {
    const { answer, clock, lists, start } = prepare(["10.0.0.1"]);
    await start();
    await clock.advance(5_000);
    expect(answer.hosts).toHaveLength(2);
    answer.ips = ["10.0.0.1", "10.0.0.2"];
    await clock.advance(5_000);
    expect(lists.all).toEqual([["10.0.0.1:8848"], ["10.0.0.1:8848", "10.0.0.2:8848"]]);
  });

  it("keeps the list when the name cannot be resolved, and says so once", async () => {
    const { answer, clock, lists, logger, start } = prepare(["10.0.0.1"]);
    await start();
    answer.ips = notFound;
    await clock.advance(10_000);
    answer.ips = [];
    await clock.advance(5_000);
    answer.ips = ["10.0.0.1"];
    await clock.advance(5_000);
    expect(lists.all).toHaveLength(1);
    expect(logger.lines).toEqual([
      expect.objectContaining({ level: "warn", fields: { err: notFound } }),
      expect.objectContaining({ level: "warn" }), // nobody
      expect.objectContaining({ level: "info" }),
    ]);
  });

  it("starts although the name cannot be resolved yet", async () => {
    const { answer, clock, lists, start } = prepare(notFound);
    await start();
    expect(lists.all).toEqual([]);
    answer.ips = ["10.0.0.1"];
    await clock.advance(5_000);
    expect(lists.all).toEqual([["10.0.0.1:8848"]]);
  });

  it("takes more addresses than any cluster has for a failure", async () => {
    const ips = Array.from({ length: 1_001 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const { lists, logger, start } = prepare(ips);
    await start();
    expect(lists.all).toEqual([]);
    expect(logger.lines).toEqual([expect.objectContaining({ level: "warn" })]);
  });

  it("tells nothing after it was stopped", async () => {
    const { answer, clock, lists, lookup, start } = prepare(["10.0.0.1"]);
    await start();
    lookup.stop();
    lookup.stop();
    answer.ips = ["10.0.0.2"];
    await clock.advance(60_000);
    expect(answer.hosts).toHaveLength(1);
    expect(lists.all).toHaveLength(1);
  });
});

describe("systemHostAddresses", () => {
  it("knows this machine by its name on loopback", async () => {
    const ips = await systemHostAddresses("localhost");
    expect(ips.some((ip) => ip === "127.0.0.1" || ip === "::1")).toBe(true);
  });
});
