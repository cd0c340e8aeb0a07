import { datumKey } from "@nacre/core";
import { readData } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { ask } from "../start-api.ts";
import { bytesOf, headersOf, type Recorded, recorded, recordings } from "./recordings.ts";
import { startPeerApi } from "./start-peer-api.ts";

/** What Nacre answers otherwise than the member of Java, on purpose. */
const deviations: Readonly<Record<string, { readonly status: number; readonly body: string }>> = {
  // Refused, it would come again every 6 s for ever.
  "peer.datum-put.empty-map": { status: 200, body: "ok" },
  // Nacos asks whoever is named in the call for data, and takes them.
  "peer.checksum.stranger": {
    status: 403,
    body: "caused: only members may call this: 127.0.0.1:1 is not a member;",
  },
};

// Texts of the JSON parser, or of the virtual machine, differ from version to version.
const loose = new Map([
  ["peer.report.bad-state", "caused: JSON parse error: Cannot deserialize value of type"],
  ["peer.datum-put.garbage", "caused: JSON parse error: "],
  ["peer.datum-put.null-key", ""],
  [
    "peer.datum-put.metadata-object",
    "caused: JSON parse error: Cannot deserialize instance of `java.lang.String` out of START_OBJECT token",
  ],
  ["peer.datum-get.no-keys", ""],
  ["peer.checksum.garbage", "caused: JSON parse error: "],
]);

// Members of Java that recorded these had a raft, or none at all.
const states: Readonly<Record<string, boolean>> = {
  "peer.cluster-state.1": true,
  "peer.cluster-state.500": false,
};

/** The member that the scripted peer talked to, with what the recordings say it held. */
function startRecorded(id: string) {
  const nodes = ["127.0.0.1:9048", "127.0.0.1:9058", "127.0.0.1:9038"];
  const addresses = id === "peer.report.stranger" ? nodes : [...nodes, "127.0.0.1:9068"];
  const isStandalone = states[id] ?? false;
  const started = startPeerApi({ self: "127.0.0.1:9048", addresses, isStandalone });
  const { naming, handler, clock } = started;
  const fetched = ["peer.datum-get.1", "peer.datums.1"].map((name) => recorded(name).response.body);
  clock.jumpEpoch(1_795_343_400_000 - clock.epochMs());
  const source = fetched[id === "peer.datums.1" ? 1 : 0] ?? "";
  handler.data = readData(source, clock.epochMs()).data;
  naming.register(
    { namespaceId: "public", serviceName: "DEFAULT_GROUP@@svc-01", by: "a test" },
    {
      ip: "1.1.2.1",
      port: 80,
      weight: 1,
      healthy: true,
      enabled: true,
      ephemeral: true,
      clusterName: "DEFAULT",
      metadata: {},
      app: "DEFAULT",
    },
  );
  return started;
}

function replay(api: Parameters<typeof ask>[0], recording: Recorded) {
  const { method, target } = recording.request;
  const headers = headersOf(recording);
  return ask(api, method, target, {
    headers,
    accept: headers["accept"],
    agentText: headers["user-agent"] ?? "",
    addressOf: () => "127.0.0.1",
    body: bytesOf(recording),
  });
}

// Clients' calls that are passed on belong to the endpoints of clients.
const fromPeers = recordings.filter(({ id, from }) => from === "peer" && !id.includes(".forward."));

