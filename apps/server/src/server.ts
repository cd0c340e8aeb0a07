import {
  type Clock,
  type Logger,
  type Meter,
  type Millis,
  NacreError,
  type Store,
} from "@nacre/core";
import { DelayTaskEngine, ExecuteTaskEngine, RepeatingTask } from "@nacre/engine";
import {
  defaultSwitches,
  Naming,
  PushService,
  type Service,
  ServiceAdmin,
  Subscribers,
} from "@nacre/naming";
import {
  HttpServer,
  NacosApi,
  type NacosRoutesOptions,
  nacosRoutes,
  type ServerStatus,
} from "@nacre/transport-http";
import { UdpPusher } from "@nacre/transport-udp";
import { Cluster } from "./cluster.ts";
import { aloneSetup, type MemberSetup } from "./members/member-setup.ts";
import { actuatorRoutes } from "./actuator-routes.ts";
import { healthRoutes } from "./health-routes.ts";
import { announceMetrics } from "./metrics.ts";
import type { Config } from "./settings/config.ts";
import { SystemUsageProbe } from "./system-usage.ts";

/** What a {@link Server} is built from. */
export interface ServerDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Store;

  /** Who the members are, and this one among them. @defaultValue it runs alone */
  readonly setup?: MemberSetup;

  /** Where metrics are announced; `text` is what a scrape gets. */
  readonly meter: Meter & { text(): Promise<string> };

  /** Called when somebody has asked the member to leave, perhaps again. @defaultValue it stops */
  readonly onLeave?: () => void;
}

/** How long peers may take to hear of the last changes when a member stops. */
const LAST_SYNCS_MS_MAX: Millis = 500;

/** How long the last pushes may take when a member stops. */
const LAST_PUSHES_MS_MAX: Millis = 250;

/**
 * One member, built from its parts. Read the constructor to know what there is, and `#jobs` to know
 * what it does on its own; everything else happens because somebody asked.
 */
export class Server {
  /** Its peers, and what it has to do with them. */
  readonly cluster: Cluster;

  /** The registry. */
  readonly naming: Naming;
  readonly pushService: PushService;
  readonly pusher: UdpPusher;
  readonly api: NacosApi;
  readonly http: HttpServer;

  /** Services that changed, held back so that several changes are one push. */
  readonly pushDelays: DelayTaskEngine<Service>;

  /** Pushes under way, in order per service. */
  readonly pushTasks: ExecuteTaskEngine;

  /** Everything that happens again and again. */
  readonly jobs: readonly RepeatingTask[];

  readonly #config: Config;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #isAlone: boolean;
  readonly #onLeave: () => void;
  #port = 0;
  #isStarted = false;

