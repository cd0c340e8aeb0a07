import { type Address, DistroMapper, type Millis } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { SimChecks, type ObservedCluster } from "./sim-checks.ts";
import { SimClient } from "./sim-client.ts";
import { type MemberClock, SimClock } from "./sim-clock.ts";
import { SimJavaPeer } from "./sim-java-peer.ts";
import { SimLog, type SimLogOptions } from "./sim-log.ts";
import { SimMember, type SimMutation } from "./sim-member.ts";
import { SimNetwork, type SimCall, type SimFate } from "./sim-network.ts";
import { SimPromises } from "./sim-promises.ts";
import type { SimAnswer, SimSubject, SimWrite } from "./sim-write.ts";

/** What a {@link SimCluster} is made of. */
export interface SimClusterOptions {
  /** All chance is drawn from it. */
  readonly seed: number;
  readonly addresses: readonly Address[];
  readonly subjects: readonly SimSubject[];

  /** A mechanism that every member goes without. */
  readonly mutation?: SimMutation | undefined;

  /** Seals all messages for good. Slow. */
  readonly freezes?: boolean;
  readonly log?: SimLogOptions;

  /** The shortest and longest way of a message, see `SimNetwork`. */
  readonly delayMs?: readonly [Millis, Millis];

  /** Told of each step of each message. */
  readonly onMessage?: (fate: SimFate, call: SimCall, answer?: unknown) => void;
}

/** One place of the cluster: an address, and the process that runs there now, if any. */
interface Place {
  process: SimMember | undefined;
  readonly listed: Set<Address>;
  originMs: Millis;
}

const TICK_MS: Millis = 500;

const SKEW_MS_MAX: Millis = 60_000;

/** How long after a Java member may have decided for a service its properties hold again. */
const OURS_AFTER_MS: Millis = 15_000;

/**
 * A cluster in one process, on one clock and one network: members, clients, what goes wrong, and the
 * checks that look at it every 500 ms. The same seed does the same.
 */
export class SimCluster {
  readonly clock: SimClock;
  readonly network: SimNetwork;
  readonly random: SeededRandom;
  readonly log: SimLog;
  readonly clients: readonly SimClient[];
  readonly checks: SimChecks;

  /** The clock of those who stand outside: of clients and of what goes wrong. */
  readonly outside: MemberClock;
  readonly #places = new Map<Address, Place>();
  readonly #promises: SimPromises;
  readonly #mutation: SimMutation | undefined;
  readonly #clientsByName: ReadonlyMap<string, SimClient>;
  #java: { readonly address: Address; readonly peer: SimJavaPeer } | undefined;
  #openFaults = 0;
  #faultMs: Millis = 0;
  #viewMs: Millis = 0;
  #views = "";
  #hasGoodClocks = true;
  readonly #notOursMs = new Map<string, Millis>();

