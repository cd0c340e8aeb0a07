import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { MemberAddresses } from "../../src/members/member-addresses.ts";

/** The addresses of these members; `names` is what host names stand for. */
async function membersAt(addresses: readonly string[], names: Record<string, string[]> = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const asked: string[] = [];
  const hostAddresses = (host: string): Promise<readonly string[]> => {
    asked.push(host);
    const ips = names[host];
    return ips === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(ips);
  };
  const members = new MemberAddresses({ clock, logger, hostAddresses });
  await members.setMembers(addresses);
  members.start();
  return { members, names, clock, asked };
}

describe("MemberAddresses", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["10.0.0.1", "::ffff:10.0.0.1"],
    ["10.0.0.1", "::FFFF:a00:1"],
    ["[fd00::1]", "fd00::1"],
    ["[fd00::1]", "FD00:0:0:0:0:0:0:1"],
    ["[fe80::1]", "fe80::1%eth0"],
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "::1"],
    ["127.0.0.1", "::ffff:127.0.0.1"],
    ["127.0.0.2", "127.0.0.1"],
    ["[::1]", "127.0.0.1"],
  ])("know that a member at %s calls from %s", async (host, ip) => {
    const { members } = await membersAt([`${host}:8848`]);
    expect(members.isMemberIp(ip)).toBe(true);
  });

  it.each([
    ["10.0.0.1", "10.0.0.2"],
    ["10.0.0.1", "127.0.0.1"],
    ["10.0.0.1", "::1"],
    ["127.0.0.1", "10.0.0.1"],
    ["127.0.0.1", "fd00::1"],
    ["10.0.0.1", ""],
    ["10.0.0.1", "a"],
  ])("do not take a member at %s for one that calls from %j", async (host, ip) => {
    const { members } = await membersAt([`${host}:8848`]);
    expect(members.isMemberIp(ip)).toBe(false);
  });

  it("know nobody without members", async () => {
    const { members } = await membersAt([]);
    expect(members.isMemberIp("127.0.0.1")).toBe(false);
  });

  it("follow the list", async () => {
    const { members } = await membersAt(["10.0.0.1:8848", "b:8848"], { b: ["10.0.0.2"] });
    await members.setMembers(["10.0.0.3:8848"]);
    const ips = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    expect(ips.map((ip) => members.isMemberIp(ip))).toEqual([false, false, true]);
  });

  it("resolve the names of members", async () => {
    const { members, asked } = await membersAt(["a:1", "a:2"], { a: ["10.0.0.1", "fd00::1"] });
    expect(members.isMemberIp("10.0.0.1")).toBe(true);
    expect(members.isMemberIp("fd00::1")).toBe(true);
    expect(asked).toEqual(["a"]);
  });

  it("resolve names again every 5 s", async () => {
    const { members, names, clock } = await membersAt(["a:1"], { a: ["10.0.0.1"] });
    names["a"] = ["10.0.0.2"];
    await clock.advance(5_000);
    expect(members.isMemberIp("10.0.0.1")).toBe(false);
    expect(members.isMemberIp("10.0.0.2")).toBe(true);
  });

  it("keep what a name stood for while it cannot be resolved", async () => {
    const { members, names, clock } = await membersAt(["a:1"], { a: ["10.0.0.1"] });
    delete names["a"];
    await clock.advance(10_000);
    expect(members.isMemberIp("10.0.0.1")).toBe(true);
  });

  it("find a name later that cannot be resolved at first", async () => {
    const { members, names, clock } = await membersAt(["a:1"]);
    expect(members.isMemberIp("10.0.0.1")).toBe(false);
    names["a"] = ["10.0.0.1"];
    await clock.advance(5_000);
    expect(members.isMemberIp("10.0.0.1")).toBe(true);
  });

  it("resolve nothing after they were stopped", async () => {
    const { members, asked, clock } = await membersAt(["a:1"], { a: [] });
    members.stop();
    members.stop();
    await clock.advance(60_000);
    expect(asked).toHaveLength(1);
  });
});
