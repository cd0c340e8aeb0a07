/** Closed loop: each connection sends its next request when the last one is answered. */

import { openConnections } from "./http-client.mjs";
import { Samples } from "./stats.mjs";

const STALL_LIMIT_MS = 10_000;

/**
 * Runs for `seconds` and at least `minRequests`, or, with `once`, through the requests one time.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {Buffer[]} options.requests
 * @param {number} options.unit
 * @param {Buffer} options.expect
 * @param {number} options.connections
 * @param {number} [options.seconds]
 * @param {number} [options.minRequests]
 * @param {boolean} [options.once]
 * @returns {Promise<object>} counts, latencies in milliseconds, and requests per second
 */
export async function runClosed(options) {
  const { port, requests, unit } = options;
  const count = Math.min(options.connections, requests.length / unit);
  const run = new ClosedRun(options, count);
  const connections = await openConnections(port, count, (error) => run.fail(error));
  try {
    return await run.start(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

class ClosedRun {
  #options;
  #latencies = new Samples();
  #wrong = 0;
  #wrongExample = "";
  #beganMs = 0;
  #untilMs = 0;
  #left;
  #done;
  #resolve;
  #reject;

  constructor(options, count) {
    this.#options = options;
    this.#left = count;
    this.#done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#done.catch(() => {}); // it may fail before anybody waits for it
  }

  fail(error) {
    this.#reject(error);
  }

  async start(connections) {
    const { seconds = 0 } = this.#options;
    this.#beganMs = performance.now();
    this.#untilMs = this.#beganMs + seconds * 1_000;
    let seen = -1;
    const watch = setInterval(() => {
      if (this.#latencies.count === seen) this.fail(new Error("the server stopped answering"));
      seen = this.#latencies.count;
    }, STALL_LIMIT_MS);
    try {
      connections.forEach((connection, index) =>
        this.#drive(connection, index, connections.length),
      );
      await this.#done;
    } finally {
      clearInterval(watch);
    }
    const tookMs = performance.now() - this.#beganMs;
    const latency = this.#latencies.summary();
    return {
      requests: latency.count,
      perSecond: (latency.count / tookMs) * 1_000,
      tookMs,
      wrong: this.#wrong,
      wrongExample: this.#wrongExample,
      p50Ms: latency.p50,
      p99Ms: latency.p99,
      maxMs: latency.max,
    };
  }

  // Each connection owns every n-th unit, so that no two of them ever touch the same instance.
  #drive(connection, first, stride) {
    const { requests, unit, expect, once = false } = this.#options;
    const units = requests.length / unit;
    let current = first;
    let step = 0;
    let sentMs = 0;
    const onResponse = (response) => {
      const nowMs = performance.now();
      this.#latencies.add(nowMs - sentMs);
      if (response.status !== 200 || !response.body.includes(expect)) this.#note(response);
      step++;
      if (step === unit) {
        step = 0;
        current += stride;
        if (current >= units) {
          if (once) return this.#finish();
          current = first;
        }
        if (!once && this.#isOver(nowMs)) return this.#finish();
      }
      return send();
    };
    const send = () => {
      sentMs = performance.now();
      connection.send(requests[current * unit + step], onResponse);
    };
    send();
  }

  #isOver(nowMs) {
    const { minRequests = 0 } = this.#options;
    return nowMs >= this.#untilMs && this.#latencies.count >= minRequests;
  }

  #note({ status, body }) {
    this.#wrong++;
    this.#wrongExample ||= `${status} ${body.toString("utf8", 0, 200)}`;
  }

  #finish() {
    this.#left--;
    if (this.#left === 0) this.#resolve();
  }
}
