import type { Instance, InstanceKey, Millis } from "@nacre/core";
import type { SimClient } from "./sim-client.ts";
import { SimLists } from "./sim-lists.ts";
import type { SimMember } from "./sim-member.ts";
import { delivery, type SimPromises } from "./sim-promises.ts";
import { type SimAnswer, subjectKey, type SimWrite } from "./sim-write.ts";

/** A property that did not hold. */
export class SimViolation extends Error {
  override readonly name = "SimViolation";
  readonly property: string;

  /** The instance or the member it is about. */
  readonly about: string;

  constructor(property: string, about: string, message: string) {
    super(`${property}: ${about} ${message}`);
    this.property = property;
    this.about = about;
  }
}

/** The times that properties speak of, milliseconds. Why they are what they are: `README.md`. */
const times = {
  /** Signs of life no older than this keep an instance healthy, whatever others claim. */
  freshMs: 7_000,

  /** While all members have one no older than this, nobody claims anything. */
  unclaimedMs: 14_000,

  /** After a gap in what a member must know, its list is whole again. */
  mendedMs: 12_000,

  /** No later than this after its registration an instance that was not there before is promised. */
  newMs: 4_000,

  /** What members accept within this time of each other has no order. */
  racingMs: 1_000,

  /** The removal time-out, and what follows. */
  removalMs: 30_000,
  evictedMs: 30_000 + 12_000,

  /** How long two lists may differ while a change is on its way. */
  differingMs: 2_000,
} as const;

/** What is true of the cluster while it is looked at. */
export interface ObservedCluster {
  readonly nowMs: Millis;

  /** The Nacre members whose processes are there. */
  readonly members: readonly SimMember[];

  /** Whether nobody but Nacre members can be responsible for a service, as far as anybody knows. */
  readonly isOurs: (serviceName: string) => boolean;

  /**
   * Whether a Java member was ever responsible for a service. What it told has no versions, so members
   * may need a second attempt to remove it.
   */
  readonly wasJava: (serviceName: string) => boolean;

  /** Whether wall clocks are at most a minute apart. */
  readonly hasGoodClocks: boolean;

  /** When anything last went wrong, or a member was not ready. */
  readonly faultMs: Millis;

  /** The same, or when members last changed their minds about who is responsible, if that was later. */
  readonly viewMs: Millis;
}

/** How a member took a write. */
export interface TakenWrite {
  readonly atMs: Millis;

  /** Whether another Nacre member had accepted it before. */
  readonly isPassedOn: boolean;
}

interface Subject {
  readonly client: SimClient;
  readonly index: number;

  /** Which service, as a place in the list of services. */
  readonly service: number;
  readonly key: InstanceKey;
  readonly label: string;

  /** When the registration that stands was taken; infinity: there is none. */
  registeredMs: Millis;

  /** Since when no member could call it silent. */
  unclaimedSinceMs: Millis;

  /** When a deregistration that the client had long given up undid what stood. */
  undoneMs: Millis;

  /** The last sign of life that any member took, whether or not the client heard that it did. */
  takenMs: Millis;

  /** When a member last accepted a call that makes the instance if it is not there. */
  madeMs: Millis;

  /** When the deregistration that stands was taken; infinity: there is none. */
  goneMs: Millis;
  goneAt: SimMember | undefined;

  /** Whether any member lists it as unhealthy. */
  isUnhealthy: boolean;

  /** The members that know that it is gone. */
  readonly told: Set<SimMember>;

  /** By member: since when it must be listed there, and from when that is checked. */
  readonly promised: Map<SimMember, { readonly sinceMs: Millis; readonly dueMs: Millis }>;
}

/**
 * Watches a simulated cluster and throws a {@link SimViolation} as soon as one of its properties does
 * not hold. The properties are written down in `test/simulation/README.md`.
 */
