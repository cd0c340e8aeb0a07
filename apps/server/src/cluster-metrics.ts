import type { Address, Meter, ReadMetric, Sample } from "@nacre/core";
import type { SyncStatus } from "@nacre/engine";
import type { PeerConvergenceAnswer } from "@nacre/transport-http";
import type { Cluster } from "./cluster.ts";

/** Announces what a member knows of its peers, and has to do with them. */
export function announceCluster(meter: Meter, cluster: Cluster): void {
  meter.gauge("nacre_member_ready", "Whether this member serves: 1 or 0.", () =>
    flag(cluster.reasonNotReady === undefined),
  );
  announcePeers(meter, cluster);
  announceCalls(meter, cluster);
  announceForwards(meter, cluster);
  announceDistro(meter, cluster);
  announceBeats(meter, cluster);
}

/** What is measured of one peer. */
interface MeteredPeer extends PeerConvergenceAnswer {
  readonly sync: SyncStatus;
}

/** A value of a peer; `undefined`: there is none yet. */
type PeerValue = (peer: MeteredPeer) => number | undefined;

const peerGauges: readonly (readonly [name: string, help: string, valueOf: PeerValue])[] = [
  [
    "nacre_peer_up",
    "Whether the peer is UP: 1; SUSPICIOUS and DOWN are 0.",
    ({ state }) => flag(state === "UP"),
  ],
  [
    "nacre_peer_ready",
    "Whether the peer serves, as far as it says: 1 or 0.",
    ({ isReady }) => flag(isReady),
  ],
  [
    "nacre_peer_differing_keys",
    "Keys that differed when the peer was last compared.",
    ({ differing }) => differing.count,
  ],
  [
    "nacre_peer_disagreed_rounds",
    "Comparisons in a row that found some of the same keys to differ.",
    ({ differing }) => differing.rounds,
  ],
  [
    "nacre_peer_last_agreed_seconds",
    "How long ago a comparison with the peer found no difference; none before the first.",
    ({ lastAgreedMs }) => (lastAgreedMs === null ? undefined : lastAgreedMs / 1_000),
  ],
  [
    "nacre_peer_ill",
    "Whether it is a Java peer that tells nothing of its services and must be restarted: 1 or 0.",
    ({ isIll }) => flag(isIll),
  ],
  ["nacre_peer_sync_queued", "Keys that the peer must yet hear of.", ({ queued }) => queued],
  [
    "nacre_peer_forwards_pending",
    "Writes that wait for the answer of the peer.",
    ({ forward }) => forward.pending,
  ],
  [
    "nacre_peer_forward_open",
    "Whether the peer is left alone with writes, since it did not answer: 1 or 0.",
    ({ forward }) => flag(forward.isOpen),
  ],
];

const peerCounters: typeof peerGauges = [
  [
    "nacre_peer_sync_sent_total",
    "Keys that the peer was told of.",
    ({ sync: { sentCount } }) => sentCount,
  ],
  [
    "nacre_peer_sync_requests_total",
    "Messages in which that was.",
    ({ sync: { requestCount } }) => requestCount,
  ],
  [
    "nacre_peer_sync_failed_total",
    "Messages that the peer did not take; their keys are sent again.",
    ({ sync: { failedCount } }) => failedCount,
  ],
  [
    "nacre_peer_sync_dropped_total",
    "Keys not sent because too many waited; the next comparison finds them.",
    ({ sync: { droppedCount } }) => droppedCount,
  ],
];

function announcePeers(meter: Meter, { distro, view }: Cluster): void {
  const samplesOf = (valueOf: PeerValue): ReadMetric => {
    return () =>
      view.convergence().peers.flatMap((peer) => {
        const value = valueOf({ ...peer, sync: distro.sync.statusOf(peer.address) });
        return value === undefined ? [] : [sampleOf(peer.address, value)];
      });
  };
  for (const [name, help, valueOf] of peerGauges) {
    meter.gauge(name, help, samplesOf(valueOf), ["peer"]);
  }
  for (const [name, help, valueOf] of peerCounters) {
    meter.counter(name, help, samplesOf(valueOf), ["peer"]);
  }
}

