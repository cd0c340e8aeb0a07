import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Header } from "../kit/response-parser.ts";
import { recordedExchanges, type RecordedExchange } from "../kit/recordings.ts";
import { eventually } from "../kit/wait.ts";
import { type DistroCluster, startDistroCluster } from "./distro-cluster.ts";
import { exchangeOf } from "./recorded-members.ts";
import type { SeenRequest } from "./scripted-member.ts";

// Goal: what this member asks a member of Java differs in nothing that is read there from what
// members of Java ask each other.
// Method: the situations that were recorded are brought about, and what a script in the place of the
// member of Java gets is compared with the recording.

const SELF = 9048;
const JAVA = 9068;

let cluster: DistroCluster;
let other: DistroCluster;

beforeAll(async () => {
  const args = ["--verify-interval-ms", "500"];
  [cluster, other] = await Promise.all([
    startDistroCluster({ self: SELF, others: [9058, JAVA], args }),
    startDistroCluster({ self: SELF, others: [9038, 9058], args }),
  ]);
});

afterAll(async () => {
  await Promise.all([cluster.stop(), other.stop()]);
});

/** The first request that fits, once there is one. */
function seenAt(
  place: 9058 | 9068,
  line: string,
  isMeant: (seen: SeenRequest) => boolean = () => true,
): Promise<SeenRequest> {
  return eventually(
    () => {
      const found = cluster.peerAt(place).requests(line).find(isMeant);
      if (found === undefined) throw new Error(`no ${line} came to ${place}`);
      return found;
    },
    { withinMs: 12_000 },
  );
}

const named =
  (...words: readonly string[]) =>
  ({ body }: SeenRequest): boolean =>
    words.every((word) => body.includes(word));

// The headers that a member of Java reads. Who calls stands in each of ours, in some of Java's only.
function expectHeadersAsRecorded(
  { headers, body }: SeenRequest,
  recorded: RecordedExchange,
  { members } = cluster,
): void {
  const theirs = new Map(
    recorded.request.headers.map(([name, value]) => [name.toLowerCase(), value]),
  );
  expect(headers["user-agent"]).toBe("Nacos-Server:1.4.1");
  expect(mediaType(headers["content-type"])).toBe(mediaType(theirs.get("content-type")));
  expect(headers["nacos-server"]).toBe(theirs.get("nacos-server"));
  expect(headers["request-source"]).toBe(members.addressOf(SELF));
  expect(Number(headers["content-length"] ?? 0)).toBe(Buffer.byteLength(body));
  // Nobody is asked to compress, and nothing is said to be compressed that is not.
  for (const name of ["accept-encoding", "content-encoding", "transfer-encoding"]) {
    expect(headers).not.toHaveProperty(name);
  }
}

// A form whose parameters are in the query has no charset to tell.
function mediaType(type: string | undefined): string | undefined {
  return type?.replace(/^(application\/x-www-form-urlencoded).*$/, "$1");
}

// Times, and the derived fields, whose order differs from run to run.
function withoutTimes(body: string): string {
  return body
    .replaceAll(/"last(?:Beat|RefreshTime)":\d+/g, '"time":0')
    .replaceAll(/,"(?:instanceHeartBeat\w+|ipDeleteTimeout|instanceIdGenerator)":[^,}]+/g, "");
}

function expectAsRecorded(seen: SeenRequest, id: string): void {
  const recorded = exchangeOf(id);
  expect(seen.method).toBe(recorded.request.method);
  expect(seen.target).toBe(cluster.members.fill(recorded.request.target));
  expectHeadersAsRecorded(seen, recorded);
  expect(withoutTimes(seen.body)).toBe(withoutTimes(cluster.members.fill(recorded.request.body)));
}

