import type { DatumKey } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { refusingPeer } from "../scripted-transport.ts";
import { answerAs, holding, java, nacre, startLoader, starting } from "./start-loader.ts";
import {
  a,
  b,
  c,
  instanceAt,
  ipsUnder,
  javaCopy,
  keyOf,
  keysOf,
  register,
} from "./start-repair.ts";

describe("Loader, from Java peers,", () => {
  const [ofB, ofC] = [keysOf(b, [b, c], 9), keysOf(c, [b, c], 9)];

  it("takes a peer's list for its own services, and only adds from it to others (11.23)", async () => {
    const started = await startLoader({ [b]: java, [c]: java });
    const { clock, data, loader, transport } = started;
    const [first, second] = [keyOf(b, [b, c]), keyOf(c, [b, c])];
    // What was known before: from a peer, or since it was written here while this member started.
    for (const key of [first, second]) register(data, key, "1.1.1.1");
    transport.answers.snapshot = () =>
      Promise.resolve([javaCopy(first, "1.1.1.2"), javaCopy(second, "1.1.1.2")]);
    loader.start();
    await clock.advance(1);
    expect(loader.isLoaded).toBe(true);
    expect(ipsUnder(data, first)).toEqual(["1.1.1.2"]);
    expect(ipsUnder(data, second)).toEqual(["1.1.1.1", "1.1.1.2"]);
    expect(transport.sent("snapshot").map(({ peer }) => peer)).toEqual([b]);
  });

  it("counts itself out when it looks whose a service was", async () => {
    const { clock, data, loader, transport } = await startLoader({ [b]: java });
    const key = keyOf(a, [a, b]);
    register(data, key, "1.1.1.1");
    transport.answers.snapshot = () => Promise.resolve([javaCopy(key, "1.1.1.2")]);
    loader.start();
    await clock.advance(1);
    expect(ipsUnder(data, key)).toEqual(["1.1.1.2"]);
  });

  it("asks the next when one cannot give it", async () => {
    const { clock, data, loader, transport } = await startLoader({ [b]: java, [c]: java });
    transport.answers.snapshot = (peer) =>
      peer === b
        ? Promise.reject(refusingPeer(peer))
        : Promise.resolve(ofC.map((key) => javaCopy(key, "1.1.1.1")));
    loader.start();
    await clock.advance(1);
    expect(loader.isLoaded).toBe(true);
    expect(data.digest.size).toBe(ofC.length);
  });

  it("takes a snapshot over in slices, so that beats do not wait", async () => {
    const started = await startLoader({ [b]: java }, { sliceMax: 4 });
    const { clock, data, loader, transport } = started;
    transport.answers.snapshot = () => Promise.resolve(ofB.map((key) => javaCopy(key, "1.1.1.1")));
    const sizes: number[] = [];
    const schedule = clock.schedule.bind(clock);
    clock.schedule = (delayMs, run) => {
      sizes.push(data.digest.size);
      return schedule(delayMs, run);
    };
    loader.start();
    await clock.advance(1);
    expect(sizes).toEqual([4, 8, 9]);
    expect(loader.isLoaded).toBe(true);
  });

  it("merges what Nacre peers have first, and then the snapshot", async () => {
    const started = await startLoader({ [b]: nacre, [c]: java });
    const held = holding(started, ofB);
    answerAs(started, { [b]: held }, [b, c]);
    started.transport.answers.snapshot = () => {
      expect(started.data.digest.root).toBe(held.digest.root);
      return Promise.resolve(ofC.map((key) => javaCopy(key, "1.1.1.1")));
    };
    started.loader.start();
    await started.settle();
    expect(started.loader.isLoaded).toBe(true);
    expect(started.data.digest.size).toBe(ofB.length + ofC.length);
  });

  it("does without one that gives nothing for 30 s, when Nacre peers gave everything", async () => {
    const started = await startLoader({ [b]: nacre, [c]: java });
    answerAs(started, { [b]: holding(started, ofB) }, [b, c]);
    started.transport.answers.snapshot = (peer) => Promise.reject(refusingPeer(peer));
    started.loader.start();
    await started.clock.advance(29_999);
    expect(started.loader.isLoaded).toBe(false);
    await started.clock.advance(1_001);
    expect(started.loader.isLoaded).toBe(true);
    const warned = started.logger.lines.filter(({ level }) => level === "warn");
    expect(warned.at(-1)).toMatchObject({
      message: "loaded without peers that gave nothing",
      fields: { peers: [c] },
    });
  });

  it("does not serve when the only peer with data gives nothing", async () => {
    const { clock, loader, transport } = await startLoader({ [b]: java, [c]: starting });
    transport.answers.snapshot = (peer) => Promise.reject(refusingPeer(peer));
    loader.start();
    await clock.advance(120_000);
    expect(loader.isLoaded).toBe(false);
  });

  it("does not bring back what fell silent long ago", async () => {
    const { clock, data, loader, transport } = await startLoader({ [b]: java, [c]: java });
    const key = keyOf(c, [b, c]);
    const instances = [{ instance: instanceAt("1.1.1.1"), silenceMs: 60_000 }];
    transport.answers.snapshot = () => Promise.resolve([{ key, instances, gone: [] }]);
    loader.start();
    await clock.advance(1);
    expect(ipsUnder(data, key)).toEqual([]);
  });
});

