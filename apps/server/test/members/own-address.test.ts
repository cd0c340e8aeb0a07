import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { thisMachine } from "../../src/members/machine.ts";
import { type OwnAddressClues, ownAddressOf } from "../../src/members/own-address.ts";

const machine = {
  ips: ["127.0.0.1", "::1", "10.0.0.7", "10.1.0.7", "fd00::7"],
  firstIp: "10.0.0.7",
  hostName: "nacre-1",
};

function found(clues: Partial<OwnAddressClues>): string {
  return ownAddressOf({ configured: "", port: 8848, addresses: [], machine, ...clues });
}

describe("ownAddressOf", () => {
  it("is the address that is set, listed or not", () => {
    expect(found({ configured: "a:1", addresses: ["10.0.0.7:8848"] })).toBe("a:1");
  });

  it.each([
    ["an address of this machine", "10.1.0.7:8848"],
    ["its loopback address", "127.0.0.1:8848"],
    ["its IPv6 address", "[fd00::7]:8848"],
    ["its name", "nacre-1:8848"],
    ["its name with a domain", "Nacre-1.nacre.default.svc:8848"],
  ])("is the listed one that is %s", (_what, own) => {
    const addresses = ["10.9.0.1:8848", own, "nacre-10:8848"];
    expect(found({ addresses })).toBe(own);
  });

  it("tells members of one machine by the port", () => {
    const addresses = ["127.0.0.1:8848", "127.0.0.1:8849"];
    expect(found({ addresses, port: 8849 })).toBe("127.0.0.1:8849");
  });

  it("prefers the one that is listed by address", () => {
    const addresses = ["nacre-1:8848", "10.0.0.7:8848"];
    expect(found({ addresses })).toBe("10.0.0.7:8848");
  });

  it("is the first address of this machine when several of its are listed", () => {
    const addresses = ["10.1.0.7:8848", "127.0.0.1:8848"];
    expect(found({ addresses })).toBe("10.0.0.7:8848");
  });

  it("is the first address of this machine when none of its is listed", () => {
    expect(found({ addresses: ["10.1.0.7:9000"] })).toBe("10.0.0.7:8848");
  });

  it("is on loopback on a machine without a network", () => {
    expect(found({ machine: { ips: [], firstIp: undefined, hostName: "" } })).toBe(
      "127.0.0.1:8848",
    );
  });
});

describe("thisMachine", () => {
  it("has a name and loopback, which is not its first address", () => {
    const { ips, firstIp, hostName } = thisMachine();
    expect(ips).toContain("127.0.0.1");
    expect(firstIp).not.toMatch(/^127\./);
    expect(hostName).not.toBe("");
  });
});
