import { ManualClock, silentLogger } from "@nacre/core/testing";
import { MemoryStore } from "@nacre/store-memory";
import { labelNamesOf, PrometheusMeter } from "../prometheus-meter.ts";
import { Server } from "../server.ts";
import { loadSettings } from "../settings/load-settings.ts";
import { code, generatedNote, markdownTable } from "./markdown-table.ts";

/** `docs/metrics.md`: what a member with default settings announces. */
export function metricsPage(): string {
  const meter = new PrometheusMeter();
  const { config } = loadSettings({ flags: {}, environment: {}, folder: import.meta.dirname });
  const dependencies = { clock: new ManualClock(), logger: silentLogger, store: new MemoryStore() };
  const server = new Server(config, { ...dependencies, meter });
  const rows = meter.definitions.map((definition) => [
    code(definition.name),
    definition.type,
    labelNamesOf(definition).map(code).join(", "),
    definition.help,
  ]);
  const jobs = server.jobs.map(({ name, intervalMs }) => [code(name), `${intervalMs} ms`]);
  return [
    opening,
    markdownTable(["name", "type", "labels", "meaning"], rows),
    `The label \`job\` is one of these; a job runs again so long after it has ended.\n`,
    markdownTable(["job", "pause"], jobs),
    nacosSection,
    processSection,
  ].join("\n");
}

const opening = `# Metrics

${generatedNote}

\`GET /nacos/actuator/prometheus\` answers with all of them in Prometheus's text format; the path
begins with the context path. Values are read when somebody asks and cost nothing otherwise. Numbers
count from the start of the process.

## Of the member
`;

const nacosSection = `## Under the names of Nacos

\`nacos_monitor{module="naming",name="…"}\` keeps dashboards of Nacos 1.4.1 alive.

${markdownTable(
  ["name", "meaning"],
  [
    ["`serviceCount`, `ipCount`", "services, instances"],
    ["`totalPush`, `failedPush`", "pushes sent, pushes given up"],
    [
      "`avgPushCost`, `maxPushCost`",
      "milliseconds from a push to its acknowledgement; 0 without one",
    ],
    ["`leaderStatus`", "always 0, there is no Raft"],
    [
      "`tcpHealthCheck`, `httpHealthCheck`, `mysqlhealthCheck`",
      "always 0, the member itself checks no instance",
    ],
  ],
)}`;

const processSection = `## Of the process

The default metrics of prom-client, by their usual names: \`process_*\` (CPU, memory, file
descriptors, start time) and \`nodejs_*\` (event loop lag, heap, garbage collection, version).
`;
