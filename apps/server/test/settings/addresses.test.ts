import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { isNetwork, parseAddress, parseClusterConf } from "../../src/settings/addresses.ts";

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

describe("parseClusterConf", () => {
  it("drops comments and splits lines at commas", () => {
    const text = "# members\n\n10.0.0.1:8848 # one\n10.0.0.2, 10.0.0.3\r\n";
    expect(parseClusterConf(text)).toEqual([
      { text: "10.0.0.1:8848", line: 3 },
      { text: "10.0.0.2", line: 4 },
      { text: "10.0.0.3", line: 4 },
    ]);
  });
});
