import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { annotatedSettings } from "../src/commands/config.ts";
import { settingNames, settingOf } from "../src/settings/config.ts";
// Internal to the application: it exports nothing.
import { loadSettings } from "../src/settings/load-settings.ts";

const flags = {
  port: "9000",
  "context-path": "/",
  "data-dir": "  c:\\data\\é #1",
  "trusted-proxies": "10.0.0.0/8,::1",
  self: "10.0.0.1",
  "brake-service-ratio": "0.25",
  "headers-timeout-ms": "3s",
};

describe("nacre config", () => {
  it("prints every setting with its sentence, what is allowed and where it comes from", () => {
    const settings = loadSettings({
      flags: { port: "9000" },
      environment: { NACRE_HOST: "::1" },
      folder: import.meta.dirname,
    });
    const text = annotatedSettings(settings);
    expect(text).toContain(
      "# TCP port for clients; 0 picks a free one.\n# Allowed: 0 to 65535.\n" +
        "server.port=9000\n# From: flag --port\n",
    );
    expect(text).toContain("server.address=::1\n# From: environment NACRE_HOST\n");
    for (const name of settingNames) {
      expect(text).toMatch(
        new RegExp(`^(?:# )?${settingOf(name).property.replaceAll(".", "\\.")}=`, "m"),
      );
    }
  });

  it("prints a file that gives the same settings when it is given back", () => {
    const folder = mkdtempSync(join(tmpdir(), "nacre-config-"));
    try {
      const first = loadSettings({ flags, environment: {}, folder });
      writeFileSync(join(folder, "out.properties"), annotatedSettings(first));
      const second = loadSettings({ flags: { config: "out.properties" }, environment: {}, folder });
      expect(second.config).toEqual(first.config);
      expect(second.origins.port.kind).toBe("file");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("leaves it open whether a member may run alone when others are listed later", () => {
    const settings = loadSettings({ flags: {}, environment: {}, folder: import.meta.dirname });
    expect(annotatedSettings(settings)).toContain(
      "\n# nacos.standalone=true\n# From: default, as no members are listed\n",
    );
  });

  it("says why a member does not run alone, and leaves that open, too", () => {
    const flags = { members: "10.0.0.1" };
    const settings = loadSettings({ flags, environment: {}, folder: import.meta.dirname });
    expect(annotatedSettings(settings)).toContain(
      "\n# nacos.standalone=false\n# From: default, as some members are listed\n",
    );
  });
});
