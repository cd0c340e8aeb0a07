import {
  type Address,
  type Clock,
  type DistroMapper,
  type Greeting,
  type Logger,
  type Member,
  type MemberReport,
  NacreError,
  type Responsibility,
  type Transport,
} from "@nacre/core";
import { ownExtendInfo } from "./extend-info.ts";
import { MemberList } from "./member-list.ts";
import { MemberReporter } from "./member-reporter.ts";
import { afterLeaving, afterReport, listedMember } from "./member-states.ts";

/** What a {@link Membership} needs from its surroundings. */
export interface MembershipDependencies {
  readonly clock: Clock;

  /** Told at info when a peer changes its state, joins or leaves. */
  readonly logger: Logger;
  readonly transport: Pick<Transport, "greet" | "report" | "leaving">;
}

/** Who a {@link Membership} is about. */
export interface MembershipOptions {
  /** The address of this member, spelled as in everybody's list. */
  readonly self: Address;

  /** Whether this member runs standalone: then it has no peers, whoever is listed. */
  readonly isAlone: boolean;

  /** All members as they are listed at start; self may be among them. */
  readonly addresses: readonly Address[];

  /** Of Nacre; told to peers. */
  readonly version: string;

  /**
   * After more reports than this have failed in a row, a peer is down.
   *
   * @defaultValue 3
   */
  readonly failAccessCntMax?: number;

  /**
   * How many peers are called at a time when all are.
   *
   * @defaultValue 64
   */
  readonly callsMax?: number;

  /** Told after the mapper or a member's state, kind or readiness has changed, as the last step. */
  readonly onChange?: () => void;
}

/**
 * Who is a member of the cluster and in which state, and so which member is responsible for a service.
 *
 * The states are those of Java and change by the same rules (`distro.md` 6.4 to 6.6), so that all
 * members come to the same list of healthy ones. Where Nacre differs, `member-states.ts` says why.
 */
export class Membership implements Responsibility {
  /** The address of this member. */
  readonly self: Address;

  /** Whether this member runs standalone. */
  readonly isAlone: boolean;

  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #list: MemberList;
  readonly #reporter: MemberReporter;
  #isReady = false;
  #isLeaving = false;
  #hasTwin = false;

  constructor(dependencies: MembershipDependencies, options: MembershipOptions) {
    const { clock, logger, transport } = dependencies;
    const { self, isAlone, onChange = () => undefined } = options;
    const { failAccessCntMax = 3, callsMax = 64 } = options;
    this.self = self;
    this.#clock = clock;
    this.#logger = logger;
    this.isAlone = isAlone;
    const member = ownMember(self, options.version, clock);
    const addresses = isAlone ? [] : options.addresses;
    this.#list = new MemberList({ logger }, { self: member, isAlone, addresses, onChange });
    const report = reportOf(member);
    this.#reporter = new MemberReporter(
      { logger, transport, list: this.#list },
      { report, failAccessCntMax, callsMax },
    );
  }

  /** Whether this member has said that it serves. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** All members, sorted by the UTF-16 units of their addresses; self is `STARTING` until ready. */
  get members(): readonly Member[] {
    return this.#list.members;
  }

  /** All members but self, sorted. */
  get peers(): readonly Member[] {
    return this.#list.peers;
  }

  /** What is known of the member at an address; `undefined`: it is not listed. */
  member(address: Address): Member | undefined {
    return this.#list.get(address);
  }

  /** Who is responsible for what; another one as soon as other members are healthy. */
  get mapper(): DistroMapper {
    return this.#list.mapper;
  }

  /**
   * Whether this member decides and speaks for a service; never before it is ready, nor when it
   * leaves. `groupedName` is `<group>@@<service>`.
   */
  isResponsible(groupedName: string): boolean {
    return this.#isServing && this.mapper.isResponsible(groupedName);
  }

  /** The member that is responsible for a service, whether it serves or not (`distro.md` 2.4). */
  memberFor(groupedName: string): Address {
    return this.mapper.memberFor(groupedName);
  }

