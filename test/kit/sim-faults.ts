import type { Address, Millis } from "@nacre/core";
import type { SeededRandom } from "@nacre/core/testing";
import type { SimCluster } from "./sim-cluster.ts";
import type { LinkFault } from "./sim-link.ts";

/** Something that goes wrong for a while. */
export interface SimFault {
  readonly name: string;

  /** With whom and how much, for people. */
  readonly detail: string;

  readonly atMs: Millis;
  readonly untilMs: Millis;
  begin(cluster: SimCluster): void;
  end(cluster: SimCluster): void;
}

/** When faults of a {@link faultSchedule} happen, and how many. */
export interface FaultScheduleOptions {
  readonly fromMs: Millis;
  readonly untilMs: Millis;
  readonly faultCount: number;

  /** The members that are there from the beginning. */
  readonly addresses: readonly Address[];

  /** Where a Java member may join; without one none does. */
  readonly javaAddress?: Address | undefined;

  /** Whether wall clocks may be set. Fewer things are promised then. */
  readonly clocksJump?: boolean;

  /** Which faults may happen; by default all. */
  readonly names?: readonly FaultName[] | undefined;
}

/** Draws what goes wrong in one simulation. All is over at `untilMs`. */
export function faultSchedule(
  random: SeededRandom,
  options: FaultScheduleOptions,
): readonly SimFault[] {
  const { fromMs, untilMs, faultCount, javaAddress } = options;
  const stepMs = (untilMs - fromMs) / faultCount;
  const drawable = options.names ?? (Object.keys(makers) as FaultName[]);
  const left = new Set<FaultName>();
  if (javaAddress === undefined) left.add("java member");
  if (options.clocksJump === false) left.add("clock jump");
  const names = drawable.filter((name) => !left.has(name));
  let hasJava = false;
  return Array.from({ length: faultCount }, (_, at) => {
    const name = random.pick(names.filter((each) => !(hasJava && each === "java member")));
    hasJava ||= name === "java member";
    const made = makers[name]({ random, ...options });
    const atMs = fromMs + (at + random.next() * 0.5) * stepMs;
    const lastsMs = made.lastsMs[0] + random.next() * (made.lastsMs[1] - made.lastsMs[0]);
    return { ...made, name, atMs, untilMs: Math.min(atMs + lastsMs, untilMs) };
  });
}

interface MadeFault extends Pick<SimFault, "detail" | "begin" | "end"> {
  readonly lastsMs: readonly [Millis, Millis];
}

interface FaultWorld extends FaultScheduleOptions {
  readonly random: SeededRandom;
}

type FaultMaker = (world: FaultWorld) => MadeFault;

const nothing = (): void => undefined;

