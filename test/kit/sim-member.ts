import {
  type Address,
  type Instance,
  type InstanceKey,
  type Logger,
  type Millis,
  NacreError,
  Versions,
} from "@nacre/core";
import { DistroProtocol, Forwarder, Membership, RepeatingTask } from "@nacre/engine";
import { Naming, type Service } from "@nacre/naming";
import { MemoryStore } from "@nacre/store-memory";
import type { MemberClock } from "./sim-clock.ts";
import { SimExpiryWatch } from "./sim-expiry-watch.ts";
import { mutated, type SimMutation } from "./sim-mutations.ts";
import type { SimCall, SimEndpoint, SimNetwork } from "./sim-network.ts";
import { handleCall, SimTransport } from "./sim-transport.ts";
import {
  CLUSTER,
  NAMESPACE,
  type SimAnswer,
  type SimForward,
  type SimSubject,
  type SimWrite,
  specOf,
} from "./sim-write.ts";

export type { SimMutation } from "./sim-mutations.ts";

/** What a {@link SimMember} lives in. */
export interface SimMemberDependencies {
  readonly clock: MemberClock;
  readonly network: SimNetwork;
  readonly logger: Logger;
}

/** Who a {@link SimMember} is. */
export interface SimMemberOptions {
  readonly self: Address;

  /** All members as they are listed for it, self included. */
  readonly addresses: readonly Address[];

  /** A mechanism that it goes without. */
  readonly mutation?: SimMutation | undefined;

  /** Told when it accepts a client's write, and when it decides one that another has accepted. */
  readonly onTaken?: (write: SimWrite, atMs: Millis, isPassedOn: boolean) => void;

  /** Told when it has changed its mind about who is there. */
  readonly onView?: () => void;
}

const FORWARD_MS: Millis = 2_000;

/** The brake of a product that serves thousands, made for sixty instances. */
const BRAKE = {
  serviceFreeCount: 2,
  serviceRatio: 0.3,
  namespaceFreeCount: 6,
  namespaceRatio: 0.2,
} as const;

/**
 * The process of one Nacre member: the same parts as `apps/server` puts together, with the same jobs,
 * on a simulated clock and network instead of HTTP.
 */
export class SimMember implements SimEndpoint {
  readonly clock: MemberClock;
  readonly address: Address;
  readonly naming: Naming;
  readonly membership: Membership;
  readonly distro: DistroProtocol;

  /** Whom it lists, self included. */
  listed: ReadonlySet<Address>;

  /** Looks at what it decides because beats stopped. */
  readonly expiryWatch: SimExpiryWatch;

  readonly #network: SimNetwork;
  readonly #forwarder: Forwarder;
  readonly #versions: Versions;
  readonly #jobs: readonly RepeatingTask[];
  readonly #mutation: SimMutation | undefined;
  readonly #onTaken: (write: SimWrite, atMs: Millis, isPassedOn: boolean) => void;
  readonly #onView: () => void;

