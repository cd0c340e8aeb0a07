import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import {
  addressOf,
  hostAndPortOf,
  isNetwork,
  parseAddress,
  parseMemberList,
} from "../../src/settings/addresses.ts";

describe("parseAddress", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1:8848"],
    ["10.0.0.1:8849", "10.0.0.1:8849"],
    ["nacos-0.nacos.svc.cluster.local:8848", "nacos-0.nacos.svc.cluster.local:8848"],
    ["localhost", "localhost:8848"],
    ["[::1]", "[::1]:8848"],
    ["[fe80::1]:80", "[fe80::1]:80"],
  ])("reads %s", (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it.each([
    "",
    ":8848",
    "10.0.0",
    "10.0.0.256:1",
    "10.0.0.1:0",
    "10.0.0.1:65536",
    "10.0.0.1:8848?raft_port=7848",
    "::1",
    "[::1",
    "[10.0.0.1]:80",
    "a b",
    "-a",
    "http://a:80",
  ])("does not read %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("isNetwork", () => {
  it("takes addresses and ranges of both families", () => {
    expect(["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"].every(isNetwork)).toBe(true);
  });

  it("takes nothing else", () => {
    const texts = ["", "a", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "/8"];
    expect(texts.some(isNetwork)).toBe(false);
  });
});

describe("hostAndPortOf", () => {
  it.each([
    ["10.0.0.1:8848", "10.0.0.1", 8848],
    ["a.b:1", "a.b", 1],
    ["[fd00::1]:8848", "fd00::1", 8848],
  ])("takes %s apart, and addressOf puts it together", (address, host, port) => {
    expect(hostAndPortOf(address)).toEqual({ host, port });
    expect(addressOf(host, port)).toBe(address);
  });
});

describe("parseMemberList", () => {
  it("drops comments and splits lines at commas", () => {
    const text = "# members\n\n10.0.0.1:8849 # one\n10.0.0.2, a.b\r\n  \n[::1]";
    const addresses = ["10.0.0.1:8849", "10.0.0.2:8848", "a.b:8848", "[::1]:8848"];
    expect(parseMemberList(text, "x")).toEqual(addresses);
  });

  it("lists who is there twice once, spelled as it is", () => {
    expect(parseMemberList("A.b,10.0.0.1,10.0.0.1:8848,a.b", "x")).toEqual([
      "A.b:8848",
      "10.0.0.1:8848",
      "a.b:8848",
    ]);
  });

  it("fails as a whole at the first item that is no address", () => {
    expect(() => parseMemberList("10.0.0.1\n10.0.0.2:8848?raft_port=7848,?", "conf/x")).toThrow(
      expect.objectContaining({
        code: "INVALID_SETTING",
        message: expect.stringMatching(
          /^conf\/x:2 has "10\.0\.0\.2:8848\?raft_port=7848"; allowed: ip, host/,
        ),
      }),
    );
  });

  it("takes no more members than any cluster has", () => {
    const text = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`).join();
    expect(parseMemberList(text(1_000), "x")).toHaveLength(1_000);
    expect(() => parseMemberList(text(1_001), "x")).toThrow("x lists more than 1000 members");
  });
});
