import type {
  Address,
  Greeting,
  Logger,
  Member,
  MemberReport,
  ReportAnswer,
  Transport,
} from "@nacre/core";
import type { MemberList } from "./member-list.ts";
import {
  afterFailure,
  afterGreeting,
  afterRefusal,
  afterSuccess,
  isConnectionRefused,
} from "./member-states.ts";

/** What a {@link MemberReporter} needs from its surroundings. */
export interface MemberReporterDependencies {
  readonly logger: Logger;
  readonly transport: Pick<Transport, "greet" | "report" | "leaving">;

  /** Where the peers are, and where it is noted what became of a call. */
  readonly list: MemberList;
}

/** What a {@link MemberReporter} says, and how patient it is. */
export interface MemberReporterOptions {
  /** The same each time. */
  readonly report: MemberReport;

  /** After more reports than this have failed in a row, a peer is down. */
  readonly failAccessCntMax: number;

  /** How many peers are called at a time when all are. */
  readonly callsMax: number;
}

/** The calls by which members learn of each other. None rejects; what fails is noted in the list. */
export class MemberReporter {
  readonly #logger: Logger;
  readonly #transport: MemberReporterDependencies["transport"];
  readonly #list: MemberList;
  readonly #report: MemberReport;
  readonly #failAccessCntMax: number;
  readonly #callsMax: number;
  readonly #greetings = new Map<Address, Promise<void>>();

  /** Peers that were reported to out of turn since the last turn. */
  readonly #askedAgain = new Set<Address>();
  #cursor = 0;

  constructor(
    { logger, transport, list }: MemberReporterDependencies,
    { report, failAccessCntMax, callsMax }: MemberReporterOptions,
  ) {
    this.#logger = logger;
    this.#transport = transport;
    this.#list = list;
    this.#report = report;
    this.#failAccessCntMax = failAccessCntMax;
    this.#callsMax = callsMax;
  }

  /** Reports to the peer whose turn it is; the cursor moves first, as with Java (`distro.md` 6.5). */
  reportInTurn(): void {
    this.#askedAgain.clear();
    const { peers } = this.#list;
    if (peers.length === 0) return;
    this.#cursor = (this.#cursor + 1) % peers.length;
    const peer = peers[this.#cursor];
    if (peer !== undefined) void this.#reportTo(peer.address);
  }

  /** Reports to a peer that is down but answered another call; once between two turns. */
  reportOutOfTurn(peer: Address): void {
    if (this.#list.get(peer)?.state !== "DOWN" || this.#askedAgain.has(peer)) return;
    this.#askedAgain.add(peer);
    void this.#reportTo(peer);
  }

  /** Reports to all peers at once. */
  async reportToAll(): Promise<void> {
    await this.#callEach(this.#list.peers, (peer) => this.#reportTo(peer));
  }

  /** Asks a peer who it is, unless it is being asked. */
  greet(peer: Address): Promise<void> {
    const current = this.#greetings.get(peer);
    if (current !== undefined) return current;
    const greeting = this.#ask(peer).finally(() => this.#greetings.delete(peer));
    this.#greetings.set(peer, greeting);
    return greeting;
  }

  /** Asks all peers who they are. */
  async greetAll(): Promise<void> {
    await this.#callEach(this.#list.peers, (peer) => this.greet(peer));
  }

  /** Asks the peers that have not said who they are, or were not ready when they did. */
  async greetUnknown(): Promise<void> {
    const unknown = this.#list.peers.filter(({ kind, isReady }) => kind === "unknown" || !isReady);
    await this.#callEach(unknown, (peer) => this.greet(peer));
  }

  /** Tells all Nacre peers that this member is about to stop. */
  async sayLeaving(): Promise<void> {
    const peers = this.#list.peers.filter(({ kind }) => kind === "nacre");
    await this.#callEach(peers, async (peer) => {
      try {
        await this.#transport.leaving(peer);
      } catch (error) {
        this.#logger.debug({ err: error, peer }, "peer does not hear that this member leaves");
      }
    });
  }

  /** Notes that nobody listened at a peer's address, if that is what `error` says. */
  noteRefusal(peer: Address, error: unknown): void {
    if (!isConnectionRefused(error) || this.#list.get(peer)?.state === "DOWN") return;
    this.#list.update(peer, whyOf(error), afterRefusal);
  }

  async #reportTo(peer: Address): Promise<void> {
    let answer: ReportAnswer;
    try {
      answer = await this.#transport.report(peer, this.#report);
    } catch (error) {
      if (isConnectionRefused(error)) this.#list.update(peer, whyOf(error), afterRefusal);
      else this.#noteFailure(peer, whyOf(error));
      return;
    }
    this.#takeAnswer(peer, answer);
  }

  #takeAnswer(peer: Address, { code, greeting }: ReportAnswer): void {
    if (code === 0 || code === 200) {
      this.#list.update(peer, "it answered", (member) => afterSuccess(member, greeting));
      if (this.#list.get(peer)?.kind === "unknown") void this.greet(peer);
    } else if (code === 404 || code === 501) {
      // It does not take reports, or not yet: neither success nor failure.
      if (greeting !== undefined) this.#takeGreeting(peer, greeting);
    } else {
      this.#noteFailure(peer, `it answered with code ${code}`);
    }
  }

  #noteFailure(peer: Address, why: string): void {
    this.#list.update(peer, why, (member) => afterFailure(member, this.#failAccessCntMax));
  }

  async #ask(peer: Address): Promise<void> {
    let greeting: Greeting;
    try {
      greeting = await this.#transport.greet(peer);
    } catch (error) {
      this.#logger.debug({ err: error, peer }, "peer does not say who it is");
      this.noteRefusal(peer, error);
      return;
    }
    this.#takeGreeting(peer, greeting);
  }

  #takeGreeting(peer: Address, greeting: Greeting): void {
    this.#list.update(peer, "it was asked", (member) => afterGreeting(member, greeting));
  }

  async #callEach(peers: readonly Member[], call: (peer: Address) => Promise<void>): Promise<void> {
    const waiting = peers.map(({ address }) => address);
    const callInTurn = async (): Promise<void> => {
      for (let peer = waiting.shift(); peer !== undefined; peer = waiting.shift()) {
        await call(peer);
      }
    };
    const callers = Math.min(this.#callsMax, waiting.length);
    await Promise.all(Array.from({ length: callers }, callInTurn));
  }
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
