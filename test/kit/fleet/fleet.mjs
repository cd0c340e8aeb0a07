/**
 * Many instances that live as those of the Java client do: each registers, beats every few seconds,
 * registers anew when it is told that nobody knows it, and goes to the next server when one fails.
 */

import { ServerLine } from "./server-line.mjs";

const TICK_MS = 10;
const REGISTER_CONCURRENCY = 32;

/**
 * @typedef {object} FleetOptions
 * @property {number[]} ports of all members
 * @property {number} services
 * @property {number} perService
 * @property {number} [beatIntervalMs]
 * @property {Record<string, string>} [metadata] of every instance
 * @property {(index: number) => number} [firstServer] which server a call tries first
 */

export class Fleet {
  calls = 0;
  /** Calls of which one server failed, and the next one was tried. */
  turnedAway = 0;
  failedEverywhere = 0;
  registeredAgain = 0;
  /** @type {string[]} the first few failures, for people */
  examples = [];

  #lines;
  #instances;
  #beatIntervalMs;
  #calls = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #pending = new Set();

  /** @param {FleetOptions} options */
  constructor({ ports, services, perService, beatIntervalMs = 5_000, metadata = {} }) {
    this.#lines = ports.map((port) => new ServerLine(port, { connectionsMax: 16 }));
    this.#beatIntervalMs = beatIntervalMs;
    this.#instances = Array.from({ length: services * perService }, (_, index) =>
      instanceAt(index, perService, metadata),
    );
  }

  /** Registers every instance. */
  async registerAll() {
    let next = 0;
    const take = async () => {
      for (let index = next++; index < this.#instances.length; index = next++) {
        await this.#call("POST", this.#instances[index].registration);
        this.#instances[index].isRegistered = true;
      }
    };
    await Promise.all(Array.from({ length: REGISTER_CONCURRENCY }, take));
  }

  /** Begins to beat, evenly over the interval; who has not registered yet does not. */
  start() {
    const beganMs = performance.now();
    const perMs = this.#instances.length / this.#beatIntervalMs;
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - beganMs) * perMs);
      for (; sent < due; sent++) {
        const instance = this.#instances[sent % this.#instances.length];
        if (instance.isRegistered) this.#track(this.#beat(instance));
      }
    }, TICK_MS);
  }

  /** Beats once for all, whatever the pace. */
  async beatAll() {
    for (const instance of this.#instances) this.#track(this.#beat(instance));
    await Promise.all(this.#pending);
  }

  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    for (const line of this.#lines) line.close();
  }

  #track(work) {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }

  async #beat(instance) {
    const answer = await this.#call("PUT", instance.beat);
    if (answer === undefined || !answer.body.includes('"code":20404')) return;
    this.registeredAgain++;
    if (this.examples.length < 20) this.examples.push(`20404 for ${instance.beat.slice(0, 160)}`);
    await this.#call("POST", instance.registration);
  }

  async #call(method, target) {
    this.calls++;
    const first = this.#calls++;
    let failure = "";
    for (let tries = 0; tries < this.#lines.length; tries++) {
      const line = this.#lines[(first + tries) % this.#lines.length];
      try {
        const answer = await line.send(target, method);
        if (answer.status === 200) return answer;
        failure = `${answer.status} ${answer.body.slice(0, 120)}`;
      } catch (error) {
        failure = String(error);
      }
      this.turnedAway++;
    }
    this.failedEverywhere++;
    if (this.examples.length < 20)
      this.examples.push(`${method} ${target.slice(0, 120)}: ${failure}`);
    return undefined;
  }
}

/** The name of a service of the fleet. */
export const serviceAt = (index) => `fleet-${String(index).padStart(5, "0")}`;

/** Metadata of an instance that may be silent for an hour. */
export const patient = {
  "preserved.heart.beat.timeout": "3600000",
  "preserved.ip.delete.timeout": "3600000",
};

function instanceAt(index, perService, metadata) {
  const service = serviceAt(Math.floor(index / perService));
  const ip = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const about =
    `namespaceId=public&serviceName=DEFAULT_GROUP%40%40${service}` +
    `&groupName=DEFAULT_GROUP&clusterName=DEFAULT&ip=${ip}&port=8080`;
  return {
    isRegistered: false,
    registration: `/nacos/v1/ns/instance?${about}&weight=1.0&enable=true&healthy=true&ephemeral=true&metadata=${encodeURIComponent(JSON.stringify(metadata))}&app=unknown`,
    beat: `/nacos/v1/ns/instance/beat?${about}`,
  };
}
