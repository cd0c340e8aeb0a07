import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import { eventually } from "../kit/wait.ts";
import { exchangeOf, findPlaces, type RecordedMembers } from "./recorded-members.ts";

// Goal: a member that has nothing yet is never taken for one where nothing is registered, and what it
// is told meanwhile is not lost.
const SELF = 9048;
const COLD_START_MS = 8_000;
const notYet = "server is STARTING now, please try again later!";

let members: RecordedMembers;
let member: MemberProcess;
let client: RegistryClient;
const silent: Server[] = [];

beforeAll(async () => {
  members = await findPlaces();
  // They take every connection and say nothing.
  for (const place of [9058, 9068] as const) {
    const server = createServer((socket) => socket.on("error", () => socket.destroy()));
    await new Promise<void>((resolve) => {
      server.listen(members.portOf(place), "127.0.0.1", resolve);
    });
    silent.push(server);
  }
  const list = [SELF, 9058, 9068] as const;
  const addresses = list.map((place) => members.addressOf(place)).join(",");
  const args = ["--members", addresses, "--self", members.addressOf(SELF)];
  args.push("--cold-start-ms", `${COLD_START_MS}`);
  member = await startMember({ port: members.portOf(SELF), args, prefix: "starting" });
  client = new RegistryClient(member.address);
});

afterAll(async () => {
  await member.stop();
  for (const server of silent) server.close();
});

describe("a member that starts while its peers are silent", () => {
  it.each(["/nacos/v1/ns/instance/list?serviceName=svc-02", "/nacos/v1/ns/service/list"])(
    "answers GET %s with 503",
    async (target) => {
      const { status, body, headers } = await client.request("GET", target);
      expect({ status, body }).toEqual({ status: 503, body: notYet });
      expect(headers.map(([name]) => name)).not.toContain("Content-Type");
    },
  );

  it.each(["peer.datums.1", "peer.datum-get.1", "java.datum-get.1"])(
    "answers %s with 503",
    async (id) => {
      const recorded = exchangeOf(id);
      // The script stood elsewhere when this one was recorded.
      const headers = recorded.request.headers.filter(([name]) => name !== "Request-Source");
      const request = { ...recorded.request, headers };
      const { status } = await members.send({ request }, { to: SELF });
      expect(status).toBe(503);
    },
  );

  it("answers a report with a code that counts for nothing", async () => {
    const { status, body } = await members.send(exchangeOf("peer.report.1"), { to: SELF });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ code: 501, message: notYet, data: null });
  });

  it("takes data, writes and beats", async () => {
    for (const id of ["peer.datum-put.1", "peer.forward.register", "java.datum-put.one"]) {
      const { status, body } = await members.send(exchangeOf(id), { to: SELF });
      expect({ status, body }).toEqual({ status: 200, body: "ok" });
    }
    await client.register({ serviceName: "svc-02", ip: "10.2.0.1", port: 80 });
    await client.beat({ serviceName: "svc-02", ip: "10.2.0.2", port: 80 });
    const readiness = await client.request("GET", "/readyz");
    expect(readiness.status).toBe(503);
  });

  it("lists all that once it serves", async () => {
    const ipsOf = async (name: string): Promise<readonly string[]> =>
      (await client.list(name)).map(({ ip }) => ip).toSorted();
    await eventually(
      async () => expect(await ipsOf("svc-02")).toEqual(["1.1.0.1", "10.2.0.1", "10.2.0.2"]),
      { withinMs: COLD_START_MS + 3_000 },
    );
    expect(await ipsOf("svc-00")).toEqual(["1.1.0.3"]);
    expect(await ipsOf("svc-05")).toEqual(["1.1.0.5"]);
  });
});