  constructor({ clock, network, logger }: SimMemberDependencies, options: SimMemberOptions) {
    const { self, addresses, mutation } = options;
    this.clock = clock;
    this.address = self;
    this.listed = new Set(addresses);
    this.#network = network;
    this.#mutation = mutation;
    this.#onTaken = options.onTaken ?? (() => undefined);
    this.#onView = options.onView ?? (() => undefined);
    const parts = mutated(mutation);
    const transport = parts.transport(new SimTransport({ clock, network }, self));
    const store = new MemoryStore();
    this.#versions = new Versions({ clock });
    this.membership = new Membership(
      { clock, logger, transport },
      { self, isAlone: false, addresses, version: "0.0.0", onChange: () => this.#regardMembers() },
    );
    this.distro = new DistroProtocol(
      {
        clock,
        logger,
        store,
        versions: this.#versions,
        transport,
        membership: this.membership,
        livedNowMs: () => this.naming.livedTime.nowMs(),
        servicesOf: () => this.naming.services.all(),
      },
      { ...parts.distro, onLoaded: () => this.membership.ready() },
    );
    this.expiryWatch = new SimExpiryWatch(network.clock, { ...BRAKE, windowMs: 10_000 });
    this.naming = new Naming(
      { clock, logger, consistency: parts.consistency(this.expiryWatch.around(this.distro)) },
      {
        responsibility: this.membership,
        isServing: () => this.membership.isReady,
        onBeat: (beaten) => this.distro.noteBeat(beaten),
        brake: { ...BRAKE, ...parts.brake },
        historyMax: 2_000,
      },
    );
    this.expiryWatch.watch(this.naming);
    this.#forwarder = new Forwarder({ clock, logger, membership: this.membership });
    this.#jobs = this.#makeJobs(logger, parts.jobs);
  }

  get isReady(): boolean {
    return this.membership.isReady;
  }

  get isPaused(): boolean {
    return this.clock.isPaused;
  }

  /** The members that count for it when services are shared out. */
  get healthy(): readonly Address[] {
    return this.membership.mapper.addresses;
  }

  start(): void {
    this.naming.livedTime.start();
    this.distro.start();
    for (const job of this.#jobs) job.start();
    if (this.#mutation === "load before ready") this.membership.ready();
  }

  /** Tells peers that it is about to stop, after what they have not heard yet. */
  leave(): Promise<void> {
    return this.distro.leave();
  }

  /** Ends the process at once. */
  kill(): void {
    this.clock.stop();
  }

  setAddresses(addresses: readonly Address[]): void {
    this.listed = new Set(addresses);
    this.membership.setAddresses(addresses);
  }

  /** What clients that ask for a service get. */
  list(serviceName: string): readonly Instance[] {
    return this.naming.services.get(NAMESPACE, serviceName)?.instances ?? nobody;
  }

  /** Whether an instance is listed only because the brake holds its removal. */
  isHeld(serviceName: string, key: InstanceKey): boolean {
    const lease = this.naming.services.get(NAMESPACE, serviceName)?.leases.get(key);
    return lease !== undefined && this.naming.held.has(lease);
  }

  /** What could grow without bound, and must not. */
  sizes(): Readonly<Record<string, number>> {
    const { sync, beats, handOvers, data } = this.distro;
    return {
      "keys to sync": sync.queuedCount + sync.heldBackCount,
      "beats to relay": beats.queuedCount,
      "writes to hand over": handOvers.size,
      tombstones: data.goneCount,
      clock: this.#network.clock.size / 16,
    };
  }

  /** What was written down of an instance, oldest first. */
  historyOf(serviceName: string, address: string): readonly string[] {
    const [ip = "", port = "0"] = address.split(":");
    const query = { namespaceId: NAMESPACE, serviceName, ip, port: Number(port), countMax: 8 };
    const aheadMs = this.clock.epochMs() - this.#network.clock.nowMs;
    return this.naming.history
      .find(query)
      .entries.map(
        ({ atMs, cause, detail }) => `${((atMs - aheadMs) / 1_000).toFixed(3)} ${cause}: ${detail}`,
      );
  }

  answer(call: SimCall): unknown {
    switch (call.kind) {
      case "write":
        return this.#onWrite(call);
      case "forward":
        return this.#onForward(call);
      case "statuses":
        return this.#statuses(call);
      default:
        return handleCall(call, this.distro, (address) => this.#isMember(address));
    }
  }

  #isMember(address: Address): boolean {
    return this.membership.member(address) !== undefined;
  }

  #regardMembers(): void {
    this.distro.regardMembers();
    this.expiryWatch.regard((serviceName) => this.membership.isResponsible(serviceName));
    this.naming.regardResponsibility();
    this.#onView();
    if (this.#mutation !== "grace") return;
    for (const service of this.naming.services.all()) forgetGrace(service);
  }

  #checkBeats(): void {
    this.distro.noticeStandstill();
    this.naming.check();
  }

  #makeJobs(logger: Logger, without: ReadonlySet<string>): readonly RepeatingTask[] {
    const jobs = [
      { name: "check-beats", intervalMs: 500, run: () => this.#checkBeats() },
      { name: "report", intervalMs: 2_000, run: () => this.membership.report() },
      ...this.distro.jobs,
    ];
    return jobs
      .filter(({ name }) => !without.has(name))
      .map((job) => new RepeatingTask({ clock: this.clock, logger }, job));
  }

  // A client's write: answered by the responsible member, or here when that one cannot.
  #onWrite({ from, body }: SimCall): SimAnswer | Promise<SimAnswer> {
    const write = body as SimWrite;
    const { serviceName } = write.subject;
    const peer = this.#forwarder.peerFor(serviceName);
    if (peer === undefined) return this.#decide(write, from);
    const isBeat = write.kind === "beat" || write.kind === "light beat";
    if (isBeat && this.#forwarder.mayTakeBeat(serviceName) && this.#isHealthy(write.subject)) {
      return this.#decide(write, from);
    }
    return this.#passOn(peer, write, from);
  }

  async #passOn(peer: Address, write: SimWrite, by: Address): Promise<SimAnswer> {
    const acceptedAs = this.#versions.next();
    this.#onTaken(write, this.#network.clock.nowMs, false);
    const end = this.#forwarder.begin(peer);
    const forward: SimForward = { write, acceptedAs };
    const call: SimCall = { from: this.address, to: peer, kind: "forward", body: forward };
    try {
      const answer = (await this.#network.call(this.clock, call, FORWARD_MS)) as SimAnswer;
      end("answered");
      return answer;
    } catch (error) {
      if (!(error instanceof NacreError)) throw error;
      end(isRefusal(error) ? "refused" : "failed");
      return this.#decide(write, by, acceptedAs);
    }
  }

  // What a Nacre member passes on is decided here if this one serves; for Java only if it is ours.
  #onForward({ from, body }: SimCall): SimAnswer {
    const { write, acceptedAs } = body as SimForward;
    if (acceptedAs !== undefined && this.#isMember(from)) {
      if (!this.isReady) throw new NacreError("STARTING", "this member does not serve");
    } else if (!this.#forwarder.isResponsible(write.subject.serviceName)) {
      throw new NacreError("NOT_RESPONSIBLE", "receive invalid redirect request from peer");
    }
    return this.#decide(write, from, acceptedAs);
  }

