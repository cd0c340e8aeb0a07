import { describe, expect, it } from "vitest";
// By file: addresses are read inside of the package only.
import { targetOf } from "../src/target.ts";

describe("targetOf", () => {
  it.each([
    ["10.0.0.1", "udp4", "10.0.0.1"],
    ["::ffff:10.0.0.1", "udp4", "10.0.0.1"],
    ["::FFFF:0a00:0001", "udp4", "10.0.0.1"],
    ["0:0:0:0:0:ffff:10.0.0.1", "udp4", "10.0.0.1"],
    ["::1", "udp6", "::1"],
    ["0:0:0:0:0:0:0:1", "udp6", "::1"],
    ["2001:DB8::0001", "udp6", "2001:db8::1"],
    ["fe80::1%eth0", "udp6", "fe80::1%eth0"],
  ])("sends to %s by %s", (address, family, shortest) => {
    const endpoint = `${shortest} 5001`;
    expect(targetOf(address, 5_001)).toEqual({ family, address: shortest, port: 5_001, endpoint });
  });

  it.each([
    ["", 5_001],
    ["localhost", 5_001],
    ["10.0.0.1:80", 5_001],
    ["10.0.0.256", 5_001],
    ["10.0.0.1", 0],
    ["10.0.0.1", -1],
    ["10.0.0.1", 65_536],
    ["10.0.0.1", 5_001.5],
    ["10.0.0.1", Number.NaN],
  ])("has nowhere to send to for %j and port %d", (address, port) => {
    expect(targetOf(address, port)).toBeUndefined();
  });
});
