import type { Meter, Sample, Store } from "@nacre/core";
import type { Subscribers } from "@nacre/naming";
import { announceCluster } from "./cluster-metrics.ts";
import type { Server } from "./server.ts";

/** Parts that {@link announceMetrics} reads besides the server's own. */
export interface MeteredParts {
  readonly store: Store;
  readonly subscribers: Subscribers;
}

/** Announces every metric of a member. `docs/metrics.md` is written from this list. */
export function announceMetrics(
  meter: Meter,
  server: Server,
  { store, subscribers }: MeteredParts,
): void {
  announceNaming(meter, server, subscribers);
  announcePush(meter, server);
  announceCluster(meter, server.cluster);
  meter.gauge("nacre_store_data", "Data in the store.", () => store.size);
  meter.counter(
    "nacre_http_requests_total",
    "Requests answered by the API.",
    () => server.http.requestCount,
  );
  meter.counter(
    "nacre_http_malformed_total",
    "Connections that sent no proper HTTP, too much, or too slowly.",
    () => server.http.malformedCount,
  );
  meter.counter("nacre_job_runs_total", "Runs of each periodic job.", () =>
    server.jobs.map(({ name, runs }) => ({ labels: { job: name }, value: runs })),
  );
  meter.counter("nacre_job_failures_total", "Runs of each periodic job that failed.", () =>
    server.jobs.map(({ name, failures }) => ({ labels: { job: name }, value: failures })),
  );
  meter.gauge(
    "nacos_monitor",
    "What Nacos 1.4.1 shows of its naming module, under its names.",
    () => nacosMonitor(server),
  );
}

function announceNaming(meter: Meter, { naming }: Server, subscribers: Subscribers): void {
  meter.gauge("nacre_naming_services", "Services.", () => naming.services.size);
  meter.gauge("nacre_naming_instances", "Instances.", () => naming.instanceCount);
  meter.gauge(
    "nacre_naming_held_instances",
    "Instances listed as unhealthy because the brake on mass expiry holds their removal.",
    () => naming.held.size,
  );
  meter.counter("nacre_naming_beats_total", "Beats taken.", () => naming.beatCount);
  meter.counter("nacre_naming_changes_total", "Changes of instances.", () => naming.changeCount);
  meter.gauge("nacre_naming_history_entries", "Changes in the history.", () => naming.history.size);
  meter.counter(
    "nacre_naming_pauses_total",
    "Times the process stood still and deadlines were moved.",
    () => naming.livedTime.pauseCount,
  );
  meter.counter(
    "nacre_naming_paused_seconds_total",
    "How long the process stood still in all.",
    () => naming.livedTime.pausedMs / 1_000,
  );
  meter.gauge("nacre_naming_subscribers", "Subscribers.", () => subscribers.size);
  meter.counter(
    "nacre_naming_subscribers_refused_total",
    "Subscriptions turned away because there were too many, or theirs was too long.",
    () => subscribers.refusedCount,
  );
}

function announcePush(meter: Meter, { pusher, pushDelays, pushTasks }: Server): void {
  meter.counter(
    "nacre_push_sent_total",
    "Pushes sent, repetitions not counted.",
    () => pusher.pushedCount,
  );
  meter.counter("nacre_push_acked_total", "Pushes acknowledged.", () => pusher.ackedCount);
  meter.counter("nacre_push_repeated_total", "Pushes sent again.", () => pusher.repeatedCount);
  meter.counter("nacre_push_failed_total", "Pushes given up.", () => pusher.failedCount);
  meter.counter(
    "nacre_push_withheld_total",
    "Pushes not sent to unreachable subscribers.",
    () => pusher.withheldCount,
  );
  meter.counter(
    "nacre_push_too_large_total",
    "Pushes that no datagram can carry.",
    () => pusher.tooLargeCount,
  );
  meter.counter(
    "nacre_push_dropped_total",
    "Pushes dropped for want of room.",
    () => pusher.droppedCount,
  );
  meter.counter(
    "nacre_push_send_errors_total",
    "Datagrams the operating system refused.",
    () => pusher.sendErrorCount,
  );
  meter.counter(
    "nacre_push_stray_acks_total",
    "Acks that came late, twice, from elsewhere, or for a push that was replaced.",
    () => pusher.strayAckCount,
  );
  meter.counter(
    "nacre_push_bad_datagrams_total",
    "Datagrams received that are no acks.",
    () => pusher.badDatagramCount,
  );
  meter.gauge("nacre_push_pending", "Pushes that wait for an ack.", () => pusher.pendingCount);
  meter.gauge(
    "nacre_push_unreachable",
    "Subscribers that never acknowledge.",
    () => pusher.unreachableCount,
  );
  meter.gauge("nacre_push_delayed", "Services that wait to be pushed.", () => pushDelays.size);
  meter.counter(
    "nacre_push_refused_total",
    "Changes not pushed because a queue was full.",
    () => pushDelays.refusedCount + pushTasks.refusedCount,
  );
}

function nacosMonitor({ naming, pusher }: Server): readonly Sample[] {
  const values: Readonly<Record<string, number>> = {
    serviceCount: naming.services.size,
    ipCount: naming.instanceCount,
    maxPushCost: pusher.maxCostMs,
    avgPushCost: pusher.avgCostMs,
    totalPush: pusher.pushedCount,
    failedPush: pusher.failedCount,
    leaderStatus: 0,
    mysqlhealthCheck: 0,
    httpHealthCheck: 0,
    tcpHealthCheck: 0,
  };
  return Object.entries(values).map(([name, value]) => ({
    labels: { module: "naming", name },
    value,
  }));
}