  #decide(write: SimWrite, by: Address, acceptedAs?: number): SimAnswer {
    const { kind, subject } = write;
    const { serviceName, ip, port } = subject;
    const counted = this.#mutation === "version of acceptance" ? undefined : acceptedAs;
    const about = { namespaceId: NAMESPACE, serviceName, by, acceptedAs: counted };
    const address = { ip, port, clusterName: CLUSTER };
    const spec = specOf(subject);
    const atMs = this.#network.clock.nowMs;
    const answer: SimAnswer = { isKnown: true, decidedBy: this.address, atMs };
    if (kind === "register") this.naming.register(about, spec);
    else if (kind === "deregister") this.naming.deregister(about, address, true);
    else {
      const beat = this.naming.beat(about, address, kind === "beat" ? spec : undefined);
      if (!beat.isKnown) return { ...answer, isKnown: false };
    }
    this.#onTaken(write, atMs, acceptedAs !== undefined);
    return answer;
  }

  #isHealthy({ serviceName, ip, port }: SimSubject): boolean {
    const about = { namespaceId: NAMESPACE, serviceName };
    const lease = this.naming.leaseOf(about, { ip, port, clusterName: CLUSTER });
    return lease?.instance.healthy === true;
  }

  #statuses({ body }: SimCall): ReadonlyMap<string, boolean> {
    const service = this.naming.services.all();
    for (const { key, instances } of service) {
      if (key !== body) continue;
      return new Map(instances.map(({ ip, port, healthy }) => [`${ip}:${port}`, healthy]));
    }
    throw new NacreError("SERVICE_NOT_FOUND", "no such service");
  }
}

const nobody: readonly Instance[] = [];

function forgetGrace(service: Service): void {
  service.isOursSinceMs = Number.NEGATIVE_INFINITY;
}

// A peer that answers at all, and with less than a server's trouble, takes the next write.
function isRefusal({ code, cause }: NacreError): boolean {
  return code === "PEER_REFUSED" && cause instanceof NacreError && cause.code !== "STARTING";
}