  constructor(config: Config, dependencies: ServerDependencies) {
    const { clock, logger, store, meter, setup = aloneSetup(config.port) } = dependencies;
    this.#config = config;
    this.#isAlone = setup.isAlone;
    this.#onLeave = dependencies.onLeave ?? ((): void => void this.stop());
    this.#clock = clock;
    this.#logger = logger;

    // A write: HTTP → api → (another member, or) naming → distro: store, then back to naming, and to
    // the peers behind that → onChange → push.
    this.cluster = new Cluster(config, setup, { clock, logger, store });
    this.naming = new Naming(
      {
        clock,
        logger: logger.child({ module: "naming" }),
        consistency: this.cluster.distro,
      },
      {
        ...namingOptions(config),
        ...(!setup.isAlone && { responsibility: this.cluster.membership }),
        isServing: () => this.cluster.membership.isReady,
        onBeat: (beaten) => this.cluster.noteBeat(beaten),
        onChange: (service) => this.#pushLater(service),
      },
    );

    const subscribers = new Subscribers({ subscribersMax: config.subscribersMax });
    this.pusher = new UdpPusher(
      { clock, logger },
      {
        ...pushOptions(config, setup.isAlone),
        port: config.pushPort,
        ackTimeoutMs: config.pushAckTimeoutMs,
      },
    );
    const { livedTime } = this.naming;
    this.pushService = new PushService({
      clock,
      livedTime,
      subscribers,
      pusher: this.pusher,
      switches: defaultSwitches,
    });
    const pushLogger = logger.child({ module: "push" });
    this.pushTasks = new ExecuteTaskEngine(
      { clock, logger: pushLogger },
      { tasksMax: config.pushTasksMax },
    );
    this.pushDelays = new DelayTaskEngine<Service>(
      { clock, logger: pushLogger },
      {
        tasksMax: config.pushTasksMax,
        merge: (_older, newer) => newer,
        process: (key, service) => this.pushTasks.run(key, () => this.pushService.push(service)),
      },
    );

    this.api = this.#createApi(setup);
    const httpLogger = logger.child({ module: "http" });
    this.http = new HttpServer({ logger: httpLogger, api: this.api }, httpOptions(config));
    void this.http.app.register(healthRoutes, { reasonsNotReady: () => this.#reasonsNotReady() });
    const prefix = `${config.contextPath}/actuator`;
    void this.http.app.register(actuatorRoutes, { prefix, metricsText: () => meter.text() });

    this.jobs = this.#jobs();
    announceMetrics(meter, this, { store, subscribers });
  }

  #createApi(setup: MemberSetup): NacosApi {
    const clock = this.#clock;
    const { naming, pushService } = this;
    const systemUsage = new SystemUsageProbe({ clock });
    const routes = nacosRoutes({
      clock,
      naming,
      admin: new ServiceAdmin({ naming }),
      pushService,
      switches: defaultSwitches,
      systemUsage: () => systemUsage.read(),
      port: () => this.#port,
      peers: this.#peerRoutes(setup),
      convergence: this.cluster.view,
      leave: { guard: this.cluster.guard, onLeave: (by) => this.#leave(by) },
    });
    const logger = this.#logger.child({ module: "http" });
    const { contextPath } = this.#config;
    // A lone member has nobody to ask.
    const writes = setup.isAlone ? undefined : this.cluster.writes;
    const status = (): ServerStatus => this.cluster.status;
    return new NacosApi({ clock, logger, writes }, { routes, contextPath, status });
  }

  /** Everything that a member does on its own. */
  #jobs(): readonly RepeatingTask[] {
    const { sweepIntervalMs, pushAckTimeoutMs, emptyServiceAutoClean } = this.#config;
    const { emptyServiceCleanPeriodMs, emptyServiceCleanInitialDelayMs } = this.#config;
    const jobs = [
      // Instances without beats become unhealthy, then go.
      this.#job("check-beats", sweepIntervalMs, () => this.#checkBeats()),
      // Pushes that nobody acknowledged are sent once more, or given up.
      this.#job("check-pushes", Math.min(1_000, pushAckTimeoutMs), () => this.pusher.check()),
      // Clients that no longer ask are no longer told.
      this.#job("forget-subscribers", 20_000, () => this.pushService.sweep()),
    ];
    // Services that stay empty are removed.
    const clean = this.#job(
      "clean-empty-services",
      emptyServiceCleanPeriodMs,
      () => this.naming.cleanEmptyServices(),
      emptyServiceCleanInitialDelayMs,
    );
    return [...jobs, ...(emptyServiceAutoClean ? [clean] : []), ...this.#clusterJobs()];
  }

  // Before silence is judged: a member that stood still for long may judge nothing.
  #checkBeats(): void {
    this.cluster.distro.noticeStandstill();
    this.naming.check();
  }

