import {
  type Address,
  type Beaten,
  type Clock,
  type Logger,
  type Store,
  type Transport,
  Versions,
} from "@nacre/core";
import { DistroProtocol, Forwarder, Membership } from "@nacre/engine";
import type { Naming } from "@nacre/naming";
import {
  type ByteCounts,
  type ConvergenceView,
  DistroAgent,
  ForwardAgent,
  type Identity,
  type PeerCounters,
  PeerGuard,
  type ServerStatus,
  WriteForwarding,
} from "@nacre/transport-http";
import { convergenceViewOf } from "./convergence-view.ts";
import { MemberAddresses } from "./members/member-addresses.ts";
import type { MemberLookup } from "./members/member-lookup.ts";
import type { MemberSetup } from "./members/member-setup.ts";
import type { Config } from "./settings/config.ts";
import { packageVersion } from "./version.ts";

/** What a {@link Cluster} is built from. */
export interface ClusterDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Store;
}

/**
 * A member's part in the cluster: who the others are, what it tells them and what they ask, and who
 * decides a write. Without others it is a map with a listener.
 */
export class Cluster {
  readonly membership: Membership;

  /** The consistency service of this member, and the answers to its peers. */
  readonly distro: DistroProtocol;
  readonly agent: DistroAgent;
  readonly forwarder: Forwarder;
  readonly writes: WriteForwarding;
  readonly guard: PeerGuard;
  readonly counters: PeerCounters = { droppedCount: 0 };

  /** How far this member and its peers agree. */
  readonly view: ConvergenceView;

  readonly #addresses: MemberAddresses;
  readonly #forwardAgent: ForwardAgent;
  readonly #lookup: MemberLookup;
  #known: ReadonlySet<Address> = new Set();
  #naming: Naming | undefined;
  #isLeaving = false;

  constructor(
    config: Config,
    { self, isAlone, addresses, lookup }: MemberSetup,
    { clock, logger, store }: ClusterDependencies,
  ) {
    this.#lookup = lookup;
    const identity = identityOf(config);
    this.agent = new DistroAgent({ clock }, { ...agentOptions(config), self, identity });
    this.membership = new Membership(
      { clock, logger: logger.child({ module: "members" }), transport: this.agent },
      {
        self,
        isAlone,
        addresses,
        version: packageVersion(),
        failAccessCntMax: config.failAccessCntMax,
        onChange: () => this.#regardMembers(),
      },
    );
    const versions = new Versions({ clock });
    const dependencies = { clock, logger, store, versions, transport: this.agent };
    this.distro = this.#distro(config, isAlone, dependencies);
    this.#addresses = new MemberAddresses({ clock, logger: logger.child({ module: "members" }) });
    this.guard = new PeerGuard(
      {
        clock,
        logger: logger.child({ module: "guard" }),
        members: {
          isMember: (address) => this.membership.member(address) !== undefined,
          isMemberIp: (ip) => this.#addresses.isMemberIp(ip),
        },
      },
      { checkSource: config.peerSourceCheck, identity },
    );
    const forwardLogger = logger.child({ module: "forward" });
    this.forwarder = new Forwarder(
      { clock, logger: forwardLogger, membership: this.membership },
      { pendingMax: config.forwardPendingMax },
    );
    this.#forwardAgent = new ForwardAgent({ clock }, forwardOptions(config, self, identity));
    this.writes = new WriteForwarding({
      logger: forwardLogger,
      forwarding: this.forwarder,
      agent: this.#forwardAgent,
      isMember: (caller) => this.guard.isTrusted(caller),
      status: () => this.status,
      nextVersion: () => versions.next(),
    });
    const { membership, distro, forwarder } = this;
    const reasonNotReady = (): string | undefined => this.reasonNotReady;
    const parts = { clock, membership, distro, forwarder, reasonNotReady };
    this.view = convergenceViewOf(parts, { contextPath: config.contextPath });
  }

  /** In the words of Nacos; lists are answered only while it is `UP`. */
  get status(): ServerStatus {
    this.distro.noticeStandstill();
    return this.membership.isReady ? "UP" : "STARTING";
  }

