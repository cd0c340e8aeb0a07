import assert from "node:assert/strict";
import { isIP } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type Clock, type Logger, type Millis, NacreError } from "@nacre/core";
import type { Pusher, Subscriber } from "@nacre/naming";
import { parseAck } from "./ack.ts";
import type { AddressFamily, OpenDatagramSocket } from "./datagram-socket.ts";
import { openNodeDatagramSocket } from "./node-datagram-socket.ts";
import { NowAndThen } from "./now-and-then.ts";
import { Outbox } from "./outbox.ts";
import { Outlet } from "./outlet.ts";
import {
  DATAGRAM_BYTES_MAX,
  datagramOf,
  type Gzip,
  GZIP_INLINE_BYTES_MAX,
  nodeGzip,
  type Packet,
  packetJson,
} from "./packet.ts";
import { PendingPushes } from "./pending-pushes.ts";
import { Reachability } from "./reachability.ts";
import { RefTimes } from "./ref-times.ts";
import { type Target, targetOf } from "./target.ts";
import { defaultUdpPusherOptions, type UdpPusherOptions } from "./udp-pusher-options.ts";

/** What a {@link UdpPusher} needs from its surroundings. */
export interface UdpPusherDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /**
   * Binds the sockets.
   *
   * @defaultValue sockets of this machine
   */
  readonly openSocket?: OpenDatagramSocket;

  /**
   * Compresses large packets in the background.
   *
   * @defaultValue `gzip` of `node:zlib`
   */
  readonly gzip?: Gzip;
}

type Outlets = Readonly<Record<AddressFamily, Outlet>>;

/** How often the same warning may be logged. */
const WARN_INTERVAL_MS: Millis = 60_000;

/**
 * Pushes views by UDP. Per subscriber and service only the latest push counts: it replaces the one
 * before, and is sent again once when nobody acknowledges it. Endpoints that never answer are left
 * alone but for a probe now and then.
 *
 * Something must call {@link UdpPusher.check} about once a second.
 */
export class UdpPusher implements Pusher {
  readonly #dependencies: Required<UdpPusherDependencies>;
  readonly #options: typeof defaultUdpPusherOptions;
  readonly #host: string | undefined;
  readonly #refTimes: RefTimes;
  readonly #pending: PendingPushes;
  readonly #reachability = new Reachability();
  readonly #outbox: Outbox;

  /** By subscriber, the number of the push that is under compression. */
  readonly #compressing = new Map<string, number>();
  readonly #tooLargeWarnings = new NowAndThen(WARN_INTERVAL_MS);
  readonly #socketWarnings = new NowAndThen(WARN_INTERVAL_MS);
  #compressingBytes = 0;
  #outlets: Outlets | undefined;
  #pushedCount = 0;
  #ackedCount = 0;
  #repeatedCount = 0;
  #failedCount = 0;
  #withheldCount = 0;
  #tooLargeCount = 0;
  #droppedCount = 0;
  #sendErrorCount = 0;
  #strayAckCount = 0;
  #badDatagramCount = 0;
  #costMsTotal: Millis = 0;
  #maxCostMs: Millis = 0;

