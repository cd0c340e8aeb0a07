import type { Address, Cancel, Millis } from "@nacre/core";
import { NacreError } from "@nacre/core";
import type { SeededRandom } from "@nacre/core/testing";
import type { MemberClock } from "./sim-clock.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { SimAnswer, SimSubject, SimWrite } from "./sim-write.ts";

/** What a {@link SimClient} is told by, and whom it tells. */
export interface SimClientDependencies {
  readonly clock: MemberClock;
  readonly network: SimNetwork;
  readonly random: SeededRandom;

  /** The servers it knows. */
  readonly servers: () => readonly Address[];

  /** Told when a server has said yes to a write. */
  readonly onAcknowledged: (client: SimClient, write: SimWrite, answer: SimAnswer) => void;
}

const BEAT_INTERVAL_MS: Millis = 5_000;
const CALL_MS: Millis = 3_000;
const RETRY_MS: Millis = 1_000;

/**
 * One instance with a client of its own that does as the Java client does: each call goes to a random
 * server and, when that fails, to the next; beats every 5 s, light ones once a server allows; registers
 * again when told that nobody knows the instance.
 */
export class SimClient {
  readonly subject: SimSubject;

  /** Its address in the network. */
  readonly address: Address;

  readonly #dependencies: SimClientDependencies;
  #isUp = false;
  #isLeaving = false;
  #isMute = false;
  #isLight = false;
  #leftMs: Millis = 0;
  #cancelBeat: Cancel = () => undefined;

  constructor(subject: SimSubject, dependencies: SimClientDependencies) {
    this.subject = subject;
    this.address = `client ${subject.ip}:${subject.port}`;
    this.#dependencies = dependencies;
  }

  /** Whether it wants its instance to be listed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether nothing is on its way that could still make or unmake the instance. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** When it last began to deregister. */
  get leftMs(): Millis {
    return this.#leftMs;
  }

  /** Registers, and beats from then on. */
  start(): void {
    this.#isUp = true;
    this.#isLeaving = false;
    this.#isLight = false;
    void this.#register();
    this.#beatLater();
  }

  /** Stops beating, then deregisters, again and again until a server has said yes. */
  deregister(): void {
    this.#isUp = false;
    this.#isLeaving = true;
    this.#leftMs = this.#dependencies.network.clock.nowMs;
    this.#cancelBeat();
    void this.#deregister();
  }

  /** Ends without a word. */
  die(): void {
    this.#isUp = false;
    this.#cancelBeat();
  }

  /** Loses its network, and gets it back. */
  set isMute(isMute: boolean) {
    this.#isMute = isMute;
  }

  async #register(): Promise<void> {
    while (this.#isUp) {
      const answer = await this.#ask("register");
      if (answer !== undefined) return;
      await this.#after(RETRY_MS);
    }
  }

  async #deregister(): Promise<void> {
    while (this.#isLeaving) {
      const answer = await this.#ask("deregister");
      if (answer !== undefined) {
        this.#isLeaving = false;
        return;
      }
      await this.#after(RETRY_MS);
    }
  }

  #beatLater(): void {
    this.#cancelBeat();
    const { clock } = this.#dependencies;
    this.#cancelBeat = clock.schedule(BEAT_INTERVAL_MS, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const answer = await this.#ask(this.#isLight ? "light beat" : "beat");
    if (!this.#isUp) return;
    this.#isLight = answer?.isKnown === true;
    if (answer?.isKnown === false) await this.#register();
    if (this.#isUp) this.#beatLater();
  }

  // One round over all servers. What no server took within it has failed.
  async #ask(kind: SimWrite["kind"]): Promise<SimAnswer | undefined> {
    const { network, random, servers, clock, onAcknowledged } = this.#dependencies;
    const write: SimWrite = { kind, subject: this.subject };
    const addresses = servers();
    const first = random.below(addresses.length);
    for (let turn = 0; turn < addresses.length && !this.#isMute; turn++) {
      const to = addresses[(first + turn) % addresses.length] as Address;
      const call = { from: this.address, to, kind: "write", body: write };
      try {
        const answer = (await network.call(clock, call, CALL_MS)) as SimAnswer;
        onAcknowledged(this, write, answer);
        return answer;
      } catch (error) {
        if (!(error instanceof NacreError)) throw error;
      }
    }
    return undefined;
  }

  #after(durationMs: Millis): Promise<void> {
    const { clock } = this.#dependencies;
    return new Promise((resolve) => {
      clock.schedule(durationMs, resolve);
    });
  }
}
