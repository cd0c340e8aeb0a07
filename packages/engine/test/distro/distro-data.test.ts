import { definitionKey, instancesChecksum } from "@nacre/core";
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

describe("DistroData, written here", () => {
  it("stores, tells the listener and then the observer", () => {
    const { changed, data, heard, store } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(store.get(key)?.instances).toMatchObject([{ ip }]);
    expect(heard).toEqual([[undefined, 1, "registered", "by a client"]]);
    expect(changed).toEqual([[key, "self", 1]]);
  });

  it("gives each write a version above the one it replaces, also one of a clock ahead", () => {
    const { clock, data, standing, versions } = startData();
    const ahead = versionAhead(clock, 3_600_000);
    data.merge(copyWith([instanceAt(ip, { version: ahead })]), "synced", "");
    const before = expectStanding(standing());
    data.put(key, [{ before, after: { ...before, weight: 2 }, cause: registered }]);
    expect(standing()).toMatchObject({ weight: 2, version: ahead + 1 });
    expect(versions.next()).toBeLessThan(ahead);
  });

  it("replaces an instance that is known in an older version", () => {
    const { clock, data, standing } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    const known = expectStanding(standing());
    const version = versionAhead(clock, 3_600_000);
    data.merge(copyWith([{ ...known, version }]), "synced", "");
    data.put(key, [
      { before: known, after: { ...known, weight: 2 }, cause: registered },
      { after: instanceAt("10.0.0.2"), cause: registered },
    ]);
    expect(data.get(key)?.instances.map(({ weight }) => weight)).toEqual([2, 1]);
    expect(standing()?.version).toBeGreaterThan(version);
  });

  it("leaves a tombstone, with the kind of the end", () => {
    const { data, standing } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    const before = expectStanding(standing());
    data.put(key, [{ before, cause: { kind: "expired", detail: "" } }]);
    const [gone] = data.copyOf(key)?.gone ?? [];
    expect(gone).toMatchObject({ instanceKey, kind: "expired" });
    expect(gone?.version).toBeGreaterThan(before.version);
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(standing()?.version).toBeGreaterThan(gone?.version ?? 0);
    expect(data.copyOf(key)?.gone).toEqual([]);
    data.put(key, [{ before: expectStanding(standing()), cause: deregistered }]);
    expect(data.copyOf(key)?.gone).toMatchObject([{ kind: "deregistered" }]);
  });

  it("keeps removed what was removed after another member accepted its registration", async () => {
    const { changed, clock, data, heard, standing, versions } = startData();
    const acceptedAs = versions.next();
    await clock.advance(2_000);
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.put(key, [{ before: expectStanding(standing()), cause: deregistered }]);
    const told = [heard.length, changed.length];
    data.put(key, [{ after: instanceAt(ip), cause: registered }], acceptedAs);
    expect([standing(), heard.length, changed.length]).toEqual([undefined, ...told]);
    data.put(key, [{ after: instanceAt(ip), cause: registered }], versions.next());
    expect(standing()).toMatchObject({ ip });
  });

  it("remembers the end of an instance that nobody has here, and keeps no datum for it", () => {
    const { changed, data, heard, store } = startData();
    data.put(key, [{ before: instanceAt(ip), cause: deregistered }]);
    expect([store.size, heard, changed]).toEqual([0, [], [[key, "self", 0]]]);
    expect(data.copyOf(key)).toMatchObject({ instances: [], gone: [{ instanceKey }] });
  });

  it("gives a write the version at which another member accepted it, and the next a higher one", () => {
    const { clock, data, standing } = startData();
    const acceptedAs = versionAhead(clock, 30_000);
    data.put(key, [{ after: instanceAt(ip), cause: registered }], acceptedAs);
    const before = expectStanding(standing());
    expect(before.version).toBe(acceptedAs);
    data.put(key, [{ before, after: { ...before, weight: 2 }, cause: registered }]);
    expect(standing()?.version).toBeGreaterThan(acceptedAs);
  });

  it("registers above the end that a member with a clock ahead has told", () => {
    const { clock, data, standing } = startData();
    const version = versionAhead(clock, 3_600_000);
    data.merge(copyWith([], [{ instanceKey, version, kind: "deregistered" }]), "synced", "");
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(standing()?.version).toBe(version + 1);
  });

  it("takes a removal that another member accepted, however late", () => {
    const { data, standing, versions } = startData();
    const acceptedAs = versions.next();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.put(key, [{ before: expectStanding(standing()), cause: deregistered }], acceptedAs);
    expect(standing()).toBeUndefined();
  });

  it("tells the listener of a removed datum also when there was none, and keeps the tombstones", () => {
    const { data, heard, standing } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.put(key, [{ before: expectStanding(standing()), cause: deregistered }]);
    data.remove(key);
    data.remove(key);
    expect(heard.slice(2)).toEqual([
      ["removed", key],
      ["removed", key],
    ]);
    expect([data.get(key), [...data.keys()]]).toEqual([undefined, []]);
    expect(data.copyOf(key)).toMatchObject({ instances: [], gone: [{ instanceKey }] });
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(data.digest.size).toBe(1);
    data.remove(key);
    expect(data.digest.size).toBe(0);
  });

  it("does not let the listener write while it is told, but remove", () => {
    const { data, heard, listener } = startData();
    listener.onValue = () => data.remove(key);
    data.putValue("a", undefined);
    expect(heard).toEqual([["removed", key]]);
    listener.onPut = () => data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    const write = (): void => data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(write).toThrow("must not write while it is told");
  });

  it("has one listener", () => {
    const { data, listener } = startData();
    expect(() => data.listen(listener)).toThrow("there is a listener already");
  });
});

