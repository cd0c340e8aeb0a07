import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { loadSettings } from "@nacre/server";
import { afterEach, describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { memberSetup } from "../../src/members/member-setup.ts";
import { Lists, makeFolder } from "./lists.ts";

const machine = { ips: ["127.0.0.1", "10.0.0.1"], firstIp: "10.0.0.1", hostName: "nacre-1" };
const ended: (() => void)[] = [];

afterEach(() => {
  for (const end of ended.splice(0)) end();
});

interface Given {
  readonly flags?: Record<string, string>;

  /** Written to the file `members.conf`, which is named. */
  readonly clusterConf?: string;
  readonly clock?: Clock;

  /** What host names stand for. */
  readonly names?: Record<string, string[]>;
}

async function setUp({ flags = {}, clusterConf, clock = new ManualClock(), names = {} }: Given) {
  const folder = makeFolder();
  ended.push(folder.remove);
  const path = join(folder.path, "members.conf");
  if (clusterConf !== undefined) writeFileSync(path, clusterConf);
  const file = clusterConf === undefined ? {} : { "cluster-conf": "members.conf" };
  const settings = loadSettings({
    flags: { ...flags, ...file },
    environment: {},
    folder: folder.path,
  });
  const logger = new RecordingLogger();
  const hostAddresses = (host: string) => Promise.resolve(names[host] ?? []);
  const dependencies = { clock, logger, hostAddresses, machine: () => machine };
  const setup = await memberSetup(settings, dependencies);
  ended.push(() => setup.lookup.stop());
  return { setup, logger, path };
}

describe("memberSetup", () => {
  it("gives a member that runs alone an address and no members", async () => {
    const { setup } = await setUp({});
    expect(setup).toMatchObject({ isAlone: true, self: "10.0.0.1:8848", addresses: [] });
  });

  it("finds this member among those of the setting", async () => {
    const { setup } = await setUp({ flags: { members: "10.0.0.1,10.0.0.2" } });
    expect(setup).toMatchObject({
      isAlone: false,
      self: "10.0.0.1:8848",
      addresses: ["10.0.0.1:8848", "10.0.0.2:8848"],
    });
  });

  it("takes the address that is set for this member", async () => {
    const { setup } = await setUp({ flags: { members: "10.0.0.1,10.0.0.2", self: "10.0.0.2" } });
    expect(setup.self).toBe("10.0.0.2:8848");
  });

  it.each<[string, Given, string]>([
    [
      "is set to be another",
      { flags: { members: "10.0.0.1", self: "10.0.0.3:9" } },
      "the address of this member is set to 10.0.0.3:9, which is not among the members " +
        "10.0.0.1:8848 (nacos.member.list): list it there, or set nacos.inetutils.ip-address " +
        "(NACOS_SERVER_IP, --self) to its address in the list",
    ],
    [
      "has another port",
      { flags: { members: "10.0.0.1", port: "9000" } },
      "the address of this member appears to be 10.0.0.1:9000",
    ],
    ["is not in the file", { clusterConf: "10.0.0.2" }, "members.conf): list it there"],
    [
      "is not among many",
      { flags: { members: Array.from({ length: 12 }, (_, at) => `m${at}`).join() } },
      "m9:8848 and 2 more (",
    ],
  ])("refuses a member that %s", async (_why, given, message) => {
    await expect(setUp(given)).rejects.toMatchObject({
      code: "INVALID_SETTING",
      message: expect.stringContaining(message),
    });
  });

  it("follows the file", async () => {
    const clusterConf = "10.0.0.1\n10.0.0.2";
    const { setup, path } = await setUp({ clusterConf, clock: systemClock });
    const lists = new Lists();
    await setup.lookup.start(lists.take);
    writeFileSync(path, "10.0.0.1\n10.0.0.3");
    await lists.until(["10.0.0.1:8848", "10.0.0.3:8848"]);
    expect(lists.all[0]).toEqual(["10.0.0.1:8848", "10.0.0.2:8848"]);
  });

  it("follows a host name, which may come to know this member later", async () => {
    const clock = new ManualClock();
    const names = { nacre: ["10.0.0.2"] };
    const flags = { "members-dns": "nacre:9000", port: "9000" };
    const { setup, logger } = await setUp({ flags, names, clock });
    expect(setup).toMatchObject({ self: "10.0.0.1:9000", addresses: ["10.0.0.2:9000"] });
    expect(logger.lines).toEqual([
      {
        level: "warn",
        message: "this member is not among the listed members yet",
        fields: { self: "10.0.0.1:9000", members: ["10.0.0.2:9000"] },
      },
    ]);
    names.nacre.push("10.0.0.1");
    await clock.advance(5_000);
    const lists = new Lists();
    await setup.lookup.start(lists.take);
    expect(lists.all).toEqual([["10.0.0.1:9000", "10.0.0.2:9000"]]);
    names.nacre.shift();
    await clock.advance(5_000);
    expect(lists.all.at(-1)).toEqual(["10.0.0.1:9000"]);
    setup.lookup.stop();
    names.nacre.push("10.0.0.3");
    await clock.advance(5_000);
    expect(lists.all).toHaveLength(2);
  });

  it("starts without a list where a host name gives none yet", async () => {
    const { setup } = await setUp({ flags: { "members-dns": "nacre" } });
    expect(setup).toMatchObject({ isAlone: false, self: "10.0.0.1:8848", addresses: [] });
    const lists = new Lists();
    await setup.lookup.start(lists.take);
    expect(lists.all).toEqual([]);
  });

  it("finds a member by its host name", async () => {
    const { setup } = await setUp({ flags: { members: "nacre-1,nacre-2" } });
    expect(setup.self).toBe("nacre-1:8848");
  });

  it("passes on that an address server cannot be asked", async () => {
    const flags = {
      "member-lookup": "address-server",
      "address-server-domain": "127.0.0.1",
      "address-server-port": "1",
      "address-server-retry-max": "1",
    };
    await expect(setUp({ flags })).rejects.toMatchObject({ code: "START_FAILED" });
  });
});
