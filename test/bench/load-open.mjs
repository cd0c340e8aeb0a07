/**
 * Open loop: requests leave by the clock, whether or not earlier ones are answered. Latency counts
 * from the instant a request was due, so a server that stalls is charged for all who had to wait.
 */

import { openConnections, Pool } from "./http-client.mjs";
import { Samples } from "./stats.mjs";

// Timers are no finer; due requests leave together, which is charged to the server as latency.
const TICK_MS = 1;
const DRAIN_LIMIT_MS = 10_000;

/**
 * @param {object} options
 * @param {number} options.port
 * @param {Buffer[]} options.requests sent in turn, again and again
 * @param {Buffer} options.expect
 * @param {number} options.connections
 * @param {number} options.ratePerSecond
 * @param {number} options.seconds
 * @returns {Promise<object>} counts, and latencies and lateness of sending in milliseconds
 */
export function runOpen(options) {
  return new Promise((resolve, reject) => {
    openConnections(options.port, options.connections, reject).then((connections) => {
      const close = () => connections.forEach((connection) => connection.close());
      drive(options, new Pool(connections), (result) => {
        close();
        resolve(result);
      });
    }, reject);
  });
}

function drive({ requests, expect, ratePerSecond, seconds }, pool, onDone) {
  const total = Math.round(ratePerSecond * seconds);
  const latencies = new Samples();
  const lateness = new Samples();
  const answerTimes = new Samples();
  let wrong = 0;
  let wrongExample = "";
  let sent = 0;
  const beganMs = performance.now();

  const send = (index, nowMs) => {
    const dueMs = beganMs + (index * 1_000) / ratePerSecond;
    lateness.add(nowMs - dueMs);
    pool.send(requests[index % requests.length], ({ status, body }) => {
      const answeredMs = performance.now();
      latencies.add(answeredMs - dueMs);
      answerTimes.add(answeredMs - nowMs);
      if (status !== 200 || !body.includes(expect)) {
        wrong++;
        wrongExample ||= `${status} ${body.toString("utf8", 0, 200)}`;
      }
    });
  };

  const finish = () => {
    clearInterval(timer);
    const { p50, p99, max } = latencies.summary();
    const lateMs = lateness.summary();
    onDone({
      requests: latencies.count,
      unanswered: total - latencies.count,
      tookMs: performance.now() - beganMs,
      wrong,
      wrongExample,
      p50Ms: p50,
      p99Ms: p99,
      maxMs: max,
      answerP99Ms: answerTimes.summary().p99,
      sendLateP99Ms: lateMs.p99,
      sendLateMaxMs: lateMs.max,
    });
  };

  const timer = setInterval(() => {
    const nowMs = performance.now();
    const due = Math.min(Math.floor(((nowMs - beganMs) * ratePerSecond) / 1_000) + 1, total);
    while (sent < due) send(sent++, nowMs);
    const isOver = nowMs - beganMs > seconds * 1_000 + DRAIN_LIMIT_MS;
    if (latencies.count === total || isOver) finish();
  }, TICK_MS);
}
