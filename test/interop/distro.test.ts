import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RawResponse } from "../kit/response-parser.ts";
import { type RecordedExchange, recordedExchanges } from "../kit/recordings.ts";
import { eventually } from "../kit/wait.ts";
import { type DistroCluster, startDistroCluster } from "./distro-cluster.ts";
import { exchangeOf } from "./recorded-members.ts";

// Goal: a member of Java cannot tell this member from one of its own kind.
// Method: every recorded request between members is sent to a real member in the place of the one
// that got it, with scripts in the places of the others, so that everybody is responsible for what
// it was responsible for then.

const PEER = 9048;
const SNAPSHOT = "peer.datums.1";
const recordings = recordedExchanges();
const fromPeer = recordings.filter(({ id, from }) => from === "peer" && id !== SNAPSHOT);

// What must have been said before.
const before: Readonly<Record<string, string>> = {
  "peer.datum-get.1": "peer.datum-put.false-gzip",
  "peer.statuses.1": "peer.forward.beat",
};

// Recorded when the script stood at 9038.
const isOfOther = ({ id, request }: RecordedExchange): boolean =>
  ["peer.report.stranger", "peer.statuses.1"].includes(id) ||
  JSON.stringify(request).includes(":9038");

describe("what a script in the place of a peer asked a member of Java", () => {
  let cluster: DistroCluster;
  let other: DistroCluster;

  beforeAll(async () => {
    [cluster, other] = await Promise.all([
      startDistroCluster({ self: PEER, others: [9058, 9068] }),
      startDistroCluster({ self: PEER, others: [9038, 9058] }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([cluster.stop(), other.stop()]);
  });

  it.each(fromPeer.map((recorded) => [recorded.id, recorded.note, recorded] as const))(
    "%s is answered as recorded: %s",
    async (id, _note, recorded) => {
      const { members } = isOfOther(recorded) ? other : cluster;
      const first = before[id];
      if (first !== undefined) await members.send(exchangeOf(first), { to: PEER });
      const response = await members.send(recorded, { to: PEER });
      expect(members.differences(recorded, response).join("\n")).toBe("");
    },
  );

  it("changes nothing where it is refused", async () => {
    const { members } = cluster;
    const held = async (): Promise<string> => {
      const { body } = await members.send(exchangeOf("peer.datum-get.1"), { to: PEER });
      const list = await cluster.client.listText("svc-03");
      return `${body} ${list}`.replaceAll(/"last(?:Beat|RefTime)":\d+/g, "");
    };
    await members.send(exchangeOf("peer.datum-put.1"), { to: PEER });
    const heldBefore = await held();
    expect(heldBefore).toContain("1.1.0.3");
    const refused = fromPeer.filter(({ response }) => response.status !== 200);
    for (const recorded of [...refused, exchangeOf("peer.checksum.stranger")]) {
      await members.send(recorded, { to: PEER });
      expect(await held(), recorded.id).toBe(heldBefore);
    }
  });

  it("takes what is readable of data of which some are not", async () => {
    const { members, client } = cluster;
    const { request } = exchangeOf("peer.datum-put.1");
    const bad = exchangeOf("peer.datum-put.bad-name").request.body;
    const body = `${bad.slice(0, -1)},${request.body.slice(1)}`;
    await members.send({ request: { ...request, body } }, { to: PEER });
    expect(await client.list("svc-00")).toMatchObject([{ ip: "1.1.0.3" }]);
  });

  it("gives a snapshot of what it was given, in ASCII", async () => {
    const { members } = other;
    const { request } = exchangeOf("peer.datum-put.1");
    const recorded = exchangeOf(SNAPSHOT);
    const { body } = recorded.response;
    await members.send({ request: { ...request, body } }, { to: PEER });
    const response = await members.send(recorded, { to: PEER });
    expect(members.differences(recorded, response)).toEqual([]);
    expect(response.body).toMatch(/^[\0-\x7f]*$/);
    expect(comparable(response.body)).toMatchObject(comparable(body));
  });

  it("leaves no error in the log", () => {
    for (const { member } of [cluster, other]) {
      expect(member.logLines().filter(({ level }) => Number(level) > 40)).toEqual([]);
    }
  });
});

// Lists that hold something, without times. What the instances say of their service is that of their
// list; in some recorded data they name another one.
function comparable(body: string): Record<string, object> {
  const data = JSON.parse(body, (name, value: unknown) => {
    return ["lastBeat", "serviceName"].includes(name) ? undefined : value;
  }) as Record<string, { readonly value: { readonly instanceList: readonly object[] } }>;
  const lists = Object.entries(data).filter(([, { value }]) => value.instanceList.length > 0);
  return Object.fromEntries(lists);
}

interface JavaAnswer {
  readonly status: number;
  readonly body: string;
  /** What must have been said before. */
  readonly before?: string;
}

const ok = { status: 200, body: "ok" };
const beaten = '{"clientBeatInterval":5000,"code":10200,"lightBeatEnabled":true}';
const checked = "caused: health check is still working, service: DEFAULT_GROUP@@svc-00;";
const registered = { before: "java.forward.register" };
const registeredByForm = { before: "java.forward.register-form" };

// What a member of 1.4.1 answers (`distro.md`); in the recordings these are the words of a script.
const answers: readonly (readonly [ids: RegExp, answer: JavaAnswer])[] = [
  [/^java\.report\./, { status: 200, body: '{"code":200,"message":null,"data":"true"}' }],
  [/^java\.(?:datum-put|checksum|service-status)\./, ok],
  [/^java\.datum-get\.1$/, { status: 200, body: "{}" }],
  [/^java\.(?:datum-get\.two|datums)/, { status: 200, body: "1.1.0.3", ...registered }],
  [/^java\.statuses\.1$/, { status: 200, body: '"1.1.0.3:80_true"', ...registered }],
  [
    /^java\.statuses\.missing$/,
    { status: 500, body: "caused: service: DEFAULT_GROUP@@svc-06 not found.;" },
  ],
  [/^java\.cluster-state\./, { status: 500, body: "caused: unable to find local peer: " }],
  [/^java\.server-status\./, ok],
  [/^java\.raft-vote\./, { status: 501, body: "no such api:POST:/nacos/v1/ns/raft/vote" }],
  [/^java\.raft-beat\./, { status: 501, body: "no such api:POST:/nacos/v1/ns/raft/beat" }],
  // There are no persistent instances, and no path of that name.
  [/^java\.forward\.register-persistent$/, { status: 500, body: "caused: " }],
  [/^java\.forward\.clientBeat$/, { status: 501, body: "no such api:GET:" }],
  [/^java\.forward\.(?:register|deregister)/, { ...ok, ...registeredByForm }],
  [/^java\.forward\.(?:update|patch)$/, { ...ok, ...registeredByForm }],
  [/^java\.forward\.beat-(?:full|light)$/, { status: 200, body: beaten, ...registeredByForm }],
  [
    /^java\.forward\.beat-unknown$/,
    { status: 200, body: '{"clientBeatInterval":5000,"code":20404}' },
  ],
  [/^java\.forward\.metadata-batch-/, { status: 200, body: '{"updated":[]}' }],
  [/^java\.forward\.health/, { status: 400, body: checked, ...registeredByForm }],
];

// Recorded when the script stood at 9038.
const ofOther = ["java.forward.delete-form", "java.forward.update-json-body"];
const fromJava = recordings.filter(({ id, from }) => from === "java" && !ofOther.includes(id));

describe("what a member of Java asks", () => {
  let cluster: DistroCluster;
  let other: DistroCluster;

  beforeAll(async () => {
    [cluster, other] = await Promise.all([
      startDistroCluster({ self: 9068, others: [9048, 9058] }),
      startDistroCluster({ self: 9038, others: [9048, 9058] }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([cluster.stop(), other.stop()]);
  });

  const say = (id: string): Promise<RawResponse> =>
    cluster.members.send(exchangeOf(id), { to: 9068 });

  it.each(fromJava.map((recorded) => [recorded.id, recorded.note] as const))(
    "%s is answered as a member of 1.4.1 does: %s",
    async (id) => {
      const answer = answers.find(([ids]) => ids.test(id))?.[1];
      if (answer?.before !== undefined) await say(answer.before);
      const { status, body } = await say(id);
      expect({ status, body }).toEqual({
        status: answer?.status,
        body: expect.stringContaining(answer?.body ?? "an answer"),
      });
    },
  );

  it("PUT datum is in the lists at once, under a false encoding too, and so is a removal", async () => {
    await say("java.datum-put.one");
    const metadata = { a: "b", 区域: "杭州" };
    expect(await cluster.client.list("svc-02")).toMatchObject([{ ip: "1.1.0.1", metadata }]);
    await say("java.datum-put.empty");
    expect(await cluster.client.list("svc-02")).toEqual([]);
  });

  it("a checksum that differs has the datum fetched, behind the answer", async () => {
    const java = cluster.peerAt(9048);
    const { body } = exchangeOf("java.datum-put.one").request;
    java.on("GET /v1/ns/distro/datum", (response) => {
      response.writeHead(200, { "Content-Type": "application/octet-stream" });
      response.end(cluster.members.fresh(body));
    });
    await say("java.checksum.1");
    const isFetched = async (): Promise<void> =>
      expect(await cluster.client.list("svc-02")).toMatchObject([{ ip: "1.1.0.1" }]);
    await eventually(isFetched, { withinMs: 2_000 });
  });

  it("a service checksum that differs has the health asked for, behind the answer", async () => {
    await say("java.datum-put.500");
    cluster.peerAt(9048).on("GET /v1/ns/instance/statuses", (response) => {
      response.end('{"ips":["1.4.0.161:80_false"]}');
    });
    await say("java.service-status.1");
    const instance = { serviceName: "svc-02", ip: "1.4.0.161", port: 80 };
    const isTold = async (): Promise<void> =>
      expect(await cluster.client.healthy(instance)).toBe(false);
    await eventually(isTold, { withinMs: 2_000 });
  });

  it("a DELETE whose body never comes is answered at once, and its connection ended", async () => {
    const instance = { serviceName: "svc-02", ip: "5.5.5.6", port: 80 };
    await other.client.register(instance);
    const recorded = exchangeOf("java.forward.delete-form");
    const response = await other.members.send(recorded, { to: 9038, withinMs: 1_000 });
    expect(response).toMatchObject({ status: 200, body: "ok" });
    expect(response.headers).toContainEqual(["Connection", "close"]);
    expect(await other.client.list("svc-02")).toEqual([]);
  });

  it("a PUT with a body that is no form counts by its query", async () => {
    await other.client.register({ serviceName: "svc-02", ip: "5.5.5.5", port: 80 });
    const recorded = exchangeOf("java.forward.update-json-body");
    const response = await other.members.send(recorded, { to: 9038 });
    expect(response).toMatchObject({ status: 200, body: "ok" });
  });

  it("leaves no error in the log", () => {
    for (const { member } of [cluster, other]) {
      expect(member.logLines().filter(({ level }) => Number(level) > 40)).toEqual([]);
    }
  });
});
