import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
// Not exported: the server alone asks.
import { CallerAddress } from "../src/caller-address.ts";

/** Who a request counts as coming from. */
function callerOf(
  proxies: readonly string[],
  peer: string | undefined,
  forwarded?: string,
): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const request = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  return new CallerAddress(proxies).of(request);
}

describe("CallerAddress", () => {
  it("is the other end of the connection", () => {
    expect(callerOf([], "10.0.0.1")).toBe("10.0.0.1");
    expect(callerOf([], "2001:db8::1")).toBe("2001:db8::1");
    expect(callerOf([], "::ffff:10.0.0.1")).toBe("10.0.0.1");
    expect(callerOf([], undefined)).toBe("");
  });

  it("believes no stranger", () => {
    expect(callerOf([], "10.0.0.1", "1.2.3.4")).toBe("10.0.0.1");
    expect(callerOf(["10.0.0.2"], "10.0.0.1", "1.2.3.4")).toBe("10.0.0.1");
    expect(callerOf(["10.0.0.2"], "10.0.0.1", "10.0.0.2, 1.2.3.4")).toBe("10.0.0.1");
  });

  it.each([
    [["10.0.0.1"], "10.0.0.1"],
    [["10.0.0.1"], "::ffff:10.0.0.1"],
    [["::ffff:10.0.0.1"], "10.0.0.1"],
    [["10.0.0.0/8"], "10.255.0.1"],
    [["0.0.0.0/0"], "10.0.0.1"],
    [["192.168.0.0/16", "10.0.0.0/30"], "10.0.0.3"],
    [["2001:db8::1"], "2001:db8:0::1"],
    [["2001:db8::/32"], "2001:db8:1::9"],
    [["::1"], "::1"],
  ])("believes a proxy in %j that calls from %s", (proxies, peer) => {
    expect(callerOf(proxies, peer, "1.2.3.4")).toBe("1.2.3.4");
  });

  it.each([
    [["10.0.0.0/30"], "10.0.0.4"],
    [["2001:db8::/32"], "2001:db9::1"],
    [["10.0.0.0/8"], "2001:db8::1"],
  ])("does not believe, with %j, whoever calls from %s", (proxies, peer) => {
    expect(callerOf(proxies, peer, "1.2.3.4")).toBe(peer);
  });

  it("goes outwards over several proxies to the first that is none", () => {
    const proxies = ["10.0.0.0/8"];
    expect(callerOf(proxies, "10.0.0.1", "1.2.3.4, 10.0.0.3, 10.0.0.2")).toBe("1.2.3.4");
    expect(callerOf(proxies, "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2")).toBe("1.2.3.4");
    expect(callerOf(proxies, "10.0.0.1", "6.6.6.6,::ffff:1.2.3.4 ,  10.0.0.2")).toBe("1.2.3.4");
    expect(callerOf(proxies, "10.0.0.1", "2001:db8::7, 10.0.0.2")).toBe("2001:db8::7");
  });

  it("is the outermost proxy when nobody stands behind it", () => {
    const proxies = ["10.0.0.0/8"];
    expect(callerOf(proxies, "10.0.0.1")).toBe("10.0.0.1");
    expect(callerOf(proxies, "10.0.0.1", "10.0.0.3, 10.0.0.2")).toBe("10.0.0.3");
  });

  it.each(["", " ", "unknown", "1.2.3.4:80", "1.2.3", "<script>", ",", "1.2.3.4,"])(
    "stops at what is no address: %j",
    (forwarded) => {
      expect(callerOf(["10.0.0.1"], "10.0.0.1", forwarded)).toBe("10.0.0.1");
    },
  );
});
