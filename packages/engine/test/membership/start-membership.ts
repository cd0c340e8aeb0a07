import type { Greeting, MemberReport, ReportAnswer } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { Membership, type MembershipOptions } from "@nacre/engine";
import { ScriptedTransport } from "../scripted-transport.ts";

/** The members of these tests; the first is the one that is looked at. */
export const [a, b, c] = ["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"] as const;
/** Names of services, of which each member is responsible for some. */
export const services: readonly string[] = Array.from(
  { length: 20 },
  (_, at) => `DEFAULT_GROUP@@s${at}`,
);

/** A member at `a` with the peers `b` and `c`, of whom nobody answers unless a test says so. */
export function startMembership(options: Partial<MembershipOptions> = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const transport = new ScriptedTransport();
  let changes = 0;
  const membership = new Membership(
    { clock, logger, transport },
    {
      self: a,
      isAlone: false,
      addresses: [c, b, a],
      version: "0.1.0",
      onChange: () => changes++,
      ...options,
    },
  );
  return {
    clock,
    logger,
    transport,
    membership,
    /** How often `onChange` was called. */
    changes: () => changes,
    /** Lets calls under way end. */
    settle: () => clock.advance(0),
    stateOf: (address: string) => membership.member(address)?.state,
  };
}

/** The same, ready, with peers that answer reports as `answer` says. */
export async function startReady(
  answer: () => Promise<ReportAnswer> = () => answered(200),
  options: Partial<MembershipOptions> = {},
) {
  const started = startMembership(options);
  started.transport.answers.report = answer;
  started.membership.ready();
  await started.settle();
  return started;
}

/** The answer to a report. */
export function answered(code: number, greeting?: Greeting): Promise<ReportAnswer> {
  return Promise.resolve({ code, greeting });
}

/** The report of a Java member, or with `more` of a Nacre member. */
export function reportOf(
  address: string,
  more: Partial<MemberReport["extendInfo"]> = {},
): MemberReport {
  const [ip = "", port] = address.split(":");
  const extendInfo = { version: "1.4.1", ...more };
  return { ip, port: Number(port), state: "UP", extendInfo, address, failAccessCnt: 0 };
}

/** What a Nacre member adds to its report. */
export const ofNacre = { nacre: { version: "0.1.0", wire: 1, isReady: true } };