describe("what peers asked members of Java", () => {
  it.each(fromPeers)("$id is answered as recorded", (recording) => {
    const { id, response } = recording;
    const { api } = startRecorded(id);
    const answer = replay(api, recording);
    const deviation = deviations[id];
    expect(answer.status).toBe(deviation?.status ?? response.status);
    const type = response.headers.find(([name]) => name === "Content-Type")?.[1];
    expect(answer.contentType).toBe(type);
    const beginning = loose.get(id);
    const wanted = deviation?.body ?? (beginning === undefined ? response.body : beginning);
    const found = beginning === undefined ? answer.body : answer.body.slice(0, beginning.length);
    expect(comparable(found)).toEqual(comparable(wanted));
  });

  it("takes the data of PUT datum, also under a false encoding", () => {
    for (const id of ["peer.datum-put.1", "peer.datum-put.false-gzip"]) {
      const { api, handler } = startRecorded(id);
      replay(api, recorded(id));
      const key = datumKey("public", "DEFAULT_GROUP@@svc-00");
      expect(handler.calls).toMatchObject([{ name: "onPutData", content: [{ key }] }]);
    }
  });

  it("changes nothing where the answer is no", () => {
    for (const { id, request } of fromPeers.filter(({ response }) => response.status !== 200)) {
      const { api, handler } = startRecorded(id);
      replay(api, recorded(id));
      expect(handler.calls, `${request.method} ${id}`).toEqual([]);
    }
    const { api, handler } = startRecorded("peer.checksum.stranger");
    replay(api, recorded("peer.checksum.stranger"));
    expect(handler.calls).toEqual([]);
  });
});

// What a member of Java must hear; the answer in the recording is a script's.
const expected: readonly (readonly [RegExp, number, string | undefined])[] = [
  [/^java\.report\./, 200, '{"code":200,"message":null,"data":"true"}'],
  [/^java\.datum-put\./, 200, "ok"],
  [/^java\.checksum\./, 200, "ok"],
  [/^java\.datum-get\./, 200, undefined],
  [/^java\.datums\./, 200, undefined],
  [/^java\.service-status\./, 200, "ok"],
  [/^java\.statuses\./, 500, undefined],
  [/^java\.cluster-state\./, 500, undefined],
  [/^java\.server-status\./, 400, undefined],
  [/^java\.raft-/, 501, undefined],
];

describe("what members of Java ask", () => {
  const asked = recordings.filter(({ id, from }) => from === "java" && !id.includes(".forward."));

  it.each(asked)("$id is answered as a member does", (recording) => {
    const { api } = startRecorded(recording.id);
    const answer = replay(api, recording);
    const [, status, body] = expected.find(([pattern]) => pattern.test(recording.id)) ?? [];
    expect([answer.status, body === undefined ? undefined : answer.body]).toEqual([status, body]);
  });

  it("is understood", () => {
    const callOf = (id: string) => {
      const { api, handler } = startRecorded(id);
      replay(api, recorded(id));
      return handler.calls[0];
    };
    const key = (name: string) => datumKey("public", `DEFAULT_GROUP@@${name}`);
    expect(callOf("java.datum-put.many")).toMatchObject({
      name: "onPutData",
      content: [{ key: key("svc-00") }, { key: key("svc-02") }],
    });
    expect(callOf("java.datum-put.empty")).toMatchObject({
      content: [{ key: key("svc-02"), instances: [] }],
    });
    expect(callOf("java.checksum.1")).toEqual({
      name: "onChecksums",
      from: "127.0.0.1:9048",
      content: new Map([[key("svc-02"), "aadd2895c134b0bae2e827d0c5a6d113"]]),
    });
    expect(callOf("java.datum-get.two")).toMatchObject({
      content: [key("svc-00"), key("svc-03")],
    });
    expect(callOf("java.service-status.1")).toEqual({
      name: "onServiceStatus",
      from: "127.0.0.1:9048",
      content: {
        namespaceId: "public",
        checksums: new Map([["DEFAULT_GROUP@@svc-02", "b98110c32abbd9315330cf9a5d5369fc"]]),
      },
    });
    expect(callOf("java.report.1")).toMatchObject({
      name: "onReport",
      content: { address: "127.0.0.1:9048", state: "UP", extendInfo: { version: "1.4.1" } },
    });
  });
});

// Times differ from run to run, and so does the order of derived fields. The name of a service stands
// in the key; in some recorded data the instances name another one.
function comparable(body: string): unknown {
  if (!body.startsWith("{")) return body;
  const dropped = new Set([
    "lastBeat",
    "timestamp",
    "leaderDueMs",
    "heartbeatDueMs",
    "serviceName",
  ]);
  return JSON.parse(body, (name, value: unknown) => (dropped.has(name) ? 0 : value));
}
