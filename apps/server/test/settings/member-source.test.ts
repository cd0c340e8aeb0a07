import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { loadSettings } from "../../src/settings/load-settings.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

interface Given {
  readonly flags?: Record<string, string>;
  readonly environment?: Record<string, string>;
  readonly files?: Record<string, string>;
}

/** Loads settings in a folder of their own; paths come back relative to it. */
function load({ flags = {}, environment = {}, files = {} }: Given) {
  const folder = mkdtempSync(join(tmpdir(), "nacre-settings-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const settings = loadSettings({ flags, environment, folder });
  const { memberSource: source } = settings;
  const memberSource =
    source.kind === "file" ? { ...source, path: source.path.replace(`${folder}/`, "") } : source;
  return { ...settings, memberSource };
}

/** What loading fails with. */
function refusal(given: Given): unknown {
  try {
    load(given);
  } catch (error) {
    return error;
  }
  throw new Error("nothing was refused");
}

const nacosFile = "conf/application.properties";
const alone = { kind: "none" };
const one = { kind: "setting", addresses: ["10.0.0.1:8848"] };
const inConf = { kind: "file", path: "conf/cluster.conf" };
const atServer = { kind: "address-server", url: "http://jmenv.tbsite.net:8080/nacos/serverlist" };

describe("the source of members", () => {
  it.each<[string, Given, unknown]>([
    ["nowhere by default", {}, alone],
    ["a flag", { flags: { members: "10.0.0.1:8848" } }, one],
    ["NACOS_SERVERS", { environment: { NACOS_SERVERS: "10.0.0.1" } }, one],
    ["the file", { files: { [nacosFile]: "nacos.member.list=10.0.0.1" } }, one],
    ["cluster.conf", { files: { "conf/cluster.conf": "10.0.0.1\n" } }, inConf],
    [
      "cluster.conf beside the settings",
      { flags: { config: "etc/x" }, files: { "etc/x": "", "etc/cluster.conf": "a,b" } },
      { kind: "file", path: "etc/cluster.conf" },
    ],
    [
      "a file that is named",
      { flags: { "cluster-conf": "x" }, files: { x: "a", "conf/cluster.conf": "b" } },
      { kind: "file", path: "x" },
    ],
    ["nowhere with a cluster.conf of comments", { files: { "conf/cluster.conf": "# a\n" } }, alone],
    [
      "nowhere with settings of an address server that are empty",
      { files: { [nacosFile]: "address.server.domain=\naddress.server.url=" } },
      alone,
    ],
    [
      "nowhere with settings of an address server that are the defaults",
      {
        files: {
          [nacosFile]: "address.server.domain=jmenv.tbsite.net\naddress.server.port=8080",
        },
      },
      alone,
    ],
    [
      "a host name",
      { flags: { "members-dns": "nacre.default.svc:9000" } },
      { kind: "dns", host: "nacre.default.svc", port: 9000 },
    ],
    [
      "a host name, with the port of this member",
      { flags: { "members-dns": "nacre", port: "9001" } },
      { kind: "dns", host: "nacre", port: 9001 },
    ],
    [
      "an address server",
      { files: { [nacosFile]: "nacos.core.member.lookup.type=address-server" } },
      atServer,
    ],
    [
      "an address server that the environment names",
      { environment: { address_server_domain: "lists", address_server_port: "80" } },
      { kind: "address-server", url: "http://lists:80/nacos/serverlist" },
    ],
    [
      "a path of an address server that the file names",
      { files: { [nacosFile]: "address.server.url=/x?y=z\nserver.servlet.contextPath=/n" } },
      { kind: "address-server", url: "http://jmenv.tbsite.net:8080/x?y=z" },
    ],
    [
      "a context path of an address server",
      { flags: { "address-server-domain": "::1", "context-path": "/n" } },
      { kind: "address-server", url: "http://[::1]:8080/n/serverlist" },
    ],
  ])("is %s", (_what, given, source) => {
    const { config, memberSource } = load(given);
    expect(memberSource).toEqual(source);
    expect(config.standalone).toBe(source === alone);
  });

  it.each<[string, Given, unknown]>([
    [
      "a flag before cluster.conf",
      { flags: { members: "10.0.0.1" }, files: { "conf/cluster.conf": "a" } },
      one,
    ],
    [
      "cluster.conf before the settings file",
      { files: { [nacosFile]: "nacos.member.list=10.0.0.1", "conf/cluster.conf": "a" } },
      inConf,
    ],
    ["a list before a host name", { flags: { members: "10.0.0.1", "members-dns": "nacre" } }, one],
    [
      "a host name before an address server",
      { flags: { "members-dns": "nacre", "address-server-domain": "lists" } },
      { kind: "dns", host: "nacre", port: 8848 },
    ],
    [
      "an address server, if that is asked for, before all others",
      {
        flags: { members: "10.0.0.1", "member-lookup": "address-server" },
        files: { "conf/cluster.conf": "a" },
      },
      atServer,
    ],
    [
      "a host name, if that is asked for, before lists",
      { flags: { members: "10.0.0.1", "members-dns": "nacre", "member-lookup": "dns" } },
      { kind: "dns", host: "nacre", port: 8848 },
    ],
    [
      "no address server if lists are asked for",
      { flags: { "address-server-domain": "lists", "member-lookup": "file" } },
      alone,
    ],
  ])("is %s", (_what, given, source) => {
    expect(load(given).memberSource).toEqual(source);
  });

  it.each<[string, Given]>([
    ["--standalone", { flags: { standalone: "true" }, environment: { MODE: "cluster" } }],
    ["MODE=standalone", { environment: { MODE: "Standalone" } }],
    ["nacos.standalone", { files: { [nacosFile]: "nacos.standalone=true" } }],
  ])("is nowhere with %s, and the log says that others are listed", (_name, given) => {
    const environment = { NACOS_SERVERS: "10.0.0.1", ...given.environment };
    const files = { ...given.files, "conf/cluster.conf": "not, an address!" };
    const { config, memberSource, notices } = load({ ...given, environment, files });
    expect(memberSource).toEqual(alone);
    expect(config).toMatchObject({ standalone: true, members: ["10.0.0.1:8848"] });
    expect(notices).toContainEqual(
      expect.objectContaining({ message: "members are listed but this member runs standalone" }),
    );
  });

  it("is no reason for a notice in a cluster", () => {
    expect(load({ flags: { members: "10.0.0.1" } }).notices).toEqual([]);
  });

  it.each<[string, Given, RegExp]>([
    [
      "MODE=cluster without members",
      { environment: { MODE: "cluster" } },
      /^nacos\.standalone is false \(environment MODE\), but no members are listed: set nacos\./,
    ],
    [
      "a denial of standalone without members",
      { files: { [nacosFile]: "nacos.standalone=false\nnacos.core.member.lookup.type=file" } },
      /^nacos\.standalone is false \(file conf\/application\.properties:1\), but no members/,
    ],
    [
      "an item that is no address",
      { files: { "conf/cluster.conf": "# sample\n10.0.0.1:8848?raft_port=7848\n" } },
      /^conf\/cluster\.conf:2 has "10\.0\.0\.1:8848\?raft_port=7848"/,
    ],
    [
      "a file that is named and lists nobody",
      { flags: { "cluster-conf": "x" }, files: { x: "#" } },
      /^x lists no members$/,
    ],
    [
      "a host name that is asked for and not named",
      { flags: { "member-lookup": "dns" } },
      /^nacos\.core\.member\.lookup\.type is dns \(flag --member-lookup\), but nacre\.members-dns/,
    ],
    [
      "a lookup that is unknown",
      { flags: { "member-lookup": "nacos" } },
      /allowed: auto, file, dns, address-server$/,
    ],
  ])("is refused with %s", (_what, given, message) => {
    expect(refusal(given)).toMatchObject({
      code: "INVALID_SETTING",
      message: expect.stringMatching(message),
    });
  });

  it("is refused when it is a file that is named and missing", () => {
    expect(refusal({ flags: { "cluster-conf": "x" } })).toMatchObject({
      code: "START_FAILED",
      message: "cannot read x (ENOENT)",
    });
  });
});

describe("the identity of members", () => {
  const cluster = { members: "10.0.0.1" };

  it.each<[string, Record<string, string>]>([
    ["is not needed where addresses are checked", {}],
    ["stands in for addresses", { "peer-source-check": "false", ...identity("k", "v") }],
    ["may be there besides", identity("serverIdentity", "security")],
  ])("%s", (_what, flags) => {
    expect(load({ flags: { ...cluster, ...flags } }).config.standalone).toBe(false);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      "is missing where no addresses are checked",
      { "peer-source-check": "false" },
      /^nacre\.peer\.source-check is false \(flag --peer-source-check\), so anybody could pass/,
    ],
    [
      "lacks its value",
      { "server-identity-key": "k" },
      /identity\.value is not set, the other half of it is \(flag --server-identity-key\)$/,
    ],
    [
      "lacks its name",
      { "server-identity-value": "v" },
      /identity\.key is not set, the other half of it is \(flag --server-identity-value\)$/,
    ],
    ["has a name that is none of a header", identity("a b", "v"), /make no HTTP header$/],
    ["has a value that is none of a header", identity("a", "secret\u0001"), /make no HTTP header$/],
  ])("is refused when it %s", (_what, flags, message) => {
    const error = refusal({ flags: { ...cluster, ...flags } });
    expect(error).toMatchObject({
      code: "INVALID_SETTING",
      message: expect.stringMatching(message),
    });
    expect(String(error)).not.toContain("secret");
  });

  it("is nothing to a member that runs alone", () => {
    expect(load({ flags: { "peer-source-check": "false" } }).config.standalone).toBe(true);
  });
});

function identity(key: string, value: string): Record<string, string> {
  return { "server-identity-key": key, "server-identity-value": value };
}