  /** Says that this member serves from now on, and reports to all peers so that they count it in. */
  ready(): void {
    if (this.#isReady || this.#isLeaving) return;
    this.#isReady = true;
    void this.#reporter.reportToAll();
    this.#list.updateSelf({ state: "UP", isReady: true });
  }

  /**
   * Takes back that this member serves: it loads anew. Peers hear of it when they ask or report, and
   * from {@link Membership.ready} when it serves again.
   */
  unready(): void {
    if (!this.#isServing) return;
    this.#isReady = false;
    this.#list.updateSelf({ state: "STARTING", isReady: false });
  }

  /**
   * Takes over a list of members. Who stays keeps its state, who is not listed any more is forgotten.
   * An empty list is ignored; self is added when it is missing.
   *
   * Who joins counts as healthy at once, as with Java, or members would differ about who is responsible.
   * That nobody has heard from it does no harm: a write that it does not take is decided where it
   * arrived, and when it turns out to be absent, whoever gains its services grants all their instances
   * a whole time-out before one expires.
   */
  setAddresses(addresses: readonly Address[]): void {
    if (this.isAlone) return;
    if (addresses.length === 0) {
      this.#logger.warn("a list without members is ignored");
      return;
    }
    const { joined, left } = this.#list.list(addresses);
    if (joined.length + left.length > 0 && !addresses.includes(this.self)) {
      this.#logger.warn({ self: this.self }, "the list of members lacks this member");
    }
    for (const address of joined) void this.#reporter.greet(address);
  }

  /**
   * A job, every 2 s: reports to the peer whose turn it is (`distro.md` 6.5), and asks those who they
   * are that have not said so or were not ready. It waits for no answer.
   */
  report(): void {
    void this.#reporter.greetUnknown();
    if (this.#isServing) this.#reporter.reportInTurn();
  }

  /** Asks every peer who it is, and resolves when all have answered or failed. Never rejects. */
  async greetAll(): Promise<void> {
    await this.#reporter.greetAll();
  }

  /**
   * Takes the report of a member: it is up.
   *
   * @returns whether the reporter is a member
   * @throws {@link NacreError} `STARTING` when this member is not ready yet, or leaves. That becomes
   *   code 501 in the answer, by which no reporter counts this member in or out. What the report says
   *   is taken note of all the same.
   */
  onReport({ address, extendInfo }: MemberReport): boolean {
    if (address === this.self) this.#warnOfTwin();
    const epochMs = this.#clock.epochMs();
    this.#list.update(address, "it reported", (member) => afterReport(member, extendInfo, epochMs));
    if (!this.#isServing) throw new NacreError("STARTING", `${this.self} does not serve`);
    return this.member(address) !== undefined;
  }

  /** Answers a peer that asks who this member is. */
  onGreet(): Greeting {
    return { kind: "nacre", isReady: this.#isServing };
  }

  /** Takes note that a peer is about to stop: it is down at once. */
  onLeaving(from: Address): void {
    this.#list.update(from, "it leaves", afterLeaving);
  }

  /**
   * Tells every Nacre peer that this member is about to stop, and is responsible for nothing any more;
   * unless there is no peer who could be. Resolves when all have answered or failed; never rejects.
   */
  async leave(): Promise<void> {
    if (this.#isLeaving || this.peers.length === 0) return;
    this.#isLeaving = true;
    this.#list.updateSelf({ state: "DOWN", isReady: false });
    await this.#reporter.sayLeaving();
  }

  /**
   * Takes note that a peer answered a call other than a report. That makes nobody healthy: Java counts
   * only reports, and views must agree. But it is a reason to report to a peer that is down now, and
   * not when its turn comes.
   */
  noteAnswer(peer: Address): void {
    if (this.#isServing) this.#reporter.reportOutOfTurn(peer);
  }

  /**
   * Takes note that a call other than a report failed. A refused connection means that nobody is
   * there, so the peer is down at once. Other failures do not count: Java counts only reports, and
   * views must agree.
   */
  noteFailure(peer: Address, error: unknown): void {
    this.#reporter.noteRefusal(peer, error);
  }

  get #isServing(): boolean {
    return this.#isReady && !this.#isLeaving;
  }

  #warnOfTwin(): void {
    if (this.#hasTwin) return;
    this.#hasTwin = true;
    this.#logger.warn({ self: this.self }, "another member reports with the address of this one");
  }
}

function ownMember(self: Address, version: string, clock: Clock): Member {
  const member = listedMember(self);
  const extendInfo = ownExtendInfo({ port: member.port, version, epochMs: clock.epochMs() });
  return { ...member, state: "STARTING", extendInfo, kind: "nacre", isReady: false };
}

// Only members that serve report.
function reportOf({ ip, port, extendInfo, address, failAccessCnt }: Member): MemberReport {
  return { ip, port, state: "UP", extendInfo, address, failAccessCnt };
}
