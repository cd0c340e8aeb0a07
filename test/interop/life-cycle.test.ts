import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { runToken } from "../kit/placeholders.ts";
import { httpCases } from "../kit/recordings.ts";
import { verify } from "./deviations.ts";

// The recorded cases that last as long as beats take to be missed. They wait more than they work,
// so they run side by side, on a member of their own.
const slow = httpCases().filter(({ id }) => ["LC01", "LC02", "LC05"].includes(id));
const run = runToken();

let member: MemberProcess;

beforeAll(async () => {
  member = await startMember({ prefix: "life-cycle" });
});

afterAll(async () => {
  await member.stop();
});

describe.concurrent("a recorded case of an instance whose beats stop", () => {
  it.each(slow.map((recorded) => [recorded.id, recorded.title, recorded] as const))(
    "%s is answered as recorded: %s",
    async (_id, _title, recorded) => {
      expect((await verify(recorded, { address: member.address, run })).join("\n")).toBe("");
    },
    90_000,
  );
});