const makers = {
  loss: ({ random, addresses }) => {
    const lossRatio = 0.05 + random.next() * 0.35;
    const pairs = random.next() < 0.5 ? pairsOf(addresses) : [pairOf(random, addresses)];
    const detail = `${Math.round(lossRatio * 100)} % on ${pairs.length} links`;
    return linkFault(pairs, { lossRatio }, detail, [5_000, 25_000]);
  },
  duplication: ({ addresses }) =>
    linkFault(pairsOf(addresses), { doubleRatio: 0.4 }, "40 % everywhere", [10_000, 40_000]),
  reordering: ({ random, addresses }) => {
    const extraMs = 50 + random.next() * 750;
    const detail = `up to ${Math.round(1.5 * extraMs)} ms late, everywhere`;
    return linkFault(pairsOf(addresses), { extraMs }, detail, [5_000, 25_000]);
  },
  delay: ({ random, addresses }) => {
    const pair = pairOf(random, addresses);
    const extraMs = 200 + random.next() * 1_500;
    const detail = `${pair.join(" to ")}, about ${Math.round(extraMs)} ms`;
    return linkFault([pair], { extraMs }, detail, [5_000, 25_000]);
  },
  "one-way cut": ({ random, addresses }) => {
    const pair = pairOf(random, addresses);
    return linkFault([pair], { lossRatio: 1 }, pair.join(" to "), [3_000, 40_000]);
  },
  "partial partition": ({ random, addresses }) => {
    const [a, b] = pairOf(random, addresses);
    const cut: LinkFault = { lossRatio: 1 };
    return linkFault(both([[a, b]]), cut, `${a} and ${b}`, [3_000, 45_000]);
  },
  partition: ({ random, addresses }) => {
    const order = random.shuffled(addresses);
    const count = 1 + random.below(order.length - 1);
    const [some, others] = [order.slice(0, count), order.slice(count)];
    const pairs = some.flatMap((a) => others.map((b) => [a, b] as const));
    const detail = `${some.join(", ")} from ${others.join(", ")}`;
    return linkFault(both(pairs), { lossRatio: 1 }, detail, [3_000, 45_000]);
  },
  "clients cut off": ({ random, addresses }) => {
    const address = random.pick(addresses);
    const fault: LinkFault = { lossRatio: 1 };
    return {
      detail: `from ${address}`,
      lastsMs: [5_000, 30_000],
      begin: ({ network, clients }) =>
        clients.forEach((client) => network.link(client.address, address).add(fault)),
      end: ({ network, clients }) =>
        clients.forEach((client) => network.link(client.address, address).remove(fault)),
    };
  },
  "silent clients": ({ random }) => {
    const share = random.next() < 0.3 ? 1 : random.next() * 0.6;
    const drawn = (): boolean => random.next() < share;
    return {
      detail: `${Math.round(share * 100)} %`,
      lastsMs: [10_000, 50_000],
      begin: ({ clients }) => clients.forEach((client) => (client.isMute = drawn())),
      end: ({ clients }) => clients.forEach((client) => (client.isMute = false)),
    };
  },
  kill: ({ random, addresses }) => {
    const address = random.pick(addresses);
    return {
      detail: address,
      lastsMs: [500, 45_000],
      begin: (cluster) => cluster.kill(address),
      end: (cluster) => cluster.start(address),
    };
  },
  leave: ({ random, addresses }) => {
    const address = random.pick(addresses);
    return {
      detail: address,
      lastsMs: [1_500, 30_000],
      begin: (cluster) => cluster.leave(address),
      end: (cluster) => cluster.start(address),
    };
  },
  pause: ({ random, addresses }) => {
    const address = random.pick(addresses);
    return {
      detail: address,
      lastsMs: [300, 40_000],
      begin: (cluster) => cluster.pause(address),
      end: (cluster) => cluster.resume(address),
    };
  },
  "restart of all": ({ addresses }) => ({
    detail: "",
    lastsMs: [200, 3_000],
    begin: (cluster) => addresses.forEach((address) => cluster.kill(address)),
    end: (cluster) => addresses.forEach((address) => cluster.start(address)),
  }),
  "clock jump": ({ random, addresses }) => {
    const address = random.pick(addresses);
    const byMs = Math.round((random.next() - 0.5) * 7_200_000);
    return {
      detail: `${address} by ${Math.round(byMs / 1_000)} s`,
      lastsMs: [0, 0],
      begin: (cluster) => cluster.jumpClock(address, byMs),
      end: nothing,
    };
  },
  "lists that differ": ({ random, addresses }) => {
    const [who, whom] = pairOf(random, addresses);
    return {
      detail: `${who} does not list ${whom}`,
      lastsMs: [3_000, 30_000],
      begin: (cluster) => cluster.unlist(who, whom),
      end: (cluster) => cluster.relist(who, whom),
    };
  },
  "slow peer": ({ random, addresses }) => {
    const address = random.pick(addresses);
    const extraMs = 300 + random.next() * 2_500;
    const pairs = addresses
      .filter((each) => each !== address)
      .map((each) => [address, each] as const);
    const detail = `${address}, about ${Math.round(extraMs)} ms`;
    return linkFault(pairs, { extraMs }, detail, [5_000, 30_000]);
  },
  "half-loaded": ({ random, addresses }) => {
    const address = random.pick(addresses);
    const others = addresses.filter((each) => each !== address);
    const pairs = both(others.map((each) => [address, each] as const));
    const { lastsMs, begin, end } = linkFault(pairs, { lossRatio: 0.5 }, "", [5_000, 25_000]);
    return {
      detail: `${address} starts with half of its messages lost`,
      lastsMs,
      begin: (cluster) => {
        cluster.kill(address);
        begin(cluster);
        cluster.start(address);
      },
      end,
    };
  },
  garbage: ({ random, addresses }) => {
    const address = random.pick(addresses);
    const pairs = addresses
      .filter((each) => each !== address)
      .map((each) => [address, each] as const);
    const garbageRatio = 0.3 + random.next() * 0.7;
    const detail = `${Math.round(garbageRatio * 100)} % of the answers of ${address}`;
    return linkFault(pairs, { garbageRatio }, detail, [5_000, 25_000]);
  },
  "java member": ({ javaAddress = "" }) => ({
    detail: javaAddress,
    lastsMs: [40_000, 100_000],
    begin: (cluster) => cluster.addJava(javaAddress),
    end: (cluster) => cluster.removeJava(javaAddress),
  }),
} satisfies Record<string, FaultMaker>;

/** The faults that a {@link faultSchedule} knows. */
export type FaultName = keyof typeof makers;

type Pair = readonly [Address, Address];

function linkFault(
  pairs: readonly Pair[],
  fault: LinkFault,
  detail: string,
  lastsMs: readonly [Millis, Millis],
): MadeFault {
  return {
    detail,
    lastsMs,
    begin: ({ network }) => pairs.forEach(([from, to]) => network.link(from, to).add(fault)),
    end: ({ network }) => pairs.forEach(([from, to]) => network.link(from, to).remove(fault)),
  };
}

function pairsOf(addresses: readonly Address[]): readonly Pair[] {
  return addresses.flatMap((a) => addresses.filter((b) => b !== a).map((b) => [a, b] as const));
}

function pairOf(random: SeededRandom, addresses: readonly Address[]): Pair {
  const [a = "", b = ""] = random.shuffled(addresses);
  return [a, b];
}

function both(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
}
