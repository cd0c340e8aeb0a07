import type { Address, Millis } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { SimViolation } from "./sim-checks.ts";
import type { SimClient } from "./sim-client.ts";
import { SimCluster, type SimClusterOptions } from "./sim-cluster.ts";
import { type FaultName, faultSchedule, type SimFault } from "./sim-faults.ts";
import type { SimMutation } from "./sim-member.ts";
import type { SimSubject } from "./sim-write.ts";

/** How one seed is run. */
export interface SeedOptions {
  readonly seed: number;

  /** A mechanism that every member goes without. */
  readonly mutation?: SimMutation | undefined;

  /** Which faults may happen; by default all. */
  readonly faults?: readonly FaultName[] | undefined;

  /** Messages about this are part of the log too, `service-3` say. */
  readonly trace?: string | undefined;

  /** Gets each line of the log as it comes. */
  readonly print?: ((line: string) => void) | undefined;
}

/** What a seed came to. */
export interface SeedResult {
  readonly seed: number;
  readonly failure: SeedFailure | undefined;

  /** How much was done: clock calls, messages, single claims checked. */
  readonly callCount: number;
  readonly messageCount: number;
  readonly checkCount: number;
}

/** How a property failed. */
export interface SeedFailure {
  readonly property: string;
  readonly message: string;

  /** In the time of the simulation. */
  readonly atMs: Millis;

  /** What happened last. */
  readonly lines: readonly string[];

  /** What each member wrote down of the instance. */
  readonly histories: readonly string[];
}

/** The times of one simulation, milliseconds. */
const times = {
  clientsMs: 12_000,
  faultsMs: 25_000,
  quietMs: 240_000,
  endMs: 300_000,
  churnMs: 4_000,
} as const;

const SERVICE_COUNT = 20;
const JAVA_ADDRESS: Address = "10.0.0.9:8848";

/**
 * Five virtual minutes of a cluster of three to five members with 20 services: everybody starts at once,
 * clients come and go, at least ten things go wrong until the fourth minute, then all is quiet.
 */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const { seed, mutation, faults: names, print } = options;
  const random = new SeededRandom(seed * 7_919 + 1);
  const memberCount = 3 + random.below(3);
  const addresses = Array.from({ length: memberCount }, (_, at) => `10.0.0.${at + 1}:8848`);
  const cluster: SimCluster = new SimCluster({
    seed,
    addresses,
    subjects: drawSubjects(random),
    mutation,
    freezes: seed % FREEZE_EVERY === 0,
    log: { print },
    ...tracing(options, () => cluster),
  });
  const faults = faultSchedule(random, {
    fromMs: times.faultsMs,
    untilMs: times.quietMs,
    faultCount: 10 + random.below(6),
    addresses,
    javaAddress: random.next() < 0.3 ? JAVA_ADDRESS : undefined,
    clocksJump: random.next() < 0.3,
    names,
  });
  for (const fault of faults) plan(cluster, fault);
  planClients(cluster, random);
  for (const address of addresses) cluster.start(address);
  const failure = await failureOf(cluster);
  for (const member of cluster.members) member.kill();
  return {
    seed,
    failure,
    callCount: cluster.clock.callCount,
    messageCount: cluster.network.callCount,
    checkCount: cluster.checks.checkCount,
  };
}

function tracing(
  { trace }: SeedOptions,
  cluster: () => SimCluster,
): Pick<SimClusterOptions, "onMessage"> {
  if (trace === undefined) return {};
  return {
    onMessage: (fate, { from, to, kind, body }, answer) => {
      const text = JSON.stringify({ body, answer }, plain);
      if (fate !== "sent" && text.includes(`${trace}"`)) {
        cluster().log.add(from, `${kind} to ${to} ${fate}`, text);
      }
    },
  };
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** One seed in so many has its messages sealed, which costs more. */
const FREEZE_EVERY = 25;

async function failureOf(cluster: SimCluster): Promise<SeedFailure | undefined> {
  try {
    await cluster.runUntil(times.endMs);
    return undefined;
  } catch (error) {
    const property = error instanceof SimViolation ? error.property : "no crash";
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const text = error instanceof SimViolation ? error.message : message;
    const about = error instanceof SimViolation ? error.about : "";
    const histories = historiesOf(cluster, about);
    const lines = cluster.log.lines();
    return { property, message: text, atMs: cluster.clock.nowMs, lines, histories };
  }
}

// What every member wrote down of the instance that a violation is about.
function historiesOf(cluster: SimCluster, about: string): readonly string[] {
  const [serviceName = "", address = ""] = about.split(" ");
  return cluster.members.flatMap((member) =>
    member.historyOf(serviceName, address).map((line) => `  ${member.address} ${line}`),
  );
}

function drawSubjects(random: SeededRandom): readonly SimSubject[] {
  return Array.from({ length: SERVICE_COUNT }, (_, service) => {
    const count = 1 + random.below(5);
    return Array.from({ length: count }, (__, at) => ({
      serviceName: `DEFAULT_GROUP@@service-${service}`,
      ip: `10.1.${service}.${at + 1}`,
      port: 8080,
    }));
  }).flat();
}

function plan(cluster: SimCluster, fault: SimFault): void {
  const { outside, log } = cluster;
  outside.schedule(fault.atMs, () => {
    log.add("fault", `${fault.name} begins`, fault.detail);
    fault.begin(cluster);
    cluster.noteFault(true);
  });
  outside.schedule(fault.untilMs, () => {
    log.add("fault", `${fault.name} ends`, fault.detail);
    fault.end(cluster);
    cluster.noteFault(false);
  });
}

// Most come in the beginning. Then one comes or goes every few seconds, until all is quiet.
function planClients(cluster: SimCluster, random: SeededRandom): void {
  const { outside, clients } = cluster;
  for (const client of clients) {
    if (random.next() < 0.8) {
      outside.schedule(random.next() * times.clientsMs, () => client.start());
    }
  }
  for (
    let atMs = times.clientsMs;
    atMs < times.quietMs;
    atMs += times.churnMs * random.next() * 2
  ) {
    outside.schedule(atMs, () => change(random.pick(clients), random, cluster));
  }
}

function change(client: SimClient, random: SeededRandom, { log }: SimCluster): void {
  if (client.isLeaving) return;
  if (!client.isUp) client.start();
  else if (random.next() < 0.65) client.deregister();
  else {
    log.add(client.address, "dies");
    client.die();
  }
}
