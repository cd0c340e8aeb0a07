import {
  type Clock,
  type Logger,
  type Meter,
  type Millis,
  NacreError,
  type Store,
} from "@nacre/core";
import { DelayTaskEngine, ExecuteTaskEngine, LocalConsistency, RepeatingTask } from "@nacre/engine";
import {
  defaultSwitches,
  Naming,
  PushService,
  type Service,
  ServiceAdmin,
  Subscribers,
} from "@nacre/naming";
import { HttpServer, NacosApi, nacosRoutes } from "@nacre/transport-http";
import { UdpPusher } from "@nacre/transport-udp";
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

  /** Where metrics are announced; `text` is what a scrape gets. */
  readonly meter: Meter & { text(): Promise<string> };
}

/** How long the last pushes may take when a member stops. */
const LAST_PUSHES_MS_MAX: Millis = 250;

/**
 * One member, built from its parts. Read the constructor to know what there is, and `#jobs` to know
 * what it does on its own; everything else happens because somebody asked.
 */
export class Server {
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
  #port = 0;
  #isStarted = false;

  constructor(config: Config, { clock, logger, store, meter }: ServerDependencies) {
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;

    // A write: HTTP → api → naming → consistency (store, then back to naming) → onChange → push.
    const consistency = new LocalConsistency({ store });
    this.naming = new Naming(
      { clock, logger: logger.child({ module: "naming" }), consistency },
      { ...namingOptions(config), onChange: (service) => this.#pushLater(service) },
    );
    const admin = new ServiceAdmin({ naming: this.naming });

    const subscribers = new Subscribers({ subscribersMax: config.subscribersMax });
    this.pusher = new UdpPusher(
      { clock, logger },
      { ...pushOptions(config), port: config.pushPort, ackTimeoutMs: config.pushAckTimeoutMs },
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

    const systemUsage = new SystemUsageProbe({ clock });
    const routes = nacosRoutes({
      clock,
      naming: this.naming,
      admin,
      pushService: this.pushService,
      switches: defaultSwitches,
      systemUsage: () => systemUsage.read(),
      port: () => this.#port,
    });
    const httpLogger = logger.child({ module: "http" });
    this.api = new NacosApi(
      { clock, logger: httpLogger },
      { routes, contextPath: config.contextPath },
    );
    this.http = new HttpServer({ logger: httpLogger, api: this.api }, httpOptions(config));
    void this.http.app.register(healthRoutes, { reasonsNotReady: () => this.#reasonsNotReady() });
    const prefix = `${config.contextPath}/actuator`;
    void this.http.app.register(actuatorRoutes, { prefix, metricsText: () => meter.text() });

    this.jobs = this.#jobs();
    announceMetrics(meter, this, { store, subscribers });
  }

  /** Everything that a member does on its own. */
  #jobs(): readonly RepeatingTask[] {
    const { sweepIntervalMs, pushAckTimeoutMs, emptyServiceAutoClean } = this.#config;
    const { emptyServiceCleanPeriodMs, emptyServiceCleanInitialDelayMs } = this.#config;
    const jobs = [
      // Instances without beats become unhealthy, then go.
      this.#job("check-beats", sweepIntervalMs, () => this.naming.check()),
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
    return emptyServiceAutoClean ? [...jobs, clean] : jobs;
  }

  /**
   * Starts every part, listening last. When that fails, nothing of it is left running.
   *
   * @returns the address clients use, `host:port`
   * @throws {@link NacreError} `START_FAILED` when a port cannot be had.
   */
  async start(): Promise<string> {
    await this.pusher.start();
    this.pushDelays.start();
    this.naming.livedTime.start();
    for (const job of this.jobs) job.start();
    this.#isStarted = true;
    const host = listenHost(this.#config.host);
    try {
      this.#port = await this.http.listen({ host, port: this.#config.port });
    } catch (error) {
      await this.stop();
      throw error;
    }
    return `${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  /**
   * Stops every part, listening first. What is in flight is answered, what is left after
   * `shutdownTimeoutMs` is cut. Then subscribers hear of the last changes.
   */
  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.http.close(this.#after(this.#config.shutdownTimeoutMs));
    await Promise.all(this.jobs.map((job) => job.stop()));
    this.naming.stop();
    this.pushDelays.stop();
    this.pushDelays.flush();
    const pushed = this.pushTasks.drain().then(() => this.pusher.drain());
    await Promise.race([pushed, this.#after(LAST_PUSHES_MS_MAX)]);
    await this.pushTasks.stop();
    await this.pusher.stop();
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
    return this.#isStarted ? [] : ["the member is starting or stopping"];
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
function pushOptions({ host, trustedProxies }: Config): { readonly host?: string } {
  return trustedProxies.length > 0 ? {} : { host: listenHost(host) };
}

// Members are still alone, and a lone member is for its own machine unless told otherwise.
function listenHost(host: string): string {
  return host || "127.0.0.1";
}
