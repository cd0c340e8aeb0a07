import type { Setting } from "./setting.ts";

/** The settings of {@link configSchema} that say who is a member and how members talk. */
export const memberSettings = {
  standalone: {
    group: "Members",
    type: "boolean",
    property: "nacos.standalone",
    variables: ["MODE"],
    default: false,
    description:
      "Runs alone, whatever members are listed. With no member listed that is so anyway.",
  },
  members: {
    group: "Members",
    type: "array",
    format: "address",
    property: "nacos.member.list",
    variables: ["NACOS_SERVERS", "MEMBER_LIST"],
    default: [],
    description:
      "Addresses of all members, this one included. In the file, cluster.conf outweighs it.",
  },
  self: {
    group: "Members",
    type: "string",
    format: "address",
    property: "nacos.inetutils.ip-address",
    aliases: ["nacos.server.ip"],
    variables: ["NACOS_SERVER_IP"],
    default: "",
    description:
      "Address of this member as the list of members has it; the port is server.port if left out. " +
      "Empty: the listed one that is this machine's.",
  },
  clusterConf: {
    group: "Members",
    type: "string",
    format: "path",
    property: "nacre.cluster-conf",
    default: "",
    description:
      "File that lists the members and is read again when it changes. Empty: cluster.conf beside " +
      "the settings file, or conf/cluster.conf, if there is one.",
  },
  membersDns: {
    group: "Members",
    type: "string",
    format: "address",
    property: "nacre.members-dns",
    default: "",
    description:
      "Host name whose addresses are the members, such as a headless service; the port is " +
      "server.port if left out. Asked every 5 s.",
  },
  memberLookup: {
    group: "Members",
    type: "string",
    enum: ["auto", "file", "dns", "address-server"],
    property: "nacos.core.member.lookup.type",
    default: "auto",
    description:
      "Where members are listed; auto takes the first of these places that is set. file: cluster.conf " +
      "or nacos.member.list.",
  },
  addressServerDomain: {
    group: "Members",
    type: "string",
    format: "host",
    property: "address.server.domain",
    variables: ["address_server_domain"],
    default: "jmenv.tbsite.net",
    description: "Host of a server that lists the members. Asked every 5 s.",
  },
  addressServerPort: {
    group: "Members",
    type: "integer",
    property: "address.server.port",
    variables: ["address_server_port"],
    default: 8080,
    minimum: 1,
    maximum: 65_535,
    description: "Port of the address server.",
  },
  addressServerUrl: {
    group: "Members",
    type: "string",
    property: "address.server.url",
    variables: ["address_server_url"],
    default: "",
    description: "Path of the list at the address server. Empty: the context path and /serverlist.",
  },
  addressServerRetryMax: {
    group: "Members",
    type: "integer",
    property: "nacos.core.address-server.retry",
    default: 5,
    minimum: 1,
    maximum: 1_000,
    description: "How often the address server is asked at the start before that fails.",
  },
  memberReportIntervalMs: {
    group: "Members",
    type: "integer",
    property: "nacre.member.report-interval-ms",
    default: 2_000,
    minimum: 100,
    maximum: 60_000,
    description: "How often one of the peers is told that this member is alive, in turn.",
  },
  failAccessCntMax: {
    group: "Members",
    type: "integer",
    property: "nacos.core.member.fail-access-cnt",
    default: 3,
    minimum: 0,
    maximum: 1_000,
    description: "After more reports than this have failed in a row, a peer is down.",
  },
  peerTimeoutMs: {
    group: "Members",
    type: "integer",
    property: "nacre.peer.timeout-ms",
    default: 2_000,
    minimum: 100,
    maximum: 60_000,
    description: "How long a peer may take to answer.",
  },
  peerSourceCheck: {
    group: "Members",
    type: "boolean",
    property: "nacre.peer.source-check",
    default: true,
    description:
      "Takes calls between members only from their IP addresses. Turn it off behind NAT; then the " +
      "server identity is required.",
  },
  serverIdentityKey: {
    group: "Members",
    type: "string",
    property: "nacos.core.auth.server.identity.key",
    variables: ["NACOS_AUTH_IDENTITY_KEY"],
    default: "",
    description: "Name of the header by which members know each other. The same at all members.",
  },
  serverIdentityValue: {
    group: "Members",
    type: "string",
    property: "nacos.core.auth.server.identity.value",
    variables: ["NACOS_AUTH_IDENTITY_VALUE"],
    default: "",
    description: "Value of that header; keep it secret.",
  },
} as const satisfies Record<string, Setting>;

/** The settings of {@link configSchema} that say how data travel between members. */
export const distroSettings = {
  syncDelayMs: {
    group: "Distro",
    type: "integer",
    property: "nacre.distro.sync-delay-ms",
    default: 20,
    minimum: 0,
    maximum: 10_000,
    description: "How long changed data are held back so that later changes travel with them.",
  },
  syncBatchMax: {
    group: "Distro",
    type: "integer",
    property: "nacos.naming.distro.batchSyncKeyCount",
    default: 1_000,
    minimum: 1,
    maximum: 100_000,
    description: "Most services in one message to a peer.",
  },
  syncRetryDelayMs: {
    group: "Distro",
    type: "integer",
    property: "nacos.naming.distro.syncRetryDelay",
    default: 1_000,
    minimum: 10,
    maximum: 600_000,
    description: "How long after a failure data are sent to a peer again; Nacos waits 5 s.",
  },
  loadRetryDelayMs: {
    group: "Distro",
    type: "integer",
    property: "nacos.naming.distro.loadDataRetryDelayMillis",
    default: 1_000,
    minimum: 10,
    maximum: 600_000,
    description:
      "How long after a failure a member that starts asks for data again; Nacos waits 30 s.",
  },
  coldStartMs: {
    group: "Distro",
    type: "integer",
    property: "nacre.distro.cold-start-ms",
    default: 10_000,
    minimum: 0,
    maximum: 600_000,
    description:
      "After how long a member serves although no peer has data for it; two beats of every client.",
  },
  verifyIntervalMs: {
    group: "Distro",
    type: "integer",
    property: "nacos.core.protocol.distro.data.verify_interval_ms",
    default: 5_000,
    minimum: 100,
    maximum: 600_000,
    description: "How often members compare what they hold.",
  },
  beatRelayIntervalMs: {
    group: "Distro",
    type: "integer",
    property: "nacre.distro.beat-relay-interval-ms",
    default: 1_000,
    minimum: 50,
    maximum: 5_000,
    description: "How often peers are told which instances beat here.",
  },
  forwardTimeoutMs: {
    group: "Distro",
    type: "integer",
    property: "nacre.forward.timeout-ms",
    default: 2_000,
    minimum: 100,
    maximum: 60_000,
    description: "How long the responsible member may take for a write that came here.",
  },
  forwardPendingMax: {
    group: "Distro",
    type: "integer",
    property: "nacre.forward.pending-max",
    default: 1_000,
    minimum: 1,
    maximum: 1_000_000,
    description: "Most writes under way to one peer; what is beyond is decided here.",
  },
} as const satisfies Record<string, Setting>;
