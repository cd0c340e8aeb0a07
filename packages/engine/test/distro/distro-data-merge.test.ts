import { type DatumCopy, instanceKeyOf } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import {
  copyWith,
  deregistered,
  expectStanding,
  instanceKey,
  ip,
  key,
  registered,
  startData,
  versionAhead,
} from "./start-data.ts";
import { instanceAt } from "./start-repair.ts";

// Inside of the protocol; `DistroProtocol` shows the same through peers.

describe("DistroData, told by a Nacre peer", () => {
  it("takes what is newer, says why, and does not pass for the origin of it", () => {
    const { changed, data, heard } = startData();
    const copy = copyWith([instanceAt(ip, { version: 7 })]);
    const merged = data.merge(copy, "verified", "from b");
    expect(merged).toEqual({ isChanged: true, peerLacks: false });
    expect(heard).toEqual([[undefined, 1, "verified", "from b"]]);
    expect(changed).toEqual([[key, "peer", 1]]);
    expect(data.merge(copy, "verified", "from b")).toEqual({ isChanged: false, peerLacks: false });
    expect([heard.length, changed.length]).toEqual([1, 1]);
  });

  it("refutes a claim of silence about an instance that beats, and is the origin of that", () => {
    const { beating, changed, data, heard, standing } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    beating.set(instanceKey, 1_000);
    const version = expectStanding(standing()).version + 1;
    const gone = { instanceKey, version, kind: "expired" } as const;
    expect(data.merge(copyWith([], [gone]), "synced", "from b").peerLacks).toBe(true);
    expect(standing()?.version).toBeGreaterThan(version);
    expect(heard.at(-1)).toEqual([1, 1, "still alive", "from b"]);
    expect(changed.at(-1)).toEqual([key, "self", 2]);
    expect(data.copyOf(key)?.gone).toEqual([]);
  });

  it("gives versions above those it was told, so that its clock may be behind", () => {
    const { clock, data, versions } = startData();
    const version = versionAhead(clock, 30_000);
    data.merge(copyWith([instanceAt(ip, { version })]), "synced", "");
    expect(versions.next()).toBeGreaterThan(version);
  });

  it("remembers the end of what never stood here, so that an older copy does not bring it", () => {
    const { data, heard, standing, versions } = startData();
    const version = versions.next();
    const gone = { instanceKey, version, kind: "deregistered" } as const;
    data.merge(copyWith([], [gone]), "synced", "");
    const old = copyWith([instanceAt(ip, { version: version - 1 })]);
    expect(data.merge(old, "synced", "")).toEqual({ isChanged: false, peerLacks: true });
    expect([standing(), heard]).toEqual([undefined, []]);
    expect(data.get(key)).toBeUndefined();
  });

  it("does not keep the same end alive for ever by telling and being told", async () => {
    const clock = new ManualClock();
    const [one, other] = [startData({}, clock), startData({}, clock)];
    one.data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    one.data.put(key, [{ before: expectStanding(one.standing()), cause: deregistered }]);
    for (let minute = 0; minute < 25; minute++) {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        const copy = from.data.copyOf(key);
        if (copy !== undefined) to.data.merge(copy, "synced", "");
        from.data.forgetOldGone();
      }
      await clock.advance(60_000);
    }
    expect([one.data.goneCount, other.data.goneCount]).toEqual([0, 0]);
  });

  it("removes an instance whose end happened long ago by the version, and notes that", () => {
    const { data, standing } = startData();
    data.merge(copyWith([instanceAt(ip, { version: 5 })]), "synced", "");
    data.merge(copyWith([], [{ instanceKey, version: 6, kind: "deregistered" }]), "synced", "");
    expect([standing(), data.goneCount]).toEqual([undefined, 1]);
  });

  it("tells of beats of instances that are new here, and not of others", () => {
    const { data, heard } = startData();
    const copies = [
      { instance: instanceAt(ip, { version: 5 }), silenceMs: 400 },
      { instance: instanceAt("10.0.0.2", { version: 5 }), silenceMs: undefined },
    ];
    data.merge({ key, instances: copies, gone: [] }, "synced", "");
    expect(heard.slice(2)).toEqual([["beat", instanceKey, 400]]);
    const again = { instance: instanceAt(ip, { version: 6, weight: 2 }), silenceMs: 10 };
    const added = { instance: instanceAt("10.0.0.3", { version: 6 }), silenceMs: 20 };
    data.merge({ key, instances: [again, added], gone: [] }, "synced", "");
    expect(heard.slice(3)).toEqual([
      [1, 2, "synced", ""],
      [undefined, 1, "synced", ""],
      ["beat", instanceKeyOf(added.instance), 20],
    ]);
  });

  it("asks whether it may take an unknown service, and says at most once a minute that not", async () => {
    const { clock, data, heard, listener, logger } = startData();
    listener.mayTake = () => false;
    const copy = copyWith([instanceAt(ip, { version: 7 })]);
    for (let round = 0; round < 3; round++) {
      expect(data.merge(copy, "synced", "").isChanged).toBe(false);
    }
    expect([heard, data.get(key), data.refusedCount]).toEqual([[], undefined, 3]);
    await clock.advance(60_000);
    data.merge(copy, "synced", "");
    const lines = logger.lines.map(({ level, fields }) => [level, fields["count"]]);
    expect(lines).toEqual([
      ["warn", 1],
      ["warn", 3],
    ]);
    listener.mayTake = () => true;
    expect(data.merge(copy, "synced", "").isChanged).toBe(true);
    listener.mayTake = () => false;
    const next = copyWith([instanceAt("10.0.0.2", { version: 7 })]);
    expect(data.merge(next, "synced", "").isChanged).toBe(true);
  });
});

describe("DistroData, told by a Java peer", () => {
  it("takes the list of the responsible one for what stands", () => {
    const { data } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.takeFromResponsible(copyWith([instanceAt("10.0.0.2")]), "synced", "from j");
    expect(data.get(key)?.instances).toMatchObject([{ ip: "10.0.0.2" }]);
    expect(data.copyOf(key)?.gone).toMatchObject([{ instanceKey }]);
  });

  it("keeps what it has yet to hand over", () => {
    const { data } = startData({ isKept: (_, of) => of === instanceKey });
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.takeFromResponsible(copyWith([instanceAt("10.0.0.2")]), "synced", "from j");
    expect(data.get(key)?.instances.map((one) => one.ip)).toEqual([ip, "10.0.0.2"]);
  });

  it("removes nothing that another one does not list, and says so", () => {
    const { data } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    const copy = { instance: instanceAt("10.0.0.2"), silenceMs: 100 };
    const theirs = { key, instances: [copy], gone: [] };
    expect(data.takeFromOther(theirs, "synced", "")).toEqual({ isChanged: true, peerLacks: true });
    expect(data.get(key)?.instances.map((one) => one.ip)).toEqual([ip, "10.0.0.2"]);
  });

  it("goes by the age of an end here when another one lists the instance", async () => {
    const { clock, data, standing } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.put(key, [{ before: expectStanding(standing()), cause: deregistered }]);
    await clock.advance(5_000);
    const listed = (silenceMs: number): DatumCopy => {
      return { key, instances: [{ instance: instanceAt(ip), silenceMs }], gone: [] };
    };
    data.takeFromOther(listed(6_000), "synced", "");
    expect(standing()).toBeUndefined();
    data.takeFromOther(listed(1_000), "synced", "");
    expect(standing()).toMatchObject({ ip });
  });
});
