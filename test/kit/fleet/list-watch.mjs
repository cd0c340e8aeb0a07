/** Reads every list of every serving member about once a second, and notes what is missing. */

import { serviceAt } from "./fleet.mjs";
import { ServerLine } from "./server-line.mjs";

const ROUND_MS = 1_000;
const CONCURRENCY = 4;
const DOWN_PAUSE_MS = 50;

export class ListWatch {
  lists = 0;
  missing = 0;
  unhealthy = 0;
  /** The longest time between two readings of all lists of a member that served throughout. */
  roundMsMax = 0;
  /** @type {string[]} */
  examples = [];

  #isStopped = false;
  #services;
  #perService;
  #began = performance.now();
  /** @type {Promise<void>[]} */
  #watches;

  /** @param {{ ports: number[], services: number, perService: number }} options */
  constructor({ ports, services, perService }) {
    this.#services = services;
    this.#perService = perService;
    this.#watches = ports.map((port) => this.#watch(port));
  }

  async stop() {
    this.#isStopped = true;
    await Promise.all(this.#watches);
  }

  async #watch(port) {
    const line = new ServerLine(port, { connectionsMax: CONCURRENCY });
    while (!this.#isStopped) {
      const beganMs = performance.now();
      const served = (await this.#isServing(line)) && (await this.#round(line, beganMs));
      if (served) this.roundMsMax = Math.max(this.roundMsMax, performance.now() - beganMs);
      if (!served) await sleep(DOWN_PAUSE_MS);
    }
    line.close();
  }

  async #isServing(line) {
    try {
      return (await line.send("/readyz")).status === 200;
    } catch {
      return false; // nobody listens there
    }
  }

  // The lists of a round are spread over it, so that reading is no burst.
  async #round(line, beganMs) {
    let next = 0;
    let isServing = true;
    const read = async () => {
      while (next < this.#services && isServing && !this.#isStopped) {
        const index = next++;
        const dueMs = beganMs + (index * ROUND_MS) / this.#services;
        const waitMs = dueMs - performance.now();
        if (waitMs > 2) await sleep(waitMs);
        isServing &&= await this.#read(line, index);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, read));
    return isServing;
  }

  async #read(line, index) {
    const target = `/nacos/v1/ns/instance/list?namespaceId=public&serviceName=DEFAULT_GROUP%40%40${serviceAt(index)}&clusters=&udpPort=0&healthyOnly=false&clientIP=127.0.0.1`;
    let answer;
    try {
      answer = await line.send(target);
    } catch {
      return false; // it stopped meanwhile
    }
    if (answer.status !== 200) return false;
    this.lists++;
    const { hosts } = JSON.parse(answer.body);
    const unhealthy = hosts.filter(({ healthy }) => !healthy).length;
    const missing = this.#perService - hosts.length;
    this.missing += missing;
    this.unhealthy += unhealthy;
    if ((missing > 0 || unhealthy > 0) && this.examples.length < 20) {
      const atS = ((performance.now() - this.#began) / 1_000).toFixed(1);
      this.examples.push(
        `${atS} s: ${serviceAt(index)} at ${line.port}: ${missing} missing, ${unhealthy} unhealthy`,
      );
    }
    return true;
  }
}

function sleep(durationMs) {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
