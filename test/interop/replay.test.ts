import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { runToken } from "../kit/placeholders.ts";
import { httpCases, type RecordedCase } from "../kit/recordings.ts";
import { mapLimited } from "../kit/wait.ts";
import { verify } from "./deviations.ts";
import { isStrict, leftOutBecause, recordedEndpoints } from "./scope.ts";
import { Tally } from "./tally.ts";

// Goal: clients cannot tell this member from the server that was recorded.
// Method: every recorded request is sent byte for byte, and the answer compared. Sections that this
// version promises must pass; the others are counted, so that progress shows in the table.
vi.setConfig({ maxConcurrency: 16 });

const REST_TIMEOUT_MS = 240_000;
const cases = httpCases();
const endpoints = recordedEndpoints(cases);
const runnable = cases.filter((recorded) => leftOutBecause(recorded, endpoints) === undefined);
const promised = runnable.filter((recorded) => isStrict(recorded) && !recorded.slow);
const rest = runnable.filter((recorded) => !promised.includes(recorded) && !isStrictSlow(recorded));
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
    else if (isStrictSlow(recorded)) tally.note(recorded, "in life-cycle.test.ts");
  }
  console.log(`Recorded cases, answered by this version\n${tally.table()}`);
  await member.stop();
});

// These run in a file of their own, side by side with this one.
function isStrictSlow({ id }: RecordedCase): boolean {
  return ["LC01", "LC02", "LC05"].includes(id);
}

async function tallied(recorded: RecordedCase, by: MemberProcess): Promise<string[]> {
  const found = await verify(recorded, { address: by.address, run });
  tally.note(recorded, found.length === 0 ? "passed" : "failed");
  return found;
}

describe.concurrent("a recorded case of sections A to F and O to U", () => {
  it.each(promised.map((recorded) => [recorded.id, recorded.title, recorded] as const))(
    "%s is answered as recorded: %s",
    async (_id, _title, recorded) => {
      expect((await tallied(recorded, member)).join("\n")).toBe("");
    },
  );
});

describe("a recorded case of the other sections", () => {
  it("is replayed and counted", { timeout: REST_TIMEOUT_MS }, async () => {
    const shared = rest.filter(({ server }) => server === "shared");
    const fresh = rest.filter(({ server }) => server === "fresh");
    const other = await startMember({ prefix: "fresh" });
    try {
      await Promise.all([
        mapLimited(shared, 8, (recorded) => tallied(recorded, member)),
        mapLimited(fresh, 1, (recorded) => tallied(recorded, other)),
      ]);
    } finally {
      await other.stop();
    }
  });
});
