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
