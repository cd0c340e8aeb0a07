import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { loadSettings } from "../../src/settings/load-settings.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true });
  }
});

interface Given {
  readonly flags?: Record<string, string>;
  readonly environment?: Record<string, string>;
  readonly files?: Record<string, string>;
}

/** Loads settings in a folder of their own. */
function load({ flags = {}, environment = {}, files = {} }: Given = {}) {
  const folder = mkdtempSync(join(tmpdir(), "nacre-settings-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return loadSettings({ flags, environment, folder });
}

/** The message that loading fails with. */
function refusal(given: Given): string {
  try {
    load(given);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

const nacosFile = "conf/application.properties";

describe("loadSettings", () => {
  it("takes the defaults when nothing is set", () => {
    const { config, origins, notices } = load();
    expect(config).toMatchObject({ port: 8848, contextPath: "/nacos", standalone: true });
    expect(origins.port).toEqual({ kind: "default" });
    expect(notices).toEqual([]);
  });

  it("lets the environment win over the file, and flags over both", () => {
    const files = { [nacosFile]: "server.port=1\nserver.address=1.1.1.1\nnacre.store=memory\n" };
    const environment = { NACRE_PORT: "2", NACRE_HOST: "2.2.2.2" };
    const { config, origins } = load({ files, environment, flags: { port: "3" } });
    expect(config).toMatchObject({ port: 3, host: "2.2.2.2", store: "memory" });
    expect(origins.port).toEqual({ kind: "flag", name: "port" });
    expect(origins.host).toEqual({ kind: "environment", name: "NACRE_HOST" });
    expect(origins.store).toEqual({ kind: "file", path: nacosFile, line: 3 });
  });

  it("reads the file that --config names, before the one that NACRE_CONFIG names", () => {
    const files = { a: "server.port=1", b: "server.port=2", [nacosFile]: "server.port=3" };
    const environment = { NACRE_CONFIG: "b" };
    expect(load({ files }).config.port).toBe(3);
    expect(load({ files, environment }).config.port).toBe(2);
    expect(load({ files, environment, flags: { config: "a" } }).config.port).toBe(1);
  });

  it("fails when a file that is named does not exist", () => {
    expect(refusal({ flags: { config: "none" } })).toBe("cannot read none (ENOENT)");
  });

  it.each([
    ["server.servlet.contextPath"],
    ["server.servlet.context-path"],
    ["server.servlet.context_path"],
    ["SERVER.SERVLET.CONTEXTPATH"],
  ])("knows the context path as %s", (key) => {
    expect(load({ files: { [nacosFile]: `${key}=/x` } }).config.contextPath).toBe("/x");
  });

  it.each([
    ["SERVER_PORT", "port", "80", 80],
    ["NACOS_SERVER_PORT", "port", "80", 80],
    ["NACOS_APPLICATION_PORT", "port", "80", 80],
    ["SERVER_SERVLET_CONTEXTPATH", "contextPath", "/x", "/x"],
    ["SERVER_SERVLET_CONTEXT_PATH", "contextPath", "/x", "/x"],
    ["NACOS_NAMING_EXPIREINSTANCE", "expireInstance", "false", false],
    ["NACRE_SWEEP_INTERVAL_MS", "sweepIntervalMs", "100", 100],
    ["NACRE_NAMING_SWEEPINTERVALMS", "sweepIntervalMs", "100", 100],
    ["NACOS_SERVER_IP", "self", "10.0.0.1", "10.0.0.1:8848"],
  ] as const)("takes %s for %s", (variable, name, text, value) => {
    expect(load({ environment: { [variable]: text } }).config[name]).toBe(value);
  });

  it("adds the port to the address of self", () => {
    const flags = { self: "::1", port: "9000" };
    expect(load({ flags }).config.self).toBe("[::1]:9000");
  });

  it("fills placeholders from the environment, other properties and defaults", () => {
    const files = {
      [nacosFile]:
        "server.port=${NACOS_APPLICATION_PORT:8848}\nx.host=1.1.1.1\nserver.address=${x.host}",
    };
    expect(load({ files }).config).toMatchObject({ port: 8848, host: "1.1.1.1" });
    const environment = { NACOS_APPLICATION_PORT: "9000" };
    expect(load({ files, environment }).config.port).toBe(9000);
  });

  it("refuses a placeholder without a value, but only where the value counts", () => {
    expect(refusal({ files: { [nacosFile]: "server.port=${PORT}" } })).toBe(
      `the placeholder \${PORT} has no value (file ${nacosFile}:1)`,
    );
    expect(load({ files: { [nacosFile]: "db.user.0=${USER_OF_DB}" } }).config.port).toBe(8848);
  });

  it("takes an empty value for none where empty is not allowed", () => {
    const files = { [nacosFile]: "server.port=\nserver.servlet.contextPath=" };
    const { config } = load({ files, environment: { NACRE_LOG_LEVEL: "", MODE: "" } });
    expect(config).toMatchObject({ port: 8848, contextPath: "", logLevel: "info" });
  });

  it("says which setting is wrong, where it comes from and what is allowed", () => {
    expect(refusal({ files: { [nacosFile]: "\nserver.port=x" } })).toBe(
      `server.port is "x" (file ${nacosFile}:2); allowed: 0 to 65535`,
    );
    expect(refusal({ environment: { NACRE_BRAKE_HOLD_MS: "1" } })).toBe(
      'nacre.naming.brake.hold-ms is "1" (environment NACRE_BRAKE_HOLD_MS); ' +
        "allowed: 1000 to 86400000 ms, or a duration such as 20s",
    );
    expect(refusal({ flags: { store: "redis" } })).toBe(
      'nacre.store is "redis" (flag --store); allowed: memory',
    );
    expect(refusal({ environment: { MODE: "production" } })).toBe(
      'nacos.standalone is "production" (environment MODE); allowed: standalone, cluster',
    );
  });

  it("keeps a wrong value to one short line", () => {
    const message = refusal({ flags: { host: `a\n${"b".repeat(1_000)}` } });
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(300);
  });

  it("does not take the links that Kubernetes sets for its services for settings", () => {
    const environment = {
      NACRE_PORT: "tcp://10.96.0.1:8848",
      NACRE_PORT_8848_TCP: "tcp://10.96.0.1:8848",
      NACRE_PORT_8848_TCP_ADDR: "10.96.0.1",
      NACRE_SERVICE_HOST: "10.96.0.1",
      NACRE_HEADLESS_SERVICE_PORT_HTTP: "8848",
    };
    const { config, notices } = load({ environment });
    expect(config.port).toBe(8848);
    expect(notices).toEqual([]);
  });
});

describe("loadSettings with accounts", () => {
  it.each<[string, Given]>([
    ["the file", { files: { [nacosFile]: "nacos.core.auth.enabled=true" } }],
    ["the file, spelled otherwise", { files: { [nacosFile]: "nacos.core.auth.Enabled : YES" } }],
    ["NACOS_AUTH_ENABLE", { environment: { NACOS_AUTH_ENABLE: "true" } }],
    ["NACOS_CORE_AUTH_ENABLED", { environment: { NACOS_CORE_AUTH_ENABLED: "true" } }],
    [
      "a placeholder",
      {
        environment: { LOGIN: "true" },
        files: { [nacosFile]: "nacos.core.auth.enabled=${LOGIN:false}" },
      },
    ],
  ])("refuses to start when %s asks for a login", (_name, given) => {
    expect(refusal(given)).toMatch(/^nacos\.core\.auth\.enabled is true .* has no accounts/);
  });

  it("refuses a value that is neither true nor false", () => {
    expect(refusal({ environment: { NACOS_AUTH_ENABLE: "y" } })).toMatch(/allowed: true or false$/);
  });
});
