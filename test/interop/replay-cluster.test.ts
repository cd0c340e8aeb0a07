import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runToken } from "../kit/placeholders.ts";
import { type RealCluster, startCluster } from "../kit/real-cluster.ts";
import { httpCases, type RecordedCase, type Step } from "../kit/recordings.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import { replay } from "../kit/replay.ts";
import { eventually } from "../kit/wait.ts";
import { verify } from "./deviations.ts";
import { leftOutBecause, recordedEndpoints } from "./scope.ts";

// Goal: clients cannot tell one of three members from the lone server that was recorded.
// Method: what replay.test.ts sends to a lone member is sent to one of three, which passes two
// writes of three on. As in Nacos, what was passed on is answered as JSON, and read a moment later.
vi.setConfig({ maxConcurrency: 8 });

const VISIBLE_WITHIN_MS = 1_000;
const cases = httpCases();
const endpoints = recordedEndpoints(cases);
const run = runToken();

// They come from a stranger at a lone member, from a member here.
const ofPeers = ["X16", "X19", "X20"];

const different: ReadonlyMap<string, string> = new Map([
  ...["M01", "M12", "X09", "X10", "X13", "X23"].map((id) => [id, "there are three"] as const),
  ["X11", "there is no Raft"],
  ...["K12", "X17"].map((id) => [id, "a member calls, in distro.test.ts"] as const),
  ...["A11", "B07", "U18"].map((id) => [id, "empty, and known where it came into being"] as const),
  ["I04", "one write at one member, the next on its way to another"],
  ["S29", "who heard a beat lately does not take an instance for silent"],
]);

const asked = cases.filter(
  (recorded) =>
    leftOutBecause(recorded, endpoints) === undefined &&
    recorded.server === "shared" &&
    !recorded.slow &&
    !different.has(recorded.id),
);

let cluster: RealCluster;

beforeAll(async () => {
  cluster = await startCluster({ memberCount: 3, args: ["--cold-start-ms", "500"] });
});

afterAll(async () => {
  await cluster.stop();
});

function inCluster(recorded: RecordedCase): RecordedCase {
  return { ...recorded, steps: recorded.steps.map(laterAndAsJson) };
}

function laterAndAsJson(step: Step): Step {
  const { method, target } = step.request;
  if (method === "GET") return { ...step, pollMs: step.pollMs ?? VISIBLE_WITHIN_MS };
  // What it depends on was written at another member, and may be on its way.
  if (/\/v1\/ns\/health\b/.test(target)) {
    const { contentType: _, ...expected } = step.expected;
    return { ...step, expected, pollMs: step.pollMs ?? VISIBLE_WITHIN_MS };
  }
  const { contentType, ...expected } = step.expected;
  if (contentType === undefined || !/\/v1\/ns\/instance\b/.test(target)) return step;
  return { ...step, expected };
}

describe.concurrent("a recorded case, asked of one of three members", () => {
  it.each(asked.map((recorded) => [recorded.id, recorded.title, recorded] as const))(
    "%s is answered as recorded: %s",
    async (id, _title, recorded) => {
      const options = { address: cluster.at(1).address, run };
      const compare = ofPeers.includes(id) ? replay : verify;
      expect((await compare(inCluster(recorded), options)).join("\n")).toBe("");
    },
  );
});

describe("three members", () => {
  it("tell the same of who they are", async () => {
    const addresses = [0, 1, 2].map((index) => cluster.addressOf(index)).toSorted();
    for (const port of cluster.ports) {
      const client = new RegistryClient({ host: "127.0.0.1", port });
      const read = async (path: string): Promise<unknown> =>
        JSON.parse((await client.request("GET", `/nacos/v1/${path}`)).body);
      expect(await read("console/server/state")).toMatchObject({ standalone_mode: "cluster" });
      expect(await read("core/cluster/simple/nodes")).toMatchObject({ data: addresses });
      const members = addresses.map((address) => ({ address, state: "UP" }));
      expect(await read("core/cluster/nodes")).toMatchObject({ data: members });
      expect(await read("core/cluster/self")).toMatchObject({ data: { port, state: "UP" } });
      expect(await read("core/cluster/health")).toMatchObject({ data: "UP" });
      expect(await read("ns/operator/servers?healthy=true")).toMatchObject({ servers: members });
      expect(await read("ns/operator/distro/status")).toMatchObject({ status: members });
    }
  });

  it("name the same one as responsible for a service", async () => {
    const clients = cluster.ports.map((port) => new RegistryClient({ host: "127.0.0.1", port }));
    const path = "/nacos/v1/ns/operator/distro/server";
    const named = new Set<string>();
    for (const serviceName of Array.from({ length: 12 }, (_, index) => `owned-${index}`)) {
      await clients[0]?.register({ serviceName, ip: "10.0.0.1", port: 80 });
      const query = { serviceName, namespaceId: "public" };
      const agreed = await eventually(
        async () => {
          const answers = clients.map((client) => client.request("GET", path, query));
          const bodies = new Set((await Promise.all(answers)).map(({ body }) => body));
          expect([...bodies]).toEqual([expect.stringMatching(/^\{"responsibleServer":"[^"]+"\}$/)]);
          return [...bodies];
        },
        { withinMs: VISIBLE_WITHIN_MS },
      );
      agreed.forEach((body) => named.add(body));
    }
    expect(named.size).toBeGreaterThan(1);
  });
});