describe("DistroData, looked at", () => {
  it("tells of an empty datum, of what is gone, and of nothing else", () => {
    const { data, standing } = startData({ goneLifeMs: 1 });
    expect(data.copyOf(key)).toBeUndefined();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    data.put(key, [{ before: expectStanding(standing()), cause: deregistered }]);
    expect(data.copyOf(key)).toMatchObject({ key, instances: [], gone: [{ instanceKey }] });
  });

  it("tells for how long an instance has been silent", () => {
    const { beating, data } = startData();
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(data.copyOf(key)?.instances).toMatchObject([{ silenceMs: undefined }]);
    beating.set(instanceKey, 1_234);
    expect(data.copyOf(key)?.instances).toMatchObject([{ silenceMs: 1_234 }]);
  });

  it("sums alike what stands alike, and nothing for what is empty, gone or deleted", () => {
    const clock = new ManualClock();
    const [one, other] = [startData({}, clock).data, startData({}, clock).data];
    const empty = one.digest.root;
    one.put(key, [{ after: instanceAt(ip), cause: registered }]);
    other.merge(copyWith([instanceAt(ip, { version: 1 })]), "synced", "");
    expect([one.digest.root, one.digest.root]).toEqual([other.digest.root, other.digest.root]);
    expect(one.digest.root).not.toBe(empty);
    one.putValue("a", "text");
    expect(one.digest.root).not.toBe(other.digest.root);
    one.putValue("a", undefined);
    const before = expectStanding(one.get(key)?.instances[0]);
    one.put(key, [{ before, cause: deregistered }]);
    expect(one.digest.root).toBe(empty);
  });

  it("keeps no sums when it is told that nobody will ask", () => {
    const { data } = startData({ keepsDigest: false });
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    expect(data.digest.size).toBe(0);
  });

  it("knows the checksum of Java, before and after a change", () => {
    const { data, standing } = startData();
    expect(data.checksumOf(key)).toBe(instancesChecksum([]));
    data.put(key, [{ after: instanceAt(ip), cause: registered }]);
    const before = expectStanding(standing());
    expect(data.checksumOf(key)).toBe(instancesChecksum([before]));
    data.put(key, [{ before, after: { ...before, weight: 2 }, cause: registered }]);
    expect(data.checksumOf(key)).toBe(instancesChecksum([expectStanding(standing())]));
  });

  it("sums a datum once until it changes, however often it is asked (11.1)", () => {
    const { data } = startData();
    let readCount = 0;
    const ownKeys = (target: object): string[] => {
      readCount++;
      return Object.keys(target);
    };
    const metadata = new Proxy({}, { ownKeys });
    data.put(key, [{ after: instanceAt(ip, { metadata }), cause: registered }]);
    const checksum = data.checksumOf(key);
    const readOnce = readCount;
    expect(readOnce).toBeGreaterThan(0);
    expect([data.checksumOf(key), data.checksumOf(key), readCount]).toEqual([
      checksum,
      checksum,
      readOnce,
    ]);
  });
});

describe("DistroData of other kinds", () => {
  const named = definitionKey("public", "DEFAULT_GROUP@@orders");

  it("has the last writer win, wherever it wrote", () => {
    const clock = new ManualClock();
    const [one, other] = [startData({}, clock), startData({}, clock)];
    one.data.putValue(named, "first");
    const first = one.data.valueOf(named);
    other.data.putValue(named, "second");
    const second = other.data.valueOf(named);
    if (first === undefined || second === undefined) throw new Error("no value");
    clock.stall(1);
    other.data.putValue(named, "third");
    expect(other.data.mergeValue(first)).toEqual({ isChanged: false, peerLacks: true });
    const third = other.data.valueOf(named);
    if (third === undefined) throw new Error("no value");
    expect(one.data.mergeValue(third)).toEqual({ isChanged: true, peerLacks: false });
    expect(one.data.mergeValue(third)).toEqual({ isChanged: false, peerLacks: false });
    expect(one.data.valueOf(named)).toEqual(third);
    expect(one.heard).toEqual([
      ["value", "first"],
      ["value", "third"],
    ]);
    expect(one.changed).toEqual([
      [named, "self", 1],
      [named, "peer", 2],
    ]);
  });

  it("remembers that one is deleted, for a while, and does not learn it anew after that", async () => {
    const { clock, data } = startData({ goneLifeMs: 1_000 });
    data.putValue(named, "text");
    const old = data.valueOf(named);
    data.putValue(named, undefined);
    const deleted = data.valueOf(named);
    if (old === undefined || deleted === undefined) throw new Error("no value");
    expect(data.mergeValue(old)).toEqual({ isChanged: false, peerLacks: true });
    await clock.advance(1_001);
    data.forgetOldGone();
    expect(data.valueOf(named)).toBeUndefined();
    expect(data.mergeValue(deleted)).toEqual({ isChanged: false, peerLacks: false });
    expect([...data.values()]).toEqual([]);
  });

  it("tells the listener that one is deleted also when it never was there", () => {
    const { changed, data, heard } = startData();
    data.putValue(named, undefined);
    data.putValue(named, undefined);
    expect([heard.length, changed.length]).toEqual([2, 2]);
  });

  it("refuses more than there is room for: to clients by an error, to peers in silence", () => {
    const { data } = startData({ valuesMax: 1 });
    data.putValue("a", "1");
    expect(() => data.putValue("b", "1")).toThrow("data of other kinds exist");
    expect(data.mergeValue({ key: "b", version: 1, text: "" }).isChanged).toBe(false);
    expect(data.refusedCount).toBe(2);
  });
});