describe("what a member asks a member of Java", () => {
  it("is a snapshot, when it starts", async () => {
    expectAsRecorded(await seenAt(9058, "GET /v1/ns/distro/datums"), "java.datums.1");
  });

  it("is whether it is there: a report", async () => {
    const seen = await seenAt(JAVA, "POST /v1/core/cluster/report");
    const recorded = exchangeOf("java.report.1");
    expect(seen.target).toBe(recorded.request.target);
    expectHeadersAsRecorded(seen, recorded);
    // Without what there is to say of Raft, and with a word that only members of Nacre read.
    const told = cluster.members
      .fill(recorded.request.body)
      .replace(/"naming":\{[^}]*\},/, "")
      .replace(/"raftMetaData":.*?\}\}\},/, '"nacre":{},')
      .replace(/"raftPort":"\d+"/, `"raftPort":"${cluster.members.portOf(SELF) - 1_000}"`);
    const nacre = /"nacre":\{[^}]*\}/;
    expect(withoutTimes(seen.body.replace(nacre, '"nacre":{}'))).toBe(withoutTimes(told));
  });

  it("is whether it agrees, also when there is nothing: checksums", async () => {
    const seen = await seenAt(JAVA, "PUT /v1/ns/distro/checksum", ({ body }) => body === "{}");
    const recorded = exchangeOf("java.checksum.1");
    expect(seen.target).toBe(cluster.members.fill(recorded.request.target));
    expectHeadersAsRecorded(seen, recorded);
  });

  it("is to take what changed: data, then their checksums and those of services", async () => {
    const metadata = { a: "b", 区域: "杭州" };
    await cluster.client.register({ serviceName: "svc-02", ip: "1.1.0.1", port: 80, metadata });
    expectAsRecorded(
      await seenAt(JAVA, "PUT /v1/ns/distro/datum", named("1.1.0.1")),
      "java.datum-put.one",
    );
    const checksums = await seenAt(JAVA, "PUT /v1/ns/distro/checksum", named("svc-02"));
    expectAsRecorded(checksums, "java.checksum.1");
    const status = await seenAt(JAVA, "POST /v1/ns/service/status", named("svc-02"));
    expectAsRecorded(status, "java.service-status.1");
  });

  it("is to take that nothing is left", async () => {
    await cluster.client.deregister({ serviceName: "svc-02", ip: "1.1.0.1", port: 80 });
    expectAsRecorded(
      await seenAt(JAVA, "PUT /v1/ns/distro/datum", named('"instanceList":[]')),
      "java.datum-put.empty",
    );
  });

  it("is for data of which it was told other checksums", async () => {
    const { members } = cluster;
    await members.send(exchangeOf("peer.checksum.own-key"), { to: SELF });
    const one = await seenAt(JAVA, "GET /v1/ns/distro/datum", ({ body }) => !body.includes(","));
    expectAsRecorded(one, "java.datum-get.1");
    await members.send(exchangeOf("peer.checksum.1"), { to: SELF });
    const two = await seenAt(JAVA, "GET /v1/ns/distro/datum", named("svc-00", "svc-03"));
    expectAsRecorded(two, "java.datum-get.two");
  });

  it("is for the health of a service of which it was told another checksum", async () => {
    const { members } = cluster;
    await members.send(exchangeOf("peer.datum-put.false-gzip"), { to: SELF });
    await members.send(exchangeOf("peer.service-status.1"), { to: SELF });
    expectAsRecorded(await seenAt(JAVA, "GET /v1/ns/instance/statuses"), "java.statuses.1");
  });
});

// Nobody sends a light beat by GET any more.
const notPassedOn = ["java.forward.clientBeat"];
const passedOn = recordedExchanges().filter(
  ({ id }) => id.startsWith("java.forward.") && !notPassedOn.includes(id),
);

// The client's request behind one that was passed on: its own headers kept their lower case.
function clientRequestOf({ request }: RecordedExchange): RecordedExchange["request"] {
  const [path = "", query = ""] = request.target.replace("&encoding=UTF-8&nofix=1", "").split("?");
  const type = request.headers.find(([name]) => name === "content-type")?.[1];
  const isForm = type?.endsWith("urlencoded") === true;
  const body = isForm ? query : request.body;
  const headers: Header[] = [["User-Agent", "Nacos-Java-Client:v1.4.1"]];
  if (type !== undefined) headers.push(["Content-Type", type]);
  if (request.method !== "GET") headers.push(["Content-Length", `${body.length}`]);
  return { ...request, target: isForm ? path : `${path}?${query}`, headers, body };
}

function paramsOf(target: string): readonly (readonly [string, string])[] {
  const params = [...new URLSearchParams(target.split("?")[1])];
  return params.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe("a client's write that a member passes on to a member of Java", () => {
  it.each(passedOn.map((recorded) => [recorded.id, recorded] as const))(
    "%s differs in nothing that is read",
    async (_id, recorded) => {
      const isOfOther = recorded.request.target.includes("svc-02");
      const asked = isOfOther ? other : cluster;
      const peer = asked.peerAt(isOfOther ? 9038 : JAVA);
      const { method, target, body } = recorded.request;
      const path = target.replace(/\?.*$/, "");
      const count = peer.seen.length;
      await asked.members.send({ request: clientRequestOf(recorded) }, { to: SELF });

      const isMeant = (each: SeenRequest): boolean =>
        each.method === method && each.target.startsWith(`${path}?`);
      const seen = peer.seen.slice(count).find(isMeant);
      if (seen === undefined) throw new Error("nothing was passed on");
      expect(paramsOf(seen.target)).toEqual(paramsOf(target));
      expect(seen.body).toBe(body);
      expectHeadersAsRecorded(seen, recorded, asked);
    },
  );
});
