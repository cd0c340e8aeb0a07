import { distroSettings, memberSettings } from "./config-members.ts";
import type { Setting, ValueOf } from "./setting.ts";

/**
 * Every setting of the server, once.
 *
 * A setting has a name here, which is also its flag (`--push-delay-ms`) and its environment variable
 * (`NACRE_PUSH_DELAY_MS`); the `property` by which Nacos knows it in `application.properties`, or
 * one that starts with `nacre.` where Nacos has none; a default; what is allowed; and a sentence.
 * Names that end in `Ms` take milliseconds or a duration such as `20s`, names that end in `Bytes`
 * take bytes or a size such as `2MB`.
 *
 * Validation, `nacre start --help`, `nacre config` and `docs/configuration.md` come from this table.
 * What is set later wins: default, file, environment, flag. The words of the table are those of JSON
 * Schema; it is plain data because loading a schema library costs a third of the time to start.
 */
export const configSchema = {
  port: {
    group: "Network",
    type: "integer",
    property: "server.port",
    variables: ["NACOS_SERVER_PORT", "NACOS_APPLICATION_PORT"],
    default: 8848,
    minimum: 0,
    maximum: 65_535,
    description: "TCP port for clients; 0 picks a free one.",
  },
  host: {
    group: "Network",
    type: "string",
    format: "host",
    property: "server.address",
    default: "",
    description: "Address to listen on. Empty: 127.0.0.1 when standalone, else 0.0.0.0.",
  },
  contextPath: {
    group: "Network",
    type: "string",
    format: "context-path",
    property: "server.servlet.contextPath",
    aliases: ["server.servlet.context-path"],
    default: "/nacos",
    description: "What the path of every Nacos call starts with; / or empty for nothing.",
  },
  trustedProxies: {
    group: "Network",
    type: "array",
    format: "network",
    property: "nacre.trusted-proxies",
    default: [],
    description: "Proxies whose X-Forwarded-For is believed, as addresses or CIDR ranges.",
  },
  ...memberSettings,
  ...distroSettings,
  dataDir: {
    group: "Storage",
    type: "string",
    format: "path",
    property: "nacre.data-dir",
    default: "data",
    description: "Folder for what must survive a restart.",
  },
  store: {
    group: "Storage",
    type: "string",
    enum: ["memory"],
    property: "nacre.store",
    default: "memory",
    description: "Where services and instances rest. This version keeps them in memory only.",
  },
  authEnabled: {
    group: "Security",
    type: "boolean",
    property: "nacos.core.auth.enabled",
    variables: ["NACOS_AUTH_ENABLE"],
    default: false,
    description:
      "Asks clients for a login. This version has no accounts and refuses to start if true.",
  },
  logLevel: {
    group: "Log",
    type: "string",
    enum: ["debug", "info", "warn", "error"],
    property: "nacre.log.level",
    default: "info",
    description: "Lowest level that is written.",
  },
  logFormat: {
    group: "Log",
    type: "string",
    enum: ["auto", "pretty", "json"],
    property: "nacre.log.format",
    default: "auto",
    description: "How log lines look; auto is pretty on a terminal and json elsewhere.",
  },
  bodyMaxBytes: {
    group: "HTTP",
    type: "integer",
    property: "server.tomcat.max-http-form-post-size",
    aliases: ["server.tomcat.max-http-post-size"],
    default: 2_097_152,
    minimum: 1_024,
    maximum: 1_073_741_824,
    description: "Largest request body.",
  },
  headerMaxBytes: {
    group: "HTTP",
    type: "integer",
    property: "server.max-http-header-size",
    default: 524_288,
    minimum: 1_024,
    maximum: 16_777_216,
    description: "Largest request line and headers together.",
  },
  paramsMax: {
    group: "HTTP",
    type: "integer",
    property: "nacre.http.params-max",
    aliases: ["server.tomcat.max-parameter-count"],
    default: 10_000,
    minimum: 1,
    maximum: 1_000_000,
    description: "Most parameters in one request.",
  },
  connectionsMax: {
    group: "HTTP",
    type: "integer",
    property: "server.tomcat.max-connections",
    default: 10_000,
    minimum: 1,
    maximum: 1_000_000,
    description: "Most connections at a time.",
  },
  headersTimeoutMs: {
    group: "HTTP",
    type: "integer",
    property: "server.tomcat.connection-timeout",
    aliases: ["server.connection-timeout"],
    default: 20_000,
    minimum: 100,
    maximum: 3_600_000,
    description: "How long a client may take to send its headers.",
  },
  requestTimeoutMs: {
    group: "HTTP",
    type: "integer",
    property: "nacre.http.request-timeout-ms",
    default: 30_000,
    minimum: 100,
    maximum: 3_600_000,
    description: "How long a client may take to send a whole request.",
  },
  keepAliveTimeoutMs: {
    group: "HTTP",
    type: "integer",
    property: "server.tomcat.keep-alive-timeout",
    default: 60_000,
    minimum: 0,
    maximum: 3_600_000,
    description: "How long an idle connection is kept.",
  },
  shutdownTimeoutMs: {
    group: "HTTP",
    type: "integer",
    property: "nacre.shutdown-timeout-ms",
    default: 1_500,
    minimum: 0,
    maximum: 1_600,
    description:
      "How long requests under way may take when the member stops; the whole stop takes less than 2 s.",
  },
  expireInstance: {
    group: "Health",
    type: "boolean",
    property: "nacos.naming.expireInstance",
    default: true,
    description: "Removes instances whose beats have stopped for long.",
  },
  sweepIntervalMs: {
    group: "Health",
    type: "integer",
    property: "nacre.naming.sweep-interval-ms",
    default: 500,
    minimum: 50,
    maximum: 5_000,
    description: "How often instances are looked at for beats that are due.",
  },
  pauseToleranceMs: {
    group: "Health",
    type: "integer",
    property: "nacre.naming.pause-tolerance-ms",
    default: 500,
    minimum: 0,
    maximum: 60_000,
    description: "A pause of this process longer than this is not held against clients' beats.",
  },
  brakeEnabled: {
    group: "Health",
    type: "boolean",
    property: "nacre.naming.brake.enabled",
    default: true,
    description: "Holds removals back when many instances fall silent at once.",
  },
  brakeWindowMs: {
    group: "Health",
    type: "integer",
    property: "nacre.naming.brake.window-ms",
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    description: "Instances that fall silent within this time count together for the brake.",
  },
  brakeServiceFreeCount: {
    group: "Health",
    type: "integer",
    property: "nacre.naming.brake.service-free-count",
    default: 3,
    minimum: 0,
    maximum: 1_000_000,
    description: "So many instances of a service may fall silent before the brake looks at ratios.",
  },
  brakeServiceRatio: {
    group: "Health",
    type: "number",
    property: "nacre.naming.brake.service-ratio",
    default: 0.3,
    minimum: 0,
    maximum: 1,
    description: "Part of a service's instances that may fall silent together.",
  },
  brakeNamespaceFreeCount: {
    group: "Health",
    type: "integer",
    property: "nacre.naming.brake.namespace-free-count",
    default: 20,
    minimum: 0,
    maximum: 1_000_000,
    description:
      "So many instances of a namespace may fall silent before the brake looks at ratios.",
  },
  brakeNamespaceRatio: {
    group: "Health",
    type: "number",
    property: "nacre.naming.brake.namespace-ratio",
    default: 0.2,
    minimum: 0,
    maximum: 1,
    description: "Part of a namespace's instances that may fall silent together.",
  },
  brakeHoldMs: {
    group: "Health",
    type: "integer",
    property: "nacre.naming.brake.hold-ms",
    default: 300_000,
    minimum: 1_000,
    maximum: 86_400_000,
    description: "How long the brake holds removals back.",
  },
  emptyServiceAutoClean: {
    group: "Registry",
    type: "boolean",
    property: "nacos.naming.empty-service.auto-clean",
    default: true,
    description: "Removes services that stay without instances.",
  },
  emptyServiceCleanInitialDelayMs: {
    group: "Registry",
    type: "integer",
    property: "nacos.naming.empty-service.clean.initial-delay-ms",
    default: 50_000,
    minimum: 0,
    maximum: 86_400_000,
    description: "How long after the start empty services are first looked for.",
  },
  emptyServiceCleanPeriodMs: {
    group: "Registry",
    type: "integer",
    property: "nacos.naming.empty-service.clean.period-time-ms",
    default: 30_000,
    minimum: 1_000,
    maximum: 86_400_000,
    description: "How often empty services are looked for.",
  },
  servicesMax: {
    group: "Registry",
    type: "integer",
    property: "nacre.naming.services-max",
    default: 500_000,
    minimum: 1,
    maximum: 10_000_000,
    description: "Most services.",
  },
  instancesMax: {
    group: "Registry",
    type: "integer",
    property: "nacre.naming.instances-max",
    default: 1_000_000,
    minimum: 1,
    maximum: 10_000_000,
    description: "Most instances.",
  },
  subscribersMax: {
    group: "Registry",
    type: "integer",
    property: "nacre.naming.subscribers-max",
    default: 200_000,
    minimum: 0,
    maximum: 10_000_000,
    description: "Most subscribers.",
  },
  historyMax: {
    group: "Registry",
    type: "integer",
    property: "nacre.history-max",
    default: 50_000,
    minimum: 0,
    maximum: 10_000_000,
    description: "How many changes are kept for `nacre why`.",
  },
  pushDelayMs: {
    group: "Push",
    type: "integer",
    property: "nacre.push.delay-ms",
    default: 20,
    minimum: 0,
    maximum: 10_000,
    description: "How long a push is held back so that later changes of the service join it.",
  },
  pushAckTimeoutMs: {
    group: "Push",
    type: "integer",
    property: "nacre.push.ack-timeout-ms",
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    description: "How long a subscriber may take to confirm a push before it is sent again.",
  },
  pushPort: {
    group: "Push",
    type: "integer",
    property: "nacre.push.port",
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description: "UDP port that pushes leave from; 0 picks a free one.",
  },
  pushTasksMax: {
    group: "Push",
    type: "integer",
    property: "nacre.push.tasks-max",
    default: 100_000,
    minimum: 1,
    maximum: 10_000_000,
    description: "Most pushes that wait at a time.",
  },
} as const satisfies Record<string, Setting>;

/** The name of a setting in {@link configSchema}. */
export type SettingName = keyof typeof configSchema;

/** The value of every setting. */
export type Config = {
  readonly [Name in SettingName]: ValueOf<(typeof configSchema)[Name]>;
};

/** The names of all settings, in the order of the table. */
export const settingNames = Object.keys(configSchema) as readonly SettingName[];

/** What the table says about the setting `name`, in the general form. */
export function settingOf(name: SettingName): Setting {
  return configSchema[name];
}