  /** Why it does not serve; `undefined` when it does. */
  get reasonNotReady(): string | undefined {
    if (this.#isLeaving) return "the member is leaving";
    return this.membership.isReady ? undefined : (this.distro.loader.reason ?? "loading");
  }

  /** What the calls to peers have cost, by the kind of call. */
  get bytesByCall(): ReadonlyMap<string, ByteCounts> {
    return new Map([...this.agent.bytesByCall, ["forward", this.#forwardAgent.bytes]]);
  }

  /** Lets peers hear of a beat that was taken here. Hot. */
  noteBeat(beaten: Beaten): void {
    this.distro.noteBeat(beaten);
  }

  /** Begins to look for members, to load from them, and to tell them of what changes. */
  async start(naming: Naming): Promise<void> {
    this.#naming = naming;
    this.#addresses.start();
    await this.#addresses.setMembers(this.membership.members.map(({ address }) => address));
    await this.#lookup.start((addresses) => this.membership.setAddresses(addresses));
    this.distro.start();
  }

  /**
   * Tells peers that this member goes, so that they ask it nothing any more and take its services over.
   * Never rejects.
   */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#lookup.stop();
    await this.membership.leave();
  }

  /** Tells peers what they have not heard yet. Never rejects. */
  async flush(): Promise<void> {
    await this.distro.leave();
  }

  /** Ends all calls. Final. */
  async stop(): Promise<void> {
    this.#isLeaving = true;
    this.#lookup.stop();
    this.#addresses.stop();
    this.distro.stop();
    await Promise.all([this.agent.close(), this.#forwardAgent.close()]);
  }

  #distro(
    config: Config,
    isAlone: boolean,
    dependencies: {
      readonly clock: Clock;
      readonly logger: Logger;
      readonly store: Store;
      readonly versions: Versions;
      readonly transport: Transport;
    },
  ): DistroProtocol {
    return new DistroProtocol(
      {
        ...dependencies,
        logger: dependencies.logger.child({ module: "distro" }),
        membership: this.membership,
        livedNowMs: () => this.#naming?.livedTime.nowMs() ?? 0,
        servicesOf: () => this.#naming?.services.all() ?? [],
      },
      {
        onLoaded: () => this.membership.ready(),
        verifyIntervalMs: config.verifyIntervalMs,
        beatRelayIntervalMs: config.beatRelayIntervalMs,
        data: { keepsDigest: !isAlone },
        sync: {
          delayMs: config.syncDelayMs,
          batchMax: config.syncBatchMax,
          retryDelayMs: config.syncRetryDelayMs,
        },
        load: { loadRetryDelayMs: config.loadRetryDelayMs, coldStartMs: config.coldStartMs },
      },
    );
  }

  #regardMembers(): void {
    const addresses = this.membership.members.map(({ address }) => address);
    for (const gone of this.#known) {
      if (addresses.includes(gone)) continue;
      this.agent.forget(gone);
      this.#forwardAgent.forget(gone);
    }
    this.#known = new Set(addresses);
    void this.#addresses.setMembers(addresses);
    this.distro.regardMembers();
    this.#naming?.regardResponsibility();
  }
}

function identityOf({ serverIdentityKey, serverIdentityValue }: Config): Identity | undefined {
  if (serverIdentityKey === "" || serverIdentityValue === "") return undefined;
  return { key: serverIdentityKey, value: serverIdentityValue };
}

function agentOptions({ contextPath, peerTimeoutMs }: Config): {
  readonly contextPath: string;
  readonly timeoutMs: number;
} {
  return { contextPath, timeoutMs: peerTimeoutMs };
}

function forwardOptions(
  { forwardTimeoutMs, forwardPendingMax }: Config,
  self: Address,
  identity: Identity | undefined,
): ConstructorParameters<typeof ForwardAgent>[1] {
  return {
    self,
    timeoutMs: forwardTimeoutMs,
    pendingMax: forwardPendingMax,
    headers: identity === undefined ? {} : { [identity.key]: identity.value },
  };
}
