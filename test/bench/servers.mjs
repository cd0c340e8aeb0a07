/** Starts, asks and ends the processes of the bench. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;
const ANSWER_LIMIT_MS = 10_000;
const POLL_MS = 2;
const READY_PATH = "/nacos/v1/ns/operator/metrics";

const PROBE = new URL("cpu-probe.mjs", import.meta.url).href;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Which core each side gets; `undefined` where processes cannot be pinned. */
export const cores = canPin() ? { server: 0, load: 1 } : { server: undefined, load: undefined };

/** @type {Set<Worker>} */
const running = new Set();

/** Ends whatever still runs; for the way out. */
export async function stopAll() {
  await Promise.all([...running].map((worker) => worker.stop()));
}

/**
 * The last words of processes that ended by themselves, to explain a failure.
 *
 * @returns {string[]}
 */
export function logsOfEnded() {
  return [...running].filter((worker) => worker.exited).map((worker) => worker.log());
}

/**
 * Starts a Nacre and waits for its first answer.
 *
 * @param {{ bin: string, args: string[] }} nacre
 * @returns {Promise<Server>}
 */
export async function startNacre({ bin, args }) {
  const port = await freePort();
  const script = [bin, "start", "--port", String(port), ...args];
  const server = new Server(port, { script, core: cores.server, execArgv: ["--import", PROBE] });
  await server.answers();
  return server;
}

/** @returns {Promise<Server>} */
export async function startBare() {
  const port = await freePort();
  const script = [here("bare-server.mjs"), String(port)];
  const server = new Server(port, { script, core: cores.server, execArgv: ["--import", PROBE] });
  await server.message((message) => message.listening);
  return server;
}

/** @returns {Load} */
export function startLoad() {
  return new Load({ script: [here("load.mjs")], core: cores.load });
}

/**
 * Measures one start, from the call of `spawn` to the first 200.
 *
 * @param {{ bin: string, args: string[] }} nacre
 * @returns {Promise<number>} milliseconds
 */
export async function timeStart({ bin, args }) {
  const port = await freePort();
  const began = performance.now();
  // Neither pinned nor probed: both would take part in what is measured.
  const server = new Server(port, { script: [bin, "start", "--port", String(port), ...args] });
  await server.answers();
  const tookMs = performance.now() - began;
  await server.stop();
  return tookMs;
}

/** A child process with a channel, a clean environment and a folder of its own. */
class Worker {
  #child;
  #exit;
  #folder = mkdtempSync(join(tmpdir(), "nacre-bench-"));

  /** @param {{ script: string[], core?: number, execArgv?: string[] }} options */
  constructor({ script, core, execArgv = [] }) {
    const command = [process.execPath, ...execArgv, ...script];
    if (core !== undefined) command.unshift("taskset", "-c", String(core));
    const log = openSync(join(this.#folder, "log"), "w");
    this.#child = spawn(command[0], command.slice(1), {
      cwd: this.#folder,
      // Settings of the caller's shell must not become settings of the server.
      env: { PATH: process.env["PATH"], HOME: this.#folder, TMPDIR: tmpdir() },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    this.#exit = once(this.#child, "exit");
    this.#exit.catch(() => {}); // it may fail before anybody waits for it
    running.add(this);
  }

  get pid() {
    return this.#child.pid;
  }

  get exited() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @returns {string} the end of what the process printed */
  log() {
    return readFileSync(join(this.#folder, "log"), "utf8").slice(-2_000);
  }

  /** @param {object} message */
  send(message) {
    this.#child.send(message);
  }

  /**
   * Waits for a message.
   *
   * @param {(message: any) => unknown} accepts
   * @param {number} [limitMs]
   * @returns {Promise<any>}
   */
  message(accepts, limitMs = ANSWER_LIMIT_MS) {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const end = (settle, value) => {
        clearTimeout(timer);
        child.off("message", onMessage);
        child.off("exit", onExit);
        settle(value);
      };
      const onMessage = (message) => accepts(message) && end(resolve, message);
      const onExit = () => end(reject, new Error("a process ended early"));
      const timer = setTimeout(
        () => end(reject, new Error(`no message within ${limitMs} ms:\n${this.log()}`)),
        limitMs,
      );
      child.on("message", onMessage);
      child.on("exit", onExit);
      if (this.exited) onExit();
    });
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.#child.kill(signal);
  }

  /** Resolves when the process is gone. */
  async gone() {
    if (!this.exited) await this.#exit;
  }

  async stop() {
    if (!running.delete(this)) return;
    if (!this.exited) {
      this.#child.kill("SIGTERM");
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_LIMIT_MS);
      await this.#exit;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A server under test. */
export class Server extends Worker {
  #probes = 0;

  /**
   * @param {number} port
   * @param {{ script: string[], core?: number, execArgv?: string[] }} options
   */
  constructor(port, options) {
    super(options);
    this.port = port;
  }

  /** Resolves at the first 200 from the readiness path. */
  async answers() {
    const untilMs = performance.now() + START_LIMIT_MS;
    while (!(await isReady(this.port))) {
      if (this.exited) throw new Error("the server ended while starting");
      if (performance.now() > untilMs) throw new Error(`no answer while starting:\n${this.log()}`);
      await sleep(POLL_MS);
    }
  }

  /**
   * @returns {Promise<{ cpuMicros: number, wallMs: number, activeMs: number, idleMs: number,
   *   rssBytes: number, heapBytes: number }>} totals since the process began
   */
  probe() {
    const probe = ++this.#probes;
    this.send({ probe });
    return this.message((message) => message.probe === probe);
  }

  /** @returns {Promise<number>} bytes that are alive: what a full collection leaves on the heap */
  async liveBytes() {
    const live = ++this.#probes;
    this.send({ live });
    return (await this.message((message) => message.live === live)).liveBytes;
  }

  /** @returns {number | undefined} the largest resident size so far, where the kernel tells */
  peakRssBytes() {
    if (process.platform !== "linux") return undefined;
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"));
    return kib === null ? undefined : Number(kib[1]) * 1024;
  }

  /**
   * Tells a bare server what to answer.
   *
   * @param {{ answers: object[], sendDate: boolean }} answers
   */
  async setAnswers(answers) {
    this.send(answers);
    await this.message((message) => message.answersSet);
  }
}

/** The process that makes the load. */
export class Load extends Worker {
  #jobs = 0;

  /**
   * Has the process do a job of `load.mjs`.
   *
   * @param {string} kind
   * @param {object} options
   * @param {number} [limitMs]
   * @returns {Promise<any>} what the job returned
   */
  async run(kind, options, limitMs = 120_000) {
    const job = ++this.#jobs;
    this.send({ job, kind, options });
    const { result, error } = await this.message((message) => message.job === job, limitMs);
    if (error !== undefined) throw new Error(`${kind}: ${error}`);
    return result;
  }
}

/** @returns {Promise<number>} a TCP port of the loopback interface that nobody listens on */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** @returns {Promise<boolean>} whether a server answers 200 there */
export function isReady(port, path = READY_PATH) {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
  });
}

function canPin() {
  if (process.platform !== "linux" || availableParallelism() < 2) return false;
  return spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;
}
