/** Subscribers over UDP, and changes for them to hear of. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { failure, openConnections, Pool } from "./http-client.mjs";
import { fleet, list, register, serviceNameAt } from "./requests.mjs";
import { Samples } from "./stats.mjs";

const CONNECTIONS = 8;
// A subscription lasts 10 s.
const RENEW_MS = 4_000;
const DRAIN_LIMIT_MS = 3_000;

/**
 * Changes one service after the other and measures the time from sending the change to the datagram
 * that tells of it.
 *
 * @param {object} options
 * @param {number} options.port where the subscribers ask
 * @param {number} [options.changePort] where changes go; by default the same
 * @param {number} options.services one subscriber each
 * @param {number} options.perService
 * @param {number} options.changes
 * @param {number} options.changesPerSecond
 * @returns {Promise<object>} counts and latencies in milliseconds
 */
export async function runPush(options) {
  const { port, changePort = port, services, perService, changes, changesPerSecond } = options;
  const { promise: failed, reject: fail } = failure();
  const asking = await openConnections(port, CONNECTIONS, fail);
  const changing = await openConnections(changePort, CONNECTIONS, fail);
  const connections = [...asking, ...changing];
  const pools = { asking: new Pool(asking), changing: new Pool(changing) };
  const world = new PushWorld(pools, fleet(services, perService), services);
  const work = async () => {
    await world.subscribe();
    const renewal = setInterval(() => void world.renew().catch(fail), RENEW_MS);
    await world.change(changes, changesPerSecond).finally(() => clearInterval(renewal));
    return world.result();
  };
  try {
    return await Promise.race([work(), failed]);
  } finally {
    world.close();
    for (const connection of connections) connection.close();
  }
}

class PushWorld {
  #pools;
  #instances;
  #services;
  #sockets = [];
  /** For each service, the changes nobody has heard of yet: number → instant sent. */
  #pending;
  #latencies = new Samples();
  #answers = new Samples();
  #datagrams = 0;
  #wrong = 0;

  constructor(pools, instances, services) {
    this.#pools = pools;
    this.#instances = instances;
    this.#services = services;
    this.#pending = Array.from({ length: services }, () => new Map());
  }

  async subscribe() {
    for (let index = 0; index < this.#services; index++) {
      const socket = createSocket("udp4");
      socket.on("message", (datagram, from) => this.#hear(index, datagram, from));
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      this.#sockets.push(socket);
    }
    await this.renew();
  }

  /** Subscriptions are renewed by asking for the list again. */
  async renew() {
    await Promise.all(
      this.#sockets.map((socket, index) =>
        this.#request(this.#pools.asking, list(serviceNameAt(index), socket.address().port)),
      ),
    );
  }

  async change(changes, perSecond) {
    const beganMs = performance.now();
    for (let number = 1; number <= changes; number++) {
      const waitMs = beganMs + (number * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const index = number % this.#services;
      const change = register({ ...this.#instances[index], metadata: { change: String(number) } });
      const sentMs = performance.now();
      this.#pending[index].set(number, sentMs);
      const answered = this.#request(this.#pools.changing, change);
      void answered.then(() => this.#answers.add(performance.now() - sentMs));
    }
    const untilMs = performance.now() + DRAIN_LIMIT_MS;
    while (this.#unheard() > 0 && performance.now() < untilMs) await sleep(10);
  }

  result() {
    const { p50, p99, max } = this.#latencies.summary();
    return {
      heard: this.#latencies.count,
      unheard: this.#unheard(),
      datagrams: this.#datagrams,
      wrong: this.#wrong,
      p50Ms: p50,
      p99Ms: p99,
      maxMs: max,
      answerP99Ms: this.#answers.summary().p99,
    };
  }

  close() {
    for (const socket of this.#sockets) socket.close();
  }

  #hear(index, datagram, from) {
    const nowMs = performance.now();
    this.#datagrams++;
    const packed = datagram[0] === 0x1f && datagram[1] === 0x8b;
    const { data, lastRefTime } = JSON.parse(packed ? gunzipSync(datagram) : datagram);
    // In the form of the Java client: the server matches acknowledgements by this number.
    const ack = `{"type": "push-ack", "lastRefTime":"${lastRefTime}", "data":""}`;
    this.#sockets[index].send(ack, from.port, from.address);
    const numbers = JSON.parse(data).hosts.map(({ metadata }) => Number(metadata?.change ?? 0));
    const latest = Math.max(...numbers);
    // One datagram may tell of several changes.
    for (const [number, sentMs] of this.#pending[index]) {
      if (number > latest) continue;
      this.#latencies.add(nowMs - sentMs);
      this.#pending[index].delete(number);
    }
  }

  #request(pool, request) {
    return new Promise((resolve) => {
      pool.send(request, ({ status }) => {
        if (status !== 200) this.#wrong++;
        resolve();
      });
    });
  }

  #unheard() {
    return this.#pending.reduce((sum, { size }) => sum + size, 0);
  }
}
