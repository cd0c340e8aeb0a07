import { type Address, DistroMapper, type Member } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { Forwarder, type ForwarderMembership, type ForwarderOptions } from "@nacre/engine";
import { describe, expect, it } from "vitest";

const [a, b, c] = ["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"] as const;

// Of the three members, each is responsible for one of these (`distro.md` 2.7).
const [ofA, ofB, ofC] = [
  "DEFAULT_GROUP@@nacos.test.1",
  "DEFAULT_GROUP@@nacos.test.3",
  "DEFAULT_GROUP@@nacos.test.2",
] as const;

type Changes = Readonly<Partial<Record<Address, Partial<Member>>>>;

/** What `a` knows of the members: all run Nacre, are healthy and ready, but for `changes`. */
class Cluster implements ForwarderMembership {
  readonly self = a;
  isReady = true;
  readonly mapper = new DistroMapper({ self: a, addresses: [a, b, c] });
  readonly peers: Member[];

  constructor(changes: Changes) {
    this.peers = [b, c].map((address) => memberAt(address, changes[address]));
  }

  member(address: Address): Member | undefined {
    return address === a ? memberAt(a) : this.peers.find((peer) => peer.address === address);
  }

  isResponsible(groupedName: string): boolean {
    return this.isReady && this.mapper.isResponsible(groupedName);
  }

  memberFor(groupedName: string): Address {
    return this.mapper.memberFor(groupedName);
  }
}

function memberAt(address: Address, changes: Partial<Member> = {}): Member {
  const [ip = "", port] = address.split(":");
  return {
    address,
    ip,
    port: Number(port),
    state: "UP",
    failAccessCnt: 0,
    extendInfo: {},
    kind: "nacre",
    isReady: true,
    ...changes,
  };
}

/** The forwarder of `a`. */
function start({ changes = {}, ...options }: ForwarderOptions & { changes?: Changes } = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const membership = new Cluster(changes);
  const forwarder = new Forwarder({ clock, logger, membership }, options);
  const counts = () => Object.fromEntries(forwarder.decidedHereCounts);
  return { clock, logger, membership, forwarder, counts };
}