  constructor(dependencies: UdpPusherDependencies, options: UdpPusherOptions = {}) {
    const { clock, logger, openSocket = openNodeDatagramSocket, gzip = nodeGzip } = dependencies;
    const { host, ...limits } = options;
    this.#dependencies = { clock, logger: logger.child({ module: "push" }), openSocket, gzip };
    this.#options = { ...defaultUdpPusherOptions, ...limits };
    this.#host = host;
    assert(this.#options.ackTimeoutMs > 0);
    this.#refTimes = new RefTimes(clock);
    this.#pending = new PendingPushes(this.#options);
    this.#outbox = new Outbox(clock, {
      sendsPerTurnMax: this.#options.sendsPerTurnMax,
      waitingMax: this.#options.pendingMax,
      send: (packet, subscriber) => this.#sendTo(subscriber, packet),
    });
  }

  /** The UDP port that pushes to IPv4 addresses leave from, once started. */
  get port(): number | undefined {
    return this.#outlets?.udp4.port;
  }

  /** How many pushes were sent, repetitions not counted. */
  get pushedCount(): number {
    return this.#pushedCount;
  }

  /** How many pushes were acknowledged. */
  get ackedCount(): number {
    return this.#ackedCount;
  }

  /** How many pushes were sent a second time. */
  get repeatedCount(): number {
    return this.#repeatedCount;
  }

  /** How many pushes were given up because no acknowledgement came. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** How many pushes were not sent because their endpoint is unreachable. */
  get withheldCount(): number {
    return this.#withheldCount;
  }

  /** How many pushes were not sent because a datagram cannot carry them. */
  get tooLargeCount(): number {
    return this.#tooLargeCount;
  }

  /** How many pushes were not sent because there was no room for them, or no socket any more. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** How many datagrams the operating system refused to send. */
  get sendErrorCount(): number {
    return this.#sendErrorCount;
  }

  /** How many acknowledgements came late, twice, from elsewhere or for a push that was replaced. */
  get strayAckCount(): number {
    return this.#strayAckCount;
  }

  /** How many datagrams arrived that are no acknowledgements. */
  get badDatagramCount(): number {
    return this.#badDatagramCount;
  }

  /** How many pushes wait for an acknowledgement. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** How many endpoints count as unreachable. */
  get unreachableCount(): number {
    return this.#reachability.unreachableCount;
  }

  /** The longest time from a push to its acknowledgement; 0 before the first one. */
  get maxCostMs(): Millis {
    return this.#maxCostMs;
  }

  /** The average time from a push to its acknowledgement; 0 before the first one. */
  get avgCostMs(): Millis {
    return this.#ackedCount === 0 ? 0 : this.#costMsTotal / this.#ackedCount;
  }

  /**
   * Binds the socket for IPv4. The one for IPv6 is bound when a subscriber needs it.
   *
   * @throws {@link NacreError} `START_FAILED` when the port cannot be bound
   */
  async start(): Promise<void> {
    assert(this.#outlets === undefined, "already started");
    const outlets = { udp4: this.#outletOf("udp4"), udp6: this.#outletOf("udp6") };
    this.#outlets = outlets;
    try {
      await outlets.udp4.open();
    } catch (error) {
      this.#outlets = undefined;
      const address = `${this.#hostOf("udp4") ?? "0.0.0.0"}:${this.#options.port}`;
      const message = `cannot bind the UDP socket for pushes to ${address} (${codeOf(error)})`;
      throw new NacreError("START_FAILED", message, { cause: error });
    }
  }

  /** Resolves when what was pushed so far is with the operating system, or is lost. */
  async drain(): Promise<void> {
    do await setImmediate();
    while (this.#outlets !== undefined && this.#outbox.size + this.#compressing.size > 0);
  }

  /** Closes the sockets and forgets what waits. Later pushes are dropped. */
  async stop(): Promise<void> {
    const outlets = this.#outlets;
    this.#outlets = undefined;
    this.#outbox.clear();
    this.#compressing.clear();
    this.#pending.clear();
    await Promise.all([outlets?.udp4.close(), outlets?.udp6.close()]);
  }

  /** Sends a view; see `Pusher`. Before `start` and after `stop` it is dropped. */
  push(text: string, subscribers: readonly Subscriber[]): void {
    if (this.#outlets === undefined) {
      this.#droppedCount += subscribers.length;
      return;
    }
    const pushedAtMs = this.#dependencies.clock.nowMs();
    const lastRefTime = this.#refTimes.next();
    const json = packetJson(text, lastRefTime);
    if (json.length > GZIP_INLINE_BYTES_MAX) {
      this.#compress(json, subscribers, { lastRefTime, pushedAtMs });
      return;
    }
    // What is still under compression for them is older than this.
    if (this.#compressing.size > 0) {
      for (const subscriber of subscribers) this.#compressing.delete(keyOf(subscriber));
    }
    this.#hand({ bytes: datagramOf(json), lastRefTime, pushedAtMs }, subscribers);
  }

  /** Sends again what was not acknowledged in time, and gives up what was sent again before. */
  check(): void {
    const nowMs = this.#dependencies.clock.nowMs();
    let checkedCount = 0;
    for (const push of this.#pending.due(nowMs)) {
      checkedCount++;
      if (checkedCount > this.#options.checkedMax) break;
      const { target, packet, isFinal } = push;
      if (!isFinal && !this.#reachability.isUnreachable(target.endpoint)) {
        this.#pending.repeat(push, nowMs);
        this.#repeatedCount++;
        this.#transmit(packet.bytes, target);
      } else {
        this.#pending.remove(push);
        this.#failedCount++;
        this.#reachability.onSilent(target.endpoint, nowMs);
      }
    }
    this.#reachability.sweep(nowMs);
  }

  #compress(
    json: Uint8Array,
    subscribers: readonly Subscriber[],
    { lastRefTime, pushedAtMs }: Omit<Packet, "bytes">,
  ): void {
    const isFull =
      this.#compressing.size + subscribers.length > this.#options.pendingMax ||
      (this.#compressingBytes > 0 &&
        this.#compressingBytes + json.length > this.#options.gzipWaitingBytesMax);
    if (isFull) {
      this.#drop(subscribers);
      return;
    }
    this.#compressingBytes += json.length;
    for (const subscriber of subscribers) {
      const key = keyOf(subscriber);
      this.#compressing.set(key, lastRefTime);
      this.#pending.outdate(key); // its repetition would be stale
    }
    this.#dependencies.gzip(json, (error, bytes) => {
      this.#compressingBytes -= json.length;
      const current = subscribers.filter((subscriber) => {
        const key = keyOf(subscriber);
        return this.#compressing.get(key) === lastRefTime && this.#compressing.delete(key);
      });
      if (current.length === 0) return;
      if (error === null) this.#hand({ bytes, lastRefTime, pushedAtMs }, current);
      else this.#drop(current);
    });
  }

  /** Gives a packet to the outbox, if it can be sent. */
  #hand(packet: Packet, subscribers: readonly Subscriber[]): void {
    if (packet.bytes.length > DATAGRAM_BYTES_MAX) this.#refuseTooLarge(packet, subscribers);
    else if (!this.#outbox.add(packet, subscribers)) this.#drop(subscribers);
  }

  #refuseTooLarge({ bytes }: Packet, subscribers: readonly Subscriber[]): void {
    this.#tooLargeCount += subscribers.length;
    for (const subscriber of subscribers) this.#pending.outdate(keyOf(subscriber));
    const heldBackCount = this.#tooLargeWarnings.take(this.#dependencies.clock.nowMs());
    if (heldBackCount === undefined) return;
    const service = subscribers[0]?.serviceName;
    const fields = { service, bytes: bytes.length, bytesMax: DATAGRAM_BYTES_MAX, heldBackCount };
    this.#dependencies.logger.warn(fields, "service too large to push, its clients poll");
  }

  #drop(subscribers: readonly Subscriber[]): void {
    this.#droppedCount += subscribers.length;
    for (const subscriber of subscribers) {
      const key = keyOf(subscriber);
      this.#compressing.delete(key);
      this.#pending.outdate(key);
    }
  }

  #sendTo(subscriber: Subscriber, packet: Packet): void {
    const target = targetOf(subscriber.address, subscriber.udpPort);
    if (target === undefined) {
      this.#sendErrorCount++;
      return;
    }
    const key = keyOf(subscriber);
    const nowMs = this.#dependencies.clock.nowMs();
    if (!this.#reachability.mayPush(target.endpoint, nowMs)) {
      this.#withheldCount++;
      this.#pending.outdate(key);
      return;
    }
    const outcome = this.#pending.add({ key, target, packet }, nowMs, ({ endpoint }) => {
      this.#reachability.onSilent(endpoint, nowMs);
    });
    if (outcome === "full") this.#droppedCount++;
    if (outcome !== "added") return;
    this.#pushedCount++;
    this.#transmit(packet.bytes, target);
  }

  #transmit(bytes: Uint8Array, target: Target): void {
    this.#outlets?.[target.family].send(bytes, target, (error) => {
      if (error === null) return;
      this.#sendErrorCount++;
      this.#dependencies.logger.debug({ err: error, subscriber: target.endpoint }, "push not sent");
    });
  }

  #onMessage(bytes: Uint8Array, address: string, port: number): void {
    const lastRefTime = parseAck(bytes);
    const sender = targetOf(address, port);
    if (lastRefTime === undefined || sender === undefined) {
      this.#badDatagramCount++;
      return;
    }
    const pushedAtMs = this.#pending.ack(sender, lastRefTime);
    if (pushedAtMs === undefined) {
      this.#strayAckCount++;
      return;
    }
    this.#reachability.onHeard(sender.endpoint);
    this.#ackedCount++;
    const costMs = this.#dependencies.clock.nowMs() - pushedAtMs;
    this.#costMsTotal += costMs;
    this.#maxCostMs = Math.max(this.#maxCostMs, costMs);
  }

  #outletOf(family: AddressFamily): Outlet {
    return new Outlet(this.#dependencies, {
      family,
      port: this.#options.port,
      host: this.#hostOf(family),
      onMessage: (bytes, address, port) => this.#onMessage(bytes, address, port),
      onError: (error) => {
        const heldBackCount = this.#socketWarnings.take(this.#dependencies.clock.nowMs());
        if (heldBackCount === undefined) return;
        const fields = { err: error, family, heldBackCount };
        this.#dependencies.logger.warn(fields, "socket for pushes failed, it stays in use");
      },
    });
  }

  #hostOf(family: AddressFamily): string | undefined {
    const ownVersion = family === "udp4" ? 4 : 6;
    const version = this.#host === undefined ? ownVersion : isIP(this.#host);
    return version === ownVersion || version === 0 ? this.#host : undefined;
  }
}

/** Names a subscriber across all services. */
function keyOf({ namespaceId, serviceName, id }: Subscriber): string {
  return `${namespaceId}##${serviceName} ${id}`;
}

function codeOf(error: unknown): string {
  if (error instanceof Error) return "code" in error ? String(error.code) : error.message;
  return String(error);
}