describe("Loader, anew,", () => {
  const cause = { kind: "deregistered", detail: "" } as const;

  it("gives up what a Java peer does not hold", async () => {
    const { clock, data, loader, loadedCount, transport } = await startLoader({
      [b]: java,
      [c]: java,
    });
    const [ours, ofOther] = [keyOf(a, [a, b]), keyOf(c, [b, c])];
    transport.answers.snapshot = () => Promise.resolve([]);
    loader.start();
    await clock.advance(1);
    for (const key of [ours, ofOther]) register(data, key, "1.1.1.1", "1.1.1.2");
    transport.answers.snapshot = () => Promise.resolve([javaCopy(ofOther, "1.1.1.1")]);
    loader.reload();
    expect(loader.isLoaded).toBe(false);
    register(data, ours, "1.1.1.3");
    await clock.advance(1);
    expect([loader.isLoaded, loadedCount(), loader.reloadCount]).toEqual([true, 2, 1]);
    expect(ipsUnder(data, ofOther)).toEqual(["1.1.1.1"]);
    expect(ipsUnder(data, ours)).toEqual(["1.1.1.3"]);
    expect(data.isInDoubt).toBe(false);
  });

  it("believes no Java peer that holds nothing at all: it may have just started", async () => {
    const { clock, data, loader, transport } = await startLoader({ [b]: java });
    const key = keyOf(a, [a, b]);
    transport.answers.snapshot = () => Promise.resolve([]);
    loader.start();
    await clock.advance(1);
    register(data, key, "1.1.1.1");
    loader.reload();
    await clock.advance(1);
    expect([loader.isLoaded, ipsUnder(data, key)]).toEqual([true, ["1.1.1.1"]]);
  });

  it("begins again when it stood still while it loaded", async () => {
    const started = await startLoader({ [b]: nacre });
    const { data, loader, transport } = started;
    const [kept, gone] = keysOf(b, [b], 2) as [DatumKey, DatumKey];
    const held = holding(started, [kept, gone]);
    answerAs(started, { [b]: held }, [b]);
    const { digest } = transport.answers;
    let questions = 0;
    transport.answers.digest = (peer, message) => {
      // Answered as it was long ago, and read after that.
      const answer = digest(peer, message);
      if (++questions > 1) return answer;
      const [before] = held.get(gone)?.instances ?? [];
      held.put(gone, [{ before, cause }]);
      loader.reload();
      return answer;
    };
    loader.start();
    await started.clock.advance(2_000);
    expect([loader.isLoaded, data.isInDoubt]).toEqual([true, false]);
    expect([ipsUnder(data, kept), ipsUnder(data, gone)]).toEqual([["1.1.1.1"], []]);
  });

  it("does nothing before the start and after the end", async () => {
    const { loader, data } = await startLoader({ [b]: nacre });
    loader.reload();
    loader.start();
    loader.stop();
    loader.reload();
    expect([loader.reloadCount, data.isInDoubt]).toEqual([0, false]);
  });
});