describe("Forwarder", () => {
  it("decides here what this member is responsible for, and counts nothing", () => {
    const { forwarder, counts } = start();
    expect(forwarder.peerFor(ofA)).toBeUndefined();
    expect([forwarder.isResponsible(ofA), forwarder.isResponsible(ofB)]).toEqual([true, false]);
    expect(counts()).toEqual({});
  });

  it("names the responsible member, also a suspicious one", () => {
    const { forwarder } = start({ changes: { [c]: { state: "SUSPICIOUS" } } });
    expect([forwarder.peerFor(ofB), forwarder.peerFor(ofC)]).toEqual([b, c]);
  });

  it.each([
    ["down", { state: "DOWN" }],
    ["starting", { isReady: false }],
  ] as const)("decides here when that member is %s", (reason, change) => {
    const { forwarder, counts } = start({ changes: { [b]: change } });
    expect([forwarder.peerFor(ofB), forwarder.peerFor(ofC)]).toEqual([undefined, c]);
    expect(counts()).toEqual({ [reason]: 1 });
  });

  it("decides here when that member has left meanwhile", () => {
    const { forwarder, membership, counts } = start();
    membership.peers.shift();
    expect(forwarder.peerFor(ofB)).toBeUndefined();
    expect(counts()).toEqual({ down: 1 });
  });

  it("leaves a peer alone that did not take a write, and no other", async () => {
    const { clock, forwarder, logger, counts } = start();
    forwarder.begin(b)("failed");
    expect([forwarder.peerFor(ofB), forwarder.peerFor(ofC)]).toEqual([undefined, c]);
    expect(counts()).toEqual({ failed: 1, open: 1 });
    expect(forwarder.statusOf(b)).toEqual({
      pendingCount: 0,
      isOpen: true,
      forwardedCount: 0,
      failedCount: 1,
    });

    await clock.advance(1_000);
    expect(forwarder.peerFor(ofB)).toBe(b);
    forwarder.begin(b)("answered");
    expect(forwarder.peerFor(ofB)).toBe(b);
    expect(logger.lines).toEqual([
      {
        level: "warn",
        message: "a peer takes no writes, they are decided here",
        fields: { peer: b },
      },
      { level: "info", message: "a peer takes writes again", fields: { peer: b } },
    ]);
  });

  it("leaves a peer alone that does not answer in good time", async () => {
    const { clock, forwarder } = start();
    forwarder.begin(b);
    await clock.advance(500);
    expect(forwarder.peerFor(ofB)).toBe(b);
    await clock.advance(1);
    expect(forwarder.peerFor(ofB)).toBeUndefined();
  });

  it("asks a peer again that refused one write", () => {
    const { forwarder, counts } = start();
    forwarder.begin(b)("refused");
    expect(forwarder.peerFor(ofB)).toBe(b);
    expect(counts()).toEqual({ refused: 1 });
    expect([forwarder.forwardedCount, forwarder.failedCount]).toEqual([0, 1]);
  });

  it("lets only so many writes wait for one peer", () => {
    const { forwarder, counts } = start({ pendingMax: 2 });
    const ends = [forwarder.begin(b), forwarder.begin(b)];
    expect([forwarder.peerFor(ofB), forwarder.peerFor(ofC)]).toEqual([undefined, c]);
    expect(counts()).toEqual({ full: 1 });
    ends[0]?.("answered");
    expect(forwarder.peerFor(ofB)).toBe(b);
    expect(forwarder.forwardedCount).toBe(1);
  });

  it("keeps nothing of peers that are no members any more", () => {
    const { forwarder, membership } = start();
    forwarder.begin(b)("failed");
    membership.peers.shift();
    forwarder.begin(c)("answered");
    expect([forwarder.statusOf(b), forwarder.statusOf(c)?.forwardedCount]).toEqual([undefined, 1]);
  });

  it("may take beats where the responsible member is a Nacre member", () => {
    const { forwarder } = start({ changes: { [b]: { kind: "java" }, [c]: { kind: "nacre" } } });
    expect([ofA, ofB, ofC].map((name) => forwarder.mayTakeBeat(name))).toEqual([true, false, true]);
    expect(start({ changes: { [b]: { kind: "unknown" } } }).forwarder.mayTakeBeat(ofB)).toBe(false);
  });
});

describe("a member that does not serve yet", () => {
  it("asks responsible members as ever", () => {
    const { forwarder, membership } = start({ changes: { [b]: { kind: "java" } } });
    membership.isReady = false;
    expect([forwarder.peerFor(ofB), forwarder.peerFor(ofC)]).toEqual([b, c]);
  });

  it("asks another Nacre member where it is responsible itself", () => {
    const { forwarder, membership, counts } = start({ changes: { [b]: { kind: "java" } } });
    membership.isReady = false;
    expect(forwarder.peerFor(ofA)).toBe(c);
    expect(counts()).toEqual({});
  });

  it("asks another Nacre member where the responsible one cannot be asked", () => {
    const { forwarder, membership } = start({ changes: { [b]: { isReady: false } } });
    membership.isReady = false;
    expect([forwarder.peerFor(ofB), forwarder.peerFor(ofA)]).toEqual([c, c]);
  });

  it("decides here when nobody serves", () => {
    const changes = { [b]: { isReady: false }, [c]: { state: "DOWN" } } as const;
    const { forwarder, membership, counts } = start({ changes });
    membership.isReady = false;
    expect([ofA, ofB, ofC].map((name) => forwarder.peerFor(name))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(counts()).toEqual({ unready: 1, starting: 1, down: 1 });
  });

  it("takes what Java members pass on", () => {
    const { forwarder, membership } = start();
    membership.isReady = false;
    expect([forwarder.isResponsible(ofA), forwarder.isResponsible(ofB)]).toEqual([true, false]);
  });
});