  constructor(options: SimClusterOptions) {
    const { seed, addresses, subjects, mutation, freezes = false, onMessage } = options;
    this.clock = new SimClock();
    this.random = new SeededRandom(seed);
    this.log = new SimLog(this.clock, options.log);
    this.outside = this.clock.view();
    const onEvent = onMessage === undefined ? {} : { onEvent: onMessage };
    const delayMs = options.delayMs === undefined ? {} : { delayMs: options.delayMs };
    const networkRandom = new SeededRandom(seed + 0x5eed);
    this.network = new SimNetwork(
      { clock: this.clock, random: networkRandom },
      { freezes, ...onEvent, ...delayMs },
    );
    this.#mutation = mutation;
    for (const address of addresses) {
      const originMs = Math.floor(this.random.next() * 1e6);
      const listed = new Set(addresses);
      this.#places.set(address, { process: undefined, listed, originMs });
    }
    this.clients = subjects.map((subject) => this.#client(subject));
    this.#clientsByName = new Map(this.clients.map((client) => [nameOf(client.subject), client]));
    this.#promises = new SimPromises(this.network, { subjectCount: subjects.length });
    this.checks = new SimChecks(this.#promises, this.clients);
  }

  /** The Nacre members whose processes are there. */
  get members(): readonly SimMember[] {
    return [...this.#places.values()].flatMap(({ process }) => process ?? []);
  }

  /** The process at an address. */
  member(address: Address): SimMember | undefined {
    return this.#places.get(address)?.process;
  }

  /** Lets time pass until `untilMs`, and looks at everything every 500 ms. */
  async runUntil(untilMs: Millis): Promise<void> {
    while (this.clock.nowMs < untilMs) {
      await this.clock.runUntil(Math.min(this.clock.nowMs + TICK_MS, untilMs));
      this.check();
    }
  }

  /** Checks all properties now. */
  check(): void {
    this.#regardViews();
    this.#noteJava();
    this.checks.run(this.#observed());
  }

  /** A process starts at an address, with empty hands; nothing happens when one is there. */
  start(address: Address): void {
    const place = this.#place(address);
    if (place.process !== undefined) return;
    this.log.add(address, "starts");
    // Every process has its own idea of monotonic time.
    const clock = this.clock.view({ originMs: (place.originMs += 7_777) });
    const process = new SimMember(
      { clock, network: this.network, logger: this.log.logger(address) },
      {
        self: address,
        addresses: [...place.listed],
        mutation: this.#mutation,
        onTaken: (write, atMs, isPassedOn) => this.#take(write, atMs, isPassedOn),
        onView: () => this.#regardViews(),
      },
    );
    place.process = process;
    this.network.attach(address, process);
    process.start();
    this.#disturb();
  }

  /** The process at an address ends at once, and everything it knew with it. */
  kill(address: Address): void {
    const place = this.#place(address);
    if (place.process === undefined) return;
    this.log.add(address, "is killed");
    place.process.kill();
    place.process = undefined;
    this.network.detach(address);
    this.#disturb();
  }

  /** The process at an address takes its leave, then ends. */
  leave(address: Address): void {
    const { process } = this.#place(address);
    if (process === undefined) return;
    this.log.add(address, "leaves");
    const end = (): void => {
      if (this.member(address) === process) this.kill(address);
    };
    process.leave().then(end, (error: unknown) => {
      throw error;
    });
    // A process manager does not wait for ever.
    this.outside.schedule(1_400, end);
  }

  pause(address: Address): void {
    const place = this.#place(address);
    if (place.process === undefined || place.process.isPaused) return;
    this.log.add(address, "stands still");
    place.process.clock.pause();
    this.#disturb();
  }

  resume(address: Address): void {
    const { process } = this.#place(address);
    if (process?.isPaused !== true) return;
    this.log.add(address, "goes on");
    process.clock.resume();
    this.#disturb();
  }

  jumpClock(address: Address, byMs: Millis): void {
    const { process } = this.#place(address);
    process?.clock.jump(byMs);
    if (process !== undefined && byMs > SKEW_MS_MAX) this.#hasGoodClocks = false;
  }

  /** Whether no wall clock was ever set by more than a minute: what it said then stays in versions. */
  get hasGoodClocks(): boolean {
    return this.#hasGoodClocks;
  }

  unlist(address: Address, whom: Address): void {
    const { listed, process } = this.#place(address);
    if (!listed.delete(whom)) return;
    process?.setAddresses([...listed]);
    this.#disturb();
  }

  relist(address: Address, whom: Address): void {
    const { listed, process } = this.#place(address);
    if (listed.has(whom)) return;
    listed.add(whom);
    process?.setAddresses([...listed]);
    this.#disturb();
  }

  /** A member that runs Nacos 1.4.1 starts, and is added to one list after the other. */
  addJava(address: Address): void {
    const addresses = [...this.#places.keys(), address];
    const clock = this.clock.view();
    const peer = new SimJavaPeer({ clock, network: this.network }, { self: address, addresses });
    this.#java = { address, peer };
    peer.start();
    for (const place of this.#places.keys()) {
      this.#later(this.random.next() * 4_000, () => this.relist(place, address));
    }
  }

  /** The Java member ends, and is taken off one list after the other. */
  removeJava(address: Address): void {
    const java = this.#java;
    if (java === undefined) return;
    java.peer.kill();
    for (const place of this.#places.keys()) {
      this.#later(4_000 + this.random.next() * 4_000, () => this.unlist(place, address));
    }
    this.#later(8_000, () => (this.#java = undefined));
  }

  /** Notes that something goes wrong from now on, or has ended: links are looked at once more. */
  noteFault(isBeginning: boolean): void {
    this.#openFaults += isBeginning ? 1 : -1;
    this.#disturb();
  }

  #disturb(): void {
    this.#faultMs = this.clock.nowMs;
    this.#promises.note(this.members);
  }

  #later(delayMs: Millis, run: () => void): void {
    this.#openFaults++;
    this.outside.schedule(delayMs, () => {
      this.#openFaults--;
      run();
      this.#disturb();
    });
  }

  #observed(): ObservedCluster {
    const { members } = this;
    const { nowMs } = this.clock;
    const isWhole = members.length === this.#places.size && members.every(({ isReady }) => isReady);
    if (this.#openFaults > 0 || !isWhole) this.#faultMs = nowMs;
    return {
      nowMs,
      members,
      hasGoodClocks: this.hasGoodClocks,
      isOurs: (serviceName) => this.#isOurs(serviceName),
      wasJava: (serviceName) => this.#notOursMs.has(serviceName),
      faultMs: this.#faultMs,
      viewMs: Math.max(this.#faultMs, this.#viewMs),
    };
  }

  // When members come to think otherwise about who is responsible, deadlines begin anew.
  #regardViews(): void {
    const views = this.members.map(({ healthy }) => healthy.join()).join(";");
    if (views === this.#views) return;
    this.#views = views;
    this.#viewMs = this.clock.nowMs;
    this.#noteJava();
  }

  #noteJava(): void {
    if (this.#java === undefined) return;
    for (const { subject } of this.clients) {
      const { serviceName } = subject;
      if (!this.#isOursNow(serviceName)) this.#notOursMs.set(serviceName, this.clock.nowMs);
    }
  }

  // What a Java member decided for a moment, in anybody's eyes, it may have decided wrongly.
  #isOurs(serviceName: string): boolean {
    const sinceMs = this.#notOursMs.get(serviceName) ?? Number.NEGATIVE_INFINITY;
    return this.#isOursNow(serviceName) && sinceMs + OURS_AFTER_MS <= this.clock.nowMs;
  }

  #isOursNow(serviceName: string): boolean {
    const java = this.#java;
    if (java === undefined) return true;
    if (java.peer.responsibleFor(serviceName) === java.address) return false;
    // A member that loads asks whoever is responsible while it is not counted.
    const unready = this.members.filter(({ isReady }) => !isReady).map(({ address }) => address);
    return this.members.every(({ healthy, address: self }) =>
      [healthy, healthy.filter((address) => !unready.includes(address))].every((addresses) => {
        const mapper = new DistroMapper({ self, addresses });
        return mapper.memberFor(serviceName) !== java.address;
      }),
    );
  }

  #client(subject: SimSubject): SimClient {
    return new SimClient(subject, {
      clock: this.outside,
      network: this.network,
      random: this.random,
      servers: () => this.#servers(),
      onAcknowledged: (client, write, answer) => this.#acknowledge(client, write, answer),
    });
  }

  #servers(): readonly Address[] {
    const java = this.#java === undefined ? [] : [this.#java.address];
    return [...this.#places.keys(), ...java];
  }

  #acknowledge(client: SimClient, write: SimWrite, answer: SimAnswer): void {
    const by = this.member(answer.decidedBy);
    this.checks.acknowledge(client, write, answer, by);
    if (write.kind === "register" || write.kind === "deregister") {
      this.log.add(client.address, `${write.kind}ed by ${answer.decidedBy}`, nameOf(write.subject));
    } else if (!answer.isKnown) {
      this.log.add(client.address, `unknown to ${answer.decidedBy}`, nameOf(write.subject));
    }
  }

  #take(write: SimWrite, atMs: Millis, isPassedOn: boolean): void {
    const client = this.#clientsByName.get(nameOf(write.subject));
    if (client !== undefined) this.checks.take(write, client, { atMs, isPassedOn });
  }

  #place(address: Address): Place {
    const place = this.#places.get(address);
    if (place === undefined) throw new Error(`there is no place at ${address}`);
    return place;
  }
}

function nameOf({ serviceName, ip, port }: SimSubject): string {
  return `${serviceName} ${ip}:${port}`;
}
