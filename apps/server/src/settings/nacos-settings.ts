/** Settings of Nacos that are known, change nothing here, and why. */
export interface IdleSettings {
  /** Why they change nothing, to stand after "without effect: ". */
  readonly reason: string;

  /** Properties; one that ends in `.` stands for all that start with it. */
  readonly properties: readonly string[];

  /** Environment variables; one that ends in `_` stands for all that start with it. */
  readonly variables?: readonly string[];

  /** Whether somebody who sets one may count on what it does in Nacos. */
  readonly isMissed?: boolean;
}

/**
 * What Nacos 1.4.1 takes in `application.properties` and what its official image takes as environment
 * variables, as far as this version makes nothing of it.
 */
export const idleSettings: readonly IdleSettings[] = [
  {
    reason: "nothing is kept in a database",
    properties: [
      "spring.datasource.",
      "spring.sql.init.",
      "db.",
      "nacos.config.",
      "nacos.persistence.",
      "embeddedStorage",
      "nacos.embedded.storage",
    ],
    variables: [
      "SPRING_DATASOURCE_",
      "MYSQL_SERVICE_",
      "MYSQL_MASTER_",
      "MYSQL_SLAVE_",
      "MYSQL_DATABASE_",
      "DB_NUM",
      "EMBEDDED_STORAGE",
    ],
  },
  {
    reason: "this version has no accounts",
    properties: ["nacos.core.auth.", "nacos.security.", "spring.security.", "security.basic."],
    variables: [
      "NACOS_AUTH_",
      "NACOS_CORE_AUTH_",
      "NACOS_SECURITY_",
      "NACOS_USER",
      "NACOS_PASSWORD",
    ],
  },
  {
    reason: "data travel to peers in one step, and a member serves only when it has loaded",
    properties: [
      "nacos.naming.distro.taskDispatchPeriod",
      "nacos.naming.data.warmup",
      "nacos.core.protocol.distro.data.sync_delay_ms",
      "nacos.core.protocol.distro.data.sync_retry_delay_ms",
      "nacos.core.protocol.distro.data.load_retry_delay_ms",
    ],
    variables: [
      "NACOS_NAMING_DISTRO_TASKDISPATCHPERIOD",
      "NACOS_NAMING_DATA_WARMUP",
      "NACOS_CORE_PROTOCOL_DISTRO_DATA_SYNC_DELAY_MS",
      "NACOS_CORE_PROTOCOL_DISTRO_DATA_SYNC_RETRY_DELAY_MS",
      "NACOS_CORE_PROTOCOL_DISTRO_DATA_LOAD_RETRY_DELAY_MS",
    ],
  },
  {
    reason: "there is no raft",
    properties: ["nacos.core.protocol.raft."],
    variables: ["NACOS_CORE_PROTOCOL_RAFT_"],
  },
  {
    reason: "naming makes no use of it",
    properties: ["nacos.core.member.meta.", "nacos.core.snowflake."],
    variables: ["NACOS_CORE_MEMBER_META_", "NACOS_CORE_SNOWFLAKE_"],
  },
  {
    reason: "a member is told its address, or finds it in the list of members",
    properties: ["nacos.inetutils.", "nacos.preferHostnameOverIp"],
    variables: [
      "PREFER_HOST_MODE",
      "USE_ONLY_SITE_INTERFACES",
      "PREFERRED_NETWORKS",
      "IGNORED_INTERFACES",
      "NACOS_INETUTILS_",
    ],
  },
  {
    reason: "connections are not encrypted; put a proxy in front",
    properties: ["server.ssl.", "server.http2."],
    variables: ["SERVER_SSL_"],
    isMissed: true,
  },
  {
    reason: "options for Java are not read",
    properties: [],
    variables: ["JAVA_OPT", "JAVA_OPTS", "JAVA_OPT_EXT"],
    isMissed: true,
  },
  {
    reason: "there is no access log",
    properties: ["server.tomcat.accesslog.", "server.tomcat.basedir"],
    variables: ["TOMCAT_ACCESSLOG_", "SERVER_TOMCAT_ACCESSLOG_"],
  },
  {
    reason: "metrics are always served for Prometheus and nowhere else",
    properties: ["management."],
    variables: ["MANAGEMENT_"],
  },
  { reason: "this version has no MCP server for Istio", properties: ["nacos.istio."] },
  {
    reason: "this version loads no CMDB",
    properties: ["nacos.cmdb."],
    variables: ["NACOS_CMDB_"],
  },
  {
    reason: "naming is the only function of this version",
    properties: ["nacos.functionMode", "nacos.function.mode"],
    variables: ["FUNCTION_MODE"],
  },
  {
    reason: "there is no Java virtual machine, Spring or Tomcat here",
    properties: [
      "spring.",
      "logging.",
      "server.compression.",
      "server.contextPath",
      "server.error.",
      "server.forward-headers-strategy",
      "server.jetty.",
      "server.server-header",
      "server.servlet.",
      "server.tomcat.",
      "server.undertow.",
      "server.use-forward-headers",
      "nacos.core.sys.basic.processors",
      "nacos.home",
      "nacos.logs.path",
      "nacos.mode",
    ],
    variables: ["JVM_", "NACOS_DEBUG", "CUSTOM_SEARCH_"],
  },
];

/** The entry that the property `key` belongs to, however it is spelled. */
export function idleSettingsOf(key: string): IdleSettings | undefined {
  const wanted = relaxed(key);
  return idleSettings.find((idle) =>
    idle.properties.some((property) => matches(wanted, relaxed(property), ".")),
  );
}

/** The entry that the environment variable `name` belongs to. */
export function idleVariablesOf(name: string): IdleSettings | undefined {
  return idleSettings.find((idle) =>
    idle.variables?.some((variable) => matches(name, variable, "_")),
  );
}

/** The form in which Spring compares property names: dashes, underscores and case do not count. */
export function relaxed(property: string): string {
  return property.toLowerCase().replace(/[-_]/g, "");
}

/** The names that Spring looks for in the environment for a property. */
export function springVariables(property: string): readonly string[] {
  const name = property.toUpperCase().replaceAll(".", "_");
  return [...new Set([name.replaceAll("-", ""), name.replaceAll("-", "_")])];
}

function matches(name: string, pattern: string, separator: string): boolean {
  return pattern.endsWith(separator) ? name.startsWith(pattern) : name === pattern;
}
