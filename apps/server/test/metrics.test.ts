import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { memberOf } from "./member.ts";

const about = { namespaceId: "public", serviceName: "DEFAULT_GROUP@@orders", by: "test" };

describe("the metrics of a member", () => {
  it("have names by the conventions, each once", () => {
    const { meter } = memberOf({ clock: new ManualClock() });
    const names = meter.definitions.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, help } of meter.definitions) {
      expect(name).toMatch(/^(?:nacre_[a-z_]+|nacos_monitor)$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(help, name).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("are all in what a scrape gets", async () => {
    const { meter } = memberOf({ clock: new ManualClock() });
    const text = await meter.text();
    for (const { name, type, help, labels } of meter.definitions) {
      // Where there may be no sample, a lone member has none.
      const first = labels === undefined ? name : "";
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${first}`);
    }
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  });

  it("show what has happened", async () => {
    const { server, meter } = memberOf({ clock: new ManualClock() });
    const address = { ip: "10.0.0.1", port: 80, clusterName: "DEFAULT" };
    const spec = { weight: 1, healthy: true, enabled: true, ephemeral: true, metadata: {} };
    server.naming.register(about, { ...address, ...spec, app: null });
    server.naming.beat(about, address);
    server.naming.beat(about, address);
    const lines = (await meter.text()).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "nacre_naming_services 1",
        "nacre_naming_instances 1",
        "nacre_naming_beats_total 2",
        "nacre_naming_changes_total 1",
        "nacre_store_data 1",
        'nacre_job_runs_total{job="check-beats"} 0',
        'nacos_monitor{module="naming",name="ipCount"} 1',
      ]),
    );
  });
});