  // What there is to do for and with peers. A lone member has none, but it remembers what is gone.
  #clusterJobs(): readonly RepeatingTask[] {
    const { memberReportIntervalMs } = this.#config;
    const { membership, distro } = this.cluster;
    const jobs = this.#isAlone ? distro.jobs.filter(({ needsPeers }) => !needsPeers) : distro.jobs;
    return [
      ...(this.#isAlone
        ? []
        : [this.#job("report", memberReportIntervalMs, () => membership.report())]),
      ...jobs.map(({ name, intervalMs, run }) => this.#job(name, intervalMs, run)),
    ];
  }

  #peerRoutes({ isAlone }: MemberSetup): NonNullable<NacosRoutesOptions["peers"]> {
    const { membership, distro, guard, counters } = this.cluster;
    return {
      clock: this.#clock,
      naming: this.naming,
      cluster: membership,
      handler: distro,
      guard,
      counters,
      isStandalone: isAlone,
    };
  }

  /**
   * Starts every part. It listens before it has loaded what the peers hold: they may start as well,
   * and wait for an answer. When starting fails, nothing of it is left running.
   *
   * @returns the address clients use, `host:port`
   * @throws {@link NacreError} `START_FAILED` when a port cannot be had; what `MemberLookup.start` throws.
   */
  async start(): Promise<string> {
    await this.pusher.start();
    this.pushDelays.start();
    this.naming.livedTime.start();
    this.#isStarted = true;
    const host = listenHost(this.#config.host, this.#isAlone);
    try {
      this.#port = await this.http.listen({ host, port: this.#config.port });
      await this.cluster.start(this.naming);
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const job of this.jobs) job.start();
    return `${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  /**
   * Stops every part: peers are told, then nobody is listened to. What is in flight is answered, what
   * is left after `shutdownTimeoutMs` is cut. Then peers and subscribers hear of the last changes.
   */
  async stop(): Promise<void> {
    this.#isStarted = false;
    await Promise.race([this.cluster.leave(), this.#after(LAST_SYNCS_MS_MAX)]);
    await this.http.close(this.#after(this.#config.shutdownTimeoutMs));
    await Promise.all(this.jobs.map((job) => job.stop()));
    this.naming.stop();
    await Promise.race([this.cluster.flush(), this.#after(LAST_SYNCS_MS_MAX)]);
    await this.cluster.stop();
    this.pushDelays.stop();
    this.pushDelays.flush();
    const pushed = this.pushTasks.drain().then(() => this.pusher.drain());
    await Promise.race([pushed, this.#after(LAST_PUSHES_MS_MAX)]);
    await this.pushTasks.stop();
    await this.pusher.stop();
  }

  #leave(by: string): void {
    this.#logger.info({ by }, "asked to leave");
    this.#onLeave();
  }

  #pushLater(service: Service): void {
    if (!this.pushService.isWatched(service.key)) return;
    try {
      this.pushDelays.add(service.key, service, this.#config.pushDelayMs);
    } catch (error) {
      // The write stands whether or not there is room to tell of it: subscribers also poll. The
      // engine has counted it.
      if (!(error instanceof NacreError)) throw error;
    }
  }

  #after(durationMs: Millis): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.schedule(durationMs, resolve);
    });
  }

  #reasonsNotReady(): readonly string[] {
    if (!this.#isStarted) return ["the member is starting or stopping"];
    const { reasonNotReady } = this.cluster;
    return reasonNotReady === undefined ? [] : [reasonNotReady];
  }

  #job(
    name: string,
    intervalMs: Millis,
    run: () => void,
    initialDelayMs: Millis = intervalMs,
  ): RepeatingTask {
    return new RepeatingTask(
      { clock: this.#clock, logger: this.#logger.child({ module: "jobs" }) },
      { name, intervalMs, run, initialDelayMs },
    );
  }
}

function namingOptions(config: Config): ConstructorParameters<typeof Naming>[1] {
  const { sweepIntervalMs, pauseToleranceMs, historyMax, servicesMax, instancesMax } = config;
  return {
    sweepIntervalMs,
    pauseToleranceMs,
    historyMax,
    servicesMax,
    instancesMax,
    expireInstances: config.expireInstance,
    brake: {
      enabled: config.brakeEnabled,
      windowMs: config.brakeWindowMs,
      serviceFreeCount: config.brakeServiceFreeCount,
      serviceRatio: config.brakeServiceRatio,
      namespaceFreeCount: config.brakeNamespaceFreeCount,
      namespaceRatio: config.brakeNamespaceRatio,
      holdMs: config.brakeHoldMs,
    },
  };
}

function httpOptions(config: Config): ConstructorParameters<typeof HttpServer>[1] {
  const { trustedProxies, paramsMax, connectionsMax } = config;
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = config;
  return {
    trustedProxies,
    paramsMax,
    connectionsMax,
    headersTimeoutMs,
    requestTimeoutMs,
    keepAliveTimeoutMs,
    bodyBytesMax: config.bodyMaxBytes,
    headerBytesMax: config.headerMaxBytes,
  };
}

// Datagrams leave from the address that clients know. Those that go where a proxy says may need
// another way out, so then the operating system chooses.
function pushOptions(
  { host, trustedProxies }: Config,
  isAlone: boolean,
): { readonly host?: string } {
  return trustedProxies.length > 0 ? {} : { host: listenHost(host, isAlone) };
}

// A lone member is for its own machine unless told otherwise; one of several is for all that reach it.
function listenHost(host: string, isAlone: boolean): string {
  return host || (isAlone ? "127.0.0.1" : "0.0.0.0");
}
