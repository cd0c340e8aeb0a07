import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { runToken } from "../kit/placeholders.ts";
import { httpCases, type RecordedCase } from "../kit/recordings.ts";
import { verify } from "./deviations.ts";
import { leftOutBecause, recordedEndpoints } from "./scope.ts";
import { Tally } from "./tally.ts";

// Goal: clients cannot tell this member from the server that was recorded.
// Method: every recorded request is sent byte for byte, and the answer compared.
vi.setConfig({ maxConcurrency: 16 });

const cases = httpCases();
const endpoints = recordedEndpoints(cases);
const runnable = cases.filter((recorded) => leftOutBecause(recorded, endpoints) === undefined);
const shared = runnable.filter(({ server, slow }) => server === "shared" && !slow);
const fresh = runnable.filter(({ server }) => server === "fresh");
const run = runToken();
const tally = new Tally();

let member: MemberProcess;

beforeAll(async () => {
  member = await startMember({ prefix: "shared" });
});

afterAll(async () => {
  for (const recorded of cases) {
    const reason = leftOutBecause(recorded, endpoints);
    if (reason !== undefined) tally.note(recorded, reason);
    // These run in a file of their own, side by side with this one.
    else if (recorded.slow && recorded.server === "shared")
      tally.note(recorded, "in life-cycle.test.ts");
  }
  console.log(`Recorded cases, answered by this version\n${tally.table()}`);
  await member.stop();
});

async function tallied(recorded: RecordedCase, by: MemberProcess): Promise<string> {
  const found = await verify(recorded, { address: by.address, run });
  tally.note(recorded, found.length === 0 ? "passed" : "failed");
  return found.join("\n");
}

describe.concurrent("a recorded case", () => {
  it.each(shared.map((recorded) => [recorded.id, recorded.title, recorded] as const))(
    "%s is answered as recorded: %s",
    async (_id, _title, recorded) => {
      expect(await tallied(recorded, member)).toBe("");
    },
  );
});

describe("the recorded cases that want a member of their own", () => {
  it("are answered as recorded", async () => {
    for (const recorded of fresh) {
      const own = await startMember({ prefix: recorded.id });
      const found = await tallied(recorded, own);
      await own.stop();
      expect(found, recorded.id).toBe("");
    }
  });
});