export class SimChecks {
  readonly #promises: SimPromises;
  readonly #subjects: readonly Subject[];
  readonly #byClient = new Map<SimClient, Subject>();
  readonly #services: readonly string[];
  readonly #lists: SimLists;
  readonly #differingSinceMs = new Map<string, Millis>();
  #checkCount = 0;
  #hasGoodClocks = true;
  #faultMs: Millis = 0;

  constructor(promises: SimPromises, clients: readonly SimClient[]) {
    this.#promises = promises;
    this.#services = [...new Set(clients.map(({ subject }) => subject.serviceName))];
    this.#subjects = clients.map((client, index) => ({
      client,
      index,
      service: this.#services.indexOf(client.subject.serviceName),
      key: subjectKey(client.subject),
      label: `${client.subject.serviceName} ${client.subject.ip}:${client.subject.port}`,
      registeredMs: Number.POSITIVE_INFINITY,
      unclaimedSinceMs: 0,
      undoneMs: Number.NEGATIVE_INFINITY,
      madeMs: Number.NEGATIVE_INFINITY,
      takenMs: Number.NEGATIVE_INFINITY,
      goneMs: Number.POSITIVE_INFINITY,
      goneAt: undefined,
      isUnhealthy: false,
      told: new Set(),
      promised: new Map(),
    }));
    for (const subject of this.#subjects) this.#byClient.set(subject.client, subject);
    this.#lists = new SimLists(this.#services);
  }

  /** How many single claims were checked. */
  get checkCount(): number {
    return this.#checkCount;
  }

  /** A server said yes to a client. `decidedBy` is a Nacre member's process, or a Java one's. */
  acknowledge(client: SimClient, write: SimWrite, answer: SimAnswer, by?: SimMember): void {
    const subject = this.#byClient.get(client);
    if (subject === undefined || !answer.isKnown) return;
    // What a Java member takes is out of our hands.
    if (by === undefined) this.take(write, client, { atMs: answer.atMs, isPassedOn: false });
    if (write.kind === "deregister") {
      if (client.isUp) return;
      subject.registeredMs = Number.POSITIVE_INFINITY;
      // A beat that was on its way while the client deregistered may have made the instance again.
      if (subject.madeMs >= client.leftMs - times.racingMs) return;
      // Between those who do not hear each other the clock decides, and cannot when it is wrong.
      if (!this.#hasGoodClocks && answer.atMs < this.#faultMs + times.mendedMs) return;
      subject.goneMs = answer.atMs;
      subject.goneAt = by;
      subject.told.clear();
      return;
    }
    // As in Nacos, who registers while it is still listed as unhealthy is healthy with its next beat.
    if (write.kind === "register" && subject.isUnhealthy) return;
    // Whom that has not reached yet still knows the instance.
    const undoneMs =
      subject.undoneMs + (write.kind === "register" ? times.racingMs : times.mendedMs);
    if (answer.atMs <= undoneMs) return;
    if (subject.registeredMs === Number.POSITIVE_INFINITY && client.isUp) {
      subject.registeredMs = answer.atMs;
    }
    if (by !== undefined) this.#promises.hear(by, subject.index, answer.atMs);
  }

  /** A member took a write of a client, whether or not the client will hear of it. */
  take(write: SimWrite, client: SimClient, { atMs, isPassedOn }: TakenWrite): void {
    const subject = this.#byClient.get(client);
    if (subject === undefined) return;
    if (write.kind === "deregister") {
      // A call that the client has long given up: a member that stood still has it in its ears. Nothing
      // in the protocol of Nacos tells that it is old.
      if (!client.isUp) return;
      subject.registeredMs = Number.POSITIVE_INFINITY;
      subject.undoneMs = atMs;
      return;
    }
    subject.takenMs = atMs;
    // What was passed on is as old as its acceptance, and comes too late after the end.
    if (write.kind === "light beat" || isPassedOn) return;
    subject.madeMs = atMs;
    forgetEnd(subject);
  }

  /** Checks every property. */
  run(cluster: ObservedCluster): void {
    const { nowMs, members } = cluster;
    this.#hasGoodClocks = cluster.hasGoodClocks;
    this.#faultMs = cluster.faultMs;
    this.#lists.look(members);
    for (const { member, sources } of this.#promises.regard(members)) {
      for (const subject of this.#subjects)
        inherit(subject, member as SimMember, { sources, nowMs });
    }
    const serving = members.filter(({ isReady, isPaused }) => isReady && !isPaused);
    for (const subject of this.#subjects) {
      subject.isUnhealthy = members.some((each) => this.#listed(each, subject)?.healthy === false);
      this.#checkLiveness(subject, serving, cluster);
      this.#checkEnd(subject, serving, cluster);
      this.#checkEviction(subject, serving, cluster);
    }
    if (nowMs >= cluster.faultMs + times.mendedMs) this.#checkConvergence(serving, cluster);
    else this.#differingSinceMs.clear();
    for (const member of serving) checkMember(member, this.#subjects.length);
  }

  #checkLiveness(
    subject: Subject,
    serving: readonly SimMember[],
    { nowMs, faultMs, isOurs, hasGoodClocks }: ObservedCluster,
  ): void {
    const { client, registeredMs, index, promised } = subject;
    const isAlive = client.isUp && registeredMs !== Number.POSITIVE_INFINITY;
    const isOrdered = hasGoodClocks || nowMs >= faultMs + times.mendedMs;
    if (!isAlive || !isOrdered || !isOurs(client.subject.serviceName)) {
      promised.clear();
      return;
    }
    const leastMs = Math.min(...serving.map((member) => this.#promises.knownMs(member, index)));
    // A claim that was made before may still be on its way.
    if (leastMs < nowMs - times.unclaimedMs) subject.unclaimedSinceMs = nowMs;
    const isUnclaimed = nowMs - subject.unclaimedSinceMs >= times.mendedMs;
    for (const member of promised.keys()) if (!serving.includes(member)) promised.delete(member);
    for (const member of serving) {
      const knownMs = this.#promises.knownMs(member, index);
      const isFresh = knownMs >= nowMs - times.freshMs || isUnclaimed;
      if (knownMs < registeredMs || !isFresh) {
        promised.delete(member);
        continue;
      }
      let promise = promised.get(member);
      if (promise === undefined) {
        const isNew = nowMs - registeredMs <= times.newMs && hasGoodClocks;
        promise = { sinceMs: nowMs, dueMs: isNew ? nowMs : nowMs + times.mendedMs };
        promised.set(member, promise);
      }
      if (nowMs < promise.dueMs) continue;
      this.#checkCount++;
      const listed = this.#listed(member, subject);
      if (listed?.healthy === true) continue;
      const known = `a sign of life of ${seconds(knownMs)} must be known there`;
      const what = listed === undefined ? "is missing at" : "is unhealthy at";
      throw new SimViolation("liveness", subject.label, `${what} ${member.address}; ${known}`);
    }
  }

  #checkEnd(subject: Subject, serving: readonly SimMember[], cluster: ObservedCluster): void {
    const { goneMs, goneAt, told } = subject;
    if (goneMs === Number.POSITIVE_INFINITY) return;
    const { nowMs } = cluster;
    const { client } = subject;
    if (client.isUp || !cluster.isOurs(client.subject.serviceName)) {
      forgetEnd(subject);
      return;
    }
    // When all who knew are dead, nobody knows.
    if (!cluster.members.some((member) => member === goneAt || told.has(member))) {
      forgetEnd(subject);
      return;
    }
    const isOld = nowMs >= Math.max(goneMs, cluster.faultMs) + times.mendedMs;
    for (const member of serving) {
      if (told.has(member)) {
        this.#checkCount++;
        if (this.#listed(member, subject) === undefined) continue;
        const since = `deregistered at ${seconds(goneMs)}`;
        throw new SimViolation(
          "no resurrection",
          subject.label,
          `is at ${member.address}, ${since}`,
        );
      }
      const wasToldDirectly =
        goneAt !== undefined &&
        nowMs >= goneMs + delivery.directMs &&
        serving.includes(goneAt) &&
        (goneAt === member || this.#promises.isWorking(goneAt, member, goneMs));
      const isKnown = wasToldDirectly || isOld;
      if (isKnown) told.add(member);
    }
  }

  #checkEviction(subject: Subject, serving: readonly SimMember[], cluster: ObservedCluster): void {
    const { client, takenMs, label } = subject;
    if (client.isUp || client.isLeaving || takenMs === Number.NEGATIVE_INFINITY) return;
    const { serviceName } = client.subject;
    if (!cluster.isOurs(serviceName)) return;
    const lastsMs = times.evictedMs + (cluster.wasJava(serviceName) ? times.removalMs : 0);
    if (cluster.nowMs < Math.max(takenMs, cluster.viewMs) + lastsMs) return;
    if (serving.some((member) => member.isHeld(serviceName, subject.key))) return;
    for (const member of serving) {
      this.#checkCount++;
      if (this.#listed(member, subject) === undefined) continue;
      const last = `last sign of life at ${seconds(takenMs)}`;
      throw new SimViolation("eviction", label, `is still at ${member.address}, ${last}`);
    }
  }

  #checkConvergence(serving: readonly SimMember[], { nowMs, isOurs }: ObservedCluster): void {
    const [first, ...others] = serving;
    if (first === undefined) return;
    for (const [at, serviceName] of this.#services.entries()) {
      if (!isOurs(serviceName)) continue;
      const textOf = (member: SimMember): string => this.#lists.of(member, at)?.text ?? "";
      const text = textOf(first);
      const other = others.find((member) => textOf(member) !== text);
      this.#checkCount++;
      if (other === undefined) {
        this.#differingSinceMs.delete(serviceName);
        continue;
      }
      const sinceMs = this.#differingSinceMs.get(serviceName);
      if (sinceMs === undefined) this.#differingSinceMs.set(serviceName, nowMs);
      else if (nowMs - sinceMs > times.differingMs) {
        const texts = [first, other].map((each) => `${each.address}: ${textOf(each)}`);
        throw new SimViolation("convergence", serviceName, `differs: ${texts.join("; ")}`);
      }
    }
  }

  #listed(member: SimMember, { service, key }: Subject): Instance | undefined {
    return this.#lists.of(member, service)?.byKey.get(key);
  }
}

/** Checks what a member has decided of silence, and that nothing grows without bound. */
function checkMember(member: SimMember, subjectCount: number): void {
  const { violation } = member.expiryWatch;
  if (violation !== undefined) {
    throw new SimViolation(violation.property, member.address, violation.message);
  }
  for (const [name, size] of Object.entries(member.sizes())) {
    const most = subjectCount * 4 + 64;
    if (size > most) {
      throw new SimViolation("bounds", member.address, `has ${name} of ${size}, over ${most}`);
    }
  }
}

// A member that has just become ready promises what those promise that it loaded from.
function inherit(
  subject: Subject,
  member: SimMember,
  { sources, nowMs }: { readonly sources: readonly unknown[]; readonly nowMs: Millis },
): void {
  const inherited = sources
    .map((source) => subject.promised.get(source as SimMember))
    .filter((promise) => promise !== undefined);
  const [earliest] = inherited.toSorted((a, b) => a.dueMs - b.dueMs);
  if (earliest === undefined) return;
  // What one of its sources has called silent, being cut off itself, it may believe at first.
  const { dueMs } = earliest;
  const isUndisputed = nowMs - subject.unclaimedSinceMs >= times.mendedMs;
  const due = isUndisputed ? dueMs : Math.max(dueMs, nowMs + times.mendedMs);
  subject.promised.set(member, { sinceMs: nowMs, dueMs: due });
}

function forgetEnd(subject: Subject): void {
  subject.goneMs = Number.POSITIVE_INFINITY;
  subject.goneAt = undefined;
  subject.told.clear();
}

function seconds(atMs: Millis): string {
  return `${(atMs / 1_000).toFixed(3)} s`;
}
