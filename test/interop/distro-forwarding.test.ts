import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, pause } from "../kit/wait.ts";
import { type DistroCluster, startDistroCluster } from "./distro-cluster.ts";
import { exchangeOf } from "./recorded-members.ts";
import { says, type Script, type SeenRequest } from "./scripted-member.ts";

// Goal: a client hears nothing of the troubles of a member that it did not ask.
// Method: what clients of Java members were recorded to hear while the responsible member was in
// trouble, with a script that has the same trouble.

const SELF = 9048;
const RESPONSIBLE = 9068;
// Of the 2 s that the responsible member has, and the way there and back.
const ANSWERED_WITHIN_MS = 3_000;

const REGISTER = "POST /v1/ns/instance";
const misdirected = exchangeOf("client.diverged").response.body;

const troubles: readonly (readonly [id: string, script: Script])[] = [
  ["client.owner.500", says(500, "boom")],
  ["client.owner.503", says(503, "server is DOWN now, please try again later!")],
  ["client.owner.garbage", says(200, "\0<html>")],
  ["client.owner.reset", ({ socket }) => socket?.end()],
  ["client.owner.hang", () => undefined],
  ["client.owner.slow2.2", (response, seen) => void slowly(response, seen)],
  ["client.owner.204", (response) => response.writeHead(204).end()],
  ["client.diverged", says(400, misdirected)],
];

async function slowly(...[response, seen]: Parameters<Script>): Promise<void> {
  await pause(2_200);
  says(200, "ok")(response, seen);
}

let cluster: DistroCluster;
let other: DistroCluster;

beforeAll(async () => {
  [cluster, other] = await Promise.all([
    startDistroCluster({ self: SELF, others: [9058, RESPONSIBLE] }),
    startDistroCluster({ self: SELF, others: [9038, 9058] }),
  ]);
});

afterAll(async () => {
  await Promise.all([cluster.stop(), other.stop()]);
});

// What is handed over later names the cluster, too.
const isPassedOn = ({ target }: SeenRequest): boolean => !target.includes("clusterName");

function passedOn(): readonly SeenRequest[] {
  return cluster.peerAt(RESPONSIBLE).requests(REGISTER).filter(isPassedOn);
}

// A member that failed is left alone for a while.
async function untilAskedAgain(): Promise<void> {
  cluster.peerAt(RESPONSIBLE).on(REGISTER, says(200, "ok"));
  await eventually(
    async () => {
      const count = passedOn().length;
      await cluster.client.register({ serviceName: "svc-00", ip: "1.2.9.9", port: 80 });
      expect(passedOn()).toHaveLength(count + 1);
    },
    { withinMs: 15_000, everyMs: 200 },
  );
}

describe("a client of a member that is not responsible", () => {
  it.each(troubles)(
    "%s: the responsible member is asked, and the answer given",
    async (...given) => {
      const [id, script] = given;
      const { members } = cluster;
      await untilAskedAgain();
      const count = passedOn().length;
      cluster.peerAt(RESPONSIBLE).on(REGISTER, script);
      const recorded = exchangeOf(id);
      const response = await members.send(recorded, { to: SELF, withinMs: ANSWERED_WITHIN_MS });
      expect(members.differences(recorded, response).join("\n")).toBe("");
      expect(passedOn()).toHaveLength(count + 1);
    },
  );

  it("finds what was decided here in the list, and the responsible member hears of it", async () => {
    await untilAskedAgain();
    const listed = (await cluster.client.list("svc-00")).map(({ ip }) => ip);
    expect(listed).toEqual(expect.arrayContaining(["1.2.0.1", "1.8.0.2"]));
    const handedOver = (): readonly SeenRequest[] =>
      cluster
        .peerAt(RESPONSIBLE)
        .requests(REGISTER)
        .filter((each) => !isPassedOn(each));
    await eventually(
      () => {
        const targets = handedOver().map(({ target }) => target);
        expect(targets).toContainEqual(expect.stringContaining("ip=1.2.0.1&"));
        expect(targets).toContainEqual(expect.stringContaining("ip=1.8.0.2&"));
      },
      { withinMs: 5_000 },
    );
  });

  it.each(["client.beat-unknown", "client.unknown-path"])("%s is answered here", async (id) => {
    const recorded = exchangeOf(id);
    const response = await cluster.members.send(recorded, { to: SELF });
    expect(cluster.members.differences(recorded, response).join("\n")).toBe("");
  });

  it.each([
    ["client.delete-form", 9058, "ip=5.5.5.6"],
    ["client.update-json-body", 9038, "ip=5.5.5.5"],
  ] as const)("%s is answered by the responsible member", async (id, responsible, address) => {
    const recorded = exchangeOf(id);
    const { members } = other;
    const response = await members.send(recorded, { to: SELF, withinMs: 1_000 });
    expect(members.differences(recorded, response).join("\n")).toBe("");
    const [seen] = other.peerAt(responsible).requests(`${recorded.request.method} /v1/ns/instance`);
    expect(seen?.target).toContain(address);
  });
});
