import { absentStatus, endpointFamilies } from "./compatibility.ts";
import type { Endpoint } from "./compatibility-endpoint.ts";
import { code, generatedNote, markdownTable } from "./markdown-table.ts";

/** What `test/interop/deviations.json` says of one answer that differs from the recorded one. */
export interface KnownDeviation {
  /** The recorded case that shows it. */
  readonly id?: string;

  /** The endpoint, where no recorded case shows it. */
  readonly endpoint?: string;

  /** What Nacre does. */
  readonly nacre: string;
  readonly why: string;
}

/** `docs/compatibility.md`. */
export function compatibilityPage({
  deviations,
}: {
  readonly deviations: readonly KnownDeviation[];
}): string {
  const sections = endpointFamilies.map(
    ({ title, endpoints }) =>
      `### ${title}\n\n${markdownTable(["method", "path", "verdict", "note"], endpoints.map(row))}`,
  );
  return [opening, ...sections, deviationSection(deviations), semantics, clients].join("\n");
}

function row(endpoint: Endpoint): readonly string[] {
  const { method, path, verdict, note } = endpoint;
  const shown = verdict === "absent" ? `absent, ${absentStatus(endpoint)}` : verdict;
  return [method, code(path), shown, note];
}

function deviationSection(deviations: readonly KnownDeviation[]): string {
  const rows = deviations.map(({ id, endpoint, nacre, why }) => [
    id ?? code(endpoint ?? ""),
    nacre,
    why,
  ]);
  return `## Recorded answers that differ

\`test/interop\` replays the recorded cases of a running Nacos 1.4.1 byte for byte, as far as they
touch endpoints that are served. These differ on purpose; the case's name is the one of the
recording.

${markdownTable(["case", "what Nacre does", "why"], rows)}`;
}

const opening = `# Compatibility with Nacos 1.4.1

${generatedNote}

Nacre speaks the naming protocol of Nacos 1.4.1 over HTTP, with clients and with other members, and
pushes by UDP. This page lists every endpoint of that server as far as it concerns naming, then what
differs in meaning, then what to expect of clients.

## Endpoints

Paths stand below the context path, \`/nacos\` as a rule; only those added by Nacre do not.

${markdownTable(
  ["verdict", "means"],
  [
    ["same", "status, content type, body and side effects are those of Nacos"],
    ["different", "served, with the difference in the note"],
    ["absent", "not served; the client gets the error page of Nacos with the status that follows"],
    ["added", "Nacos does not have it"],
  ],
)}
The page for 501 says \`no such api:METHOD:/path\`, the one for 404 \`No message available\`. Both are
JSON, or HTML for a client whose \`Accept\` names \`text/html\`, as in Nacos.
`;

const semantics = `## What differs on purpose

${markdownTable(
  ["subject", "Nacos 1.4.1", "Nacre"],
  [
    [
      "many fall silent at once",
      "all are removed",
      "the brake holds removals for up to 5 minutes, see [operating](operating.md#the-brake)",
    ],
    [
      "the process stands still",
      "silence during the pause counts, instances are removed",
      "beat deadlines move by the pause",
    ],
    [
      "expiry",
      "looked for every 5 s",
      "looked for every 500 ms, so an instance is unhealthy or gone within about a second of its time-out",
    ],
    [
      "the same registration",
      "a change, pushed to subscribers",
      "no change: no client is told, the history stays as it is",
    ],
    [
      "address of a push",
      "the `clientIP` that the client declares",
      "the address its request came from; `clientIP` is only shown",
    ],
    ["delay of a push", "1 s", "20 ms, a setting"],
    [
      "a write, seen at other members",
      "after about 2 s",
      "after some 20 ms between Nacre members, see [protocol](protocol.md)",
    ],
    [
      "a write whose responsible member does not answer",
      "fails with 500 after 2 s at most",
      "is decided by the member that was asked, and merged later",
    ],
    [
      "a beat at a member that is not responsible",
      "is passed on, each one",
      "is answered there when the instance is known and healthy; members tell each other once a second",
    ],
    [
      "a member that starts beside others",
      "answers lists before it has loaded",
      "answers lists with 503 until it has loaded, and takes writes meanwhile, which Nacos refuses while it is not up",
    ],
    [
      "a service gets another responsible member",
      "its instances are judged by beats that member never heard",
      "its instances have a whole time-out from then on",
    ],
    ["calls between members", "anybody may make them", "only members, see [protocol](protocol.md)"],
    [
      "a silent subscriber",
      "is pushed to as ever",
      "after three unanswered pushes it gets one a minute until it answers",
    ],
    ["read after write", "may miss the write", "sees it"],
    [
      "name filters of catalog",
      "regular expressions of Java",
      "regular expressions whose time grows with the name alone: no look-around, no back references",
    ],
    [
      "`Connection`",
      "`keep-alive` only to those who asked for it",
      "`keep-alive` on every answer after which the connection stays open; `close` after the same errors as in Nacos",
    ],
    [
      "texts of broken JSON",
      "Jackson's words at the second `caused:`",
      "the words of JavaScript there",
    ],
    ["limits", "none", "503 beyond the most services, instances, and clusters per service"],
    [
      "restart",
      "service definitions and persistent instances survive",
      "a member loads from the others; when all have stopped, everything is gone, and ephemeral instances come back with their clients' next beats",
    ],
  ],
)}
What Nacos 1.4.1 has and this version has not: persistent instances and Raft, accounts, the list of
namespaces, run-time switches, health checks by the member, the configuration service, the console, a
CMDB. What 1.4.1 does not have either: gRPC and the paths below \`/v2\` and \`/v3\`.
`;

const clients = `## Clients

${markdownTable(
  ["client", "works", "to know"],
  [
    ["Java `nacos-client` 1.x", "yes", "with push by UDP"],
    ["Spring Cloud Alibaba, Dubbo", "yes", "as long as they bring `nacos-client` 1.x"],
    [
      "Node `nacos`, `nacos-naming` to 2.6",
      "yes",
      'with push; its default namespace is `default` up to 2.6.1, so set `namespace: "public"` to meet the others',
    ],
    [
      "Go `nacos-sdk-go` 1.x",
      "yes",
      "with push; its buffer holds datagrams of up to 4,024 bytes, larger services reach it by polling",
    ],
    [
      "Python `nacos-sdk-python` to 1.0",
      "yes",
      "polls, is never pushed to; name the cluster, else it registers in `None` and beats for `DEFAULT`",
    ],
    [
      "C, C#, DNS plug-in",
      "yes",
      "pushed to from the versions on that Nacos has; the DNS plug-in's own `/v1/ns/api` calls are absent",
    ],
    ["curl, anything else", "yes", "never pushed to; gets bare service names, as from Nacos"],
    [
      "Java 2.x and 3.x, Go 2.x, Python 2+",
      "no",
      "they speak gRPC, which neither Nacos 1.4.1 nor this version serves",
    ],
  ],
)}
- Tried against a member, unmodified: Java 1.1.4, 1.2.1, 1.3.3, 1.4.1, 1.4.2 and 1.4.6; Go 1.0.8, 1.1.4
  and 1.1.6; Python 0.1.12 and 1.0.0; Node 2.6.3.
- Leave user name and password out of a client's settings: there is no login to answer. With them
  Java and Go clients work and log an error every few seconds, and Python 1.0.0 does not start.
- Node, and Go and Python by default, ignore an empty list, from Nacos as from here: the last
  instance of a service stays in their caches.
- A client that is told its list by \`GET /nacos/serverlist\` asks an address server. Neither Nacos
  1.4.1 nor a member is one.
`;