function sampleOf(peer: Address, value: number): Sample {
  return { labels: { peer }, value };
}

function announceCalls(meter: Meter, cluster: Cluster): void {
  const bytes = (): readonly Sample[] =>
    [...cluster.bytesByCall].flatMap(([call, { sent, received }]) => [
      { labels: { call, direction: "sent" }, value: sent },
      { labels: { call, direction: "received" }, value: received },
    ]);
  meter.counter(
    "nacre_peer_bytes_total",
    "Bytes of this member's calls to peers that were answered, HTTP heads included.",
    bytes,
    ["call", "direction"],
  );
  meter.counter(
    "nacre_peer_calls_refused_total",
    "Calls to peers not made because too many waited for the same peer.",
    () => cluster.agent.refusedCount,
  );
  meter.counter(
    "nacre_peer_strangers_total",
    "Calls refused because they came from somebody who is no member.",
    () => cluster.guard.strangerCount,
  );
  meter.counter(
    "nacre_peer_entries_dropped_total",
    "Entries of messages of peers that could not be read and were left out.",
    () => cluster.counters.droppedCount + cluster.agent.droppedCount,
  );
}

function announceForwards(meter: Meter, { forwarder }: Cluster): void {
  meter.counter(
    "nacre_forwards_answered_total",
    "Writes that the responsible member answered.",
    () => forwarder.forwardedCount,
  );
  meter.counter(
    "nacre_forwards_failed_total",
    "Writes that a peer was asked for in vain.",
    () => forwarder.failedCount,
  );
  meter.counter(
    "nacre_forwards_decided_here_total",
    "Writes decided here although another member is responsible, by the reason.",
    () =>
      [...forwarder.decidedHereCounts].map(([reason, value]) => ({ labels: { reason }, value })),
    ["reason"],
  );
}

function announceDistro(meter: Meter, { distro }: Cluster): void {
  const { data, loader, handOvers, verifier } = distro;
  meter.counter(
    "nacre_distro_load_retries_total",
    "Times the peers were asked again for what to load.",
    () => loader.retryCount,
  );
  meter.counter(
    "nacre_distro_comparisons_total",
    "Comparisons with Nacre peers; skipped are those for which the one before was not over.",
    () =>
      Object.entries({ ...verifier.counts, skipped: verifier.skippedCount }).map(
        ([outcome, value]) => ({ labels: { outcome }, value }),
      ),
  );
  meter.gauge("nacre_distro_tombstones", "Instances known to be gone.", () => data.goneCount);
  meter.counter(
    "nacre_distro_tombstones_dropped_total",
    "Those forgotten before their time because there were too many.",
    () => data.goneDroppedCount,
  );
  meter.gauge(
    "nacre_distro_values",
    "Data of other kinds than instances, deleted ones included.",
    () => data.valueCount,
  );
  meter.counter(
    "nacre_distro_refused_total",
    "Data of peers that this member had no room for.",
    () => data.refusedCount,
  );
  meter.gauge(
    "nacre_distro_hand_overs_pending",
    "Writes that a Java peer is still to be told of.",
    () => handOvers.size,
  );
  meter.counter(
    "nacre_distro_hand_overs_total",
    "Writes that Java peers were told of later.",
    () => handOvers.handedOverCount,
  );
  meter.counter(
    "nacre_distro_hand_overs_dropped_total",
    "Writes that no Java peer is told of: no room, refused too often, or no longer its own.",
    () => handOvers.droppedCount,
  );
}

function announceBeats(meter: Meter, { distro: { beats } }: Cluster): void {
  meter.counter(
    "nacre_beats_relayed_total",
    "Beats that Nacre peers were to be told of; several of an instance in a second count once.",
    () => beats.notedCount,
  );
  meter.counter("nacre_beats_heard_total", "Beats that peers told of.", () => beats.heardCount);
  meter.counter(
    "nacre_beats_relay_dropped_total",
    "Beats that a peer was never told of.",
    () => beats.droppedCount,
  );
}

function flag(isSet: boolean): number {
  return isSet ? 1 : 0;
}
