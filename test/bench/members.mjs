/** Several members on loopback that form a cluster: real processes, not pinned to cores. */

import { setTimeout as sleep } from "node:timers/promises";
import { freePort, isReady, Server } from "./servers.mjs";

const READY_LIMIT_MS = 60_000;
const POLL_MS = 5;
const PROBE = new URL("cpu-probe.mjs", import.meta.url).href;

/**
 * Starts members that know each other, and waits until all serve.
 *
 * @param {{ bin: string, args: string[] }} nacre
 * @param {number} count
 * @param {{ running?: number }} [options] how many of them are started; by default all
 * @returns {Promise<Members>}
 */
export async function startMembers(nacre, count, { running = count } = {}) {
  const ports = [];
  for (let index = 0; index < count; index++) ports.push(await freePort());
  const members = new Members(nacre, ports);
  for (let index = 0; index < running; index++) members.start(index);
  await Promise.all(ports.slice(0, running).map((_, index) => members.ready(index)));
  return members;
}

export class Members {
  /** @type {(Server | undefined)[]} */
  #servers;
  #nacre;

  constructor(nacre, ports) {
    this.#nacre = nacre;
    this.ports = ports;
    this.#servers = ports.map(() => undefined);
  }

  /** @returns {Server} */
  at(index) {
    return this.#servers[index];
  }

  /** @returns {Server[]} those that run */
  get running() {
    return this.#servers.filter((server) => server !== undefined && !server.exited);
  }

  start(index) {
    const { bin, args } = this.#nacre;
    const port = this.ports[index];
    const list = this.ports.map((each) => `127.0.0.1:${each}`).join(",");
    const place = ["--port", String(port), "--host", "127.0.0.1", "--self", `127.0.0.1:${port}`];
    const script = [bin, "start", ...place, "--members", list, ...args];
    this.#servers[index] = new Server(port, { script, execArgv: ["--import", PROBE] });
  }

  /** @returns {Promise<number>} how long it took until it served, milliseconds */
  async ready(index) {
    const beganMs = performance.now();
    while (!(await isReady(this.ports[index], "/readyz"))) {
      if (this.at(index).exited) throw new Error(`a member ended:\n${this.at(index).log()}`);
      if (performance.now() - beganMs > READY_LIMIT_MS) {
        throw new Error(`a member is not ready:\n${this.at(index).log()}`);
      }
      await sleep(POLL_MS);
    }
    return performance.now() - beganMs;
  }

  /** @returns {Promise<number>} how long it took until the process was gone, milliseconds */
  async end(index, signal) {
    const beganMs = performance.now();
    this.at(index).kill(signal);
    await this.at(index).gone();
    const tookMs = performance.now() - beganMs;
    await this.at(index).stop();
    return tookMs;
  }

  async stop() {
    await Promise.all(this.#servers.map(async (server) => server?.stop()));
  }
}
