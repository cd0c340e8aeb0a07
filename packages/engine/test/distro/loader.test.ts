import { type Address, datumKey, type Greeting, StateDigest } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { refusingPeer, unreachablePeer } from "../scripted-transport.ts";
import { all, answerAs, holding, isPage, nacre, startLoader, starting } from "./start-loader.ts";
import { a, b, c, keysOf, register } from "./start-repair.ts";

describe("Loader", () => {
  it("has loaded at once when it runs alone, and says nothing of it", async () => {
    const { loadedCount, loader, said } = await startLoader({}, {}, true);
    expect(loader).toMatchObject({ isLoaded: false, reason: "not started" });
    loader.start();
    expect(loader).toMatchObject({ isLoaded: true, reason: undefined });
    expect(loadedCount()).toBe(1);
    expect(said("info")).toEqual([]);
  });

  it("takes from each Nacre peer what that one is responsible for, page after page", async () => {
    const started = await startLoader({ [b]: nacre, [c]: nacre });
    const [ofB, ofC] = [keysOf(b, [b, c], 5), keysOf(c, [b, c], 3)];
    const held = holding(started, [...ofB, ...ofC]);
    held.putValue("switches", "on");
    answerAs(started, { [b]: held, [c]: held }, [b, c], { instancesMax: 2 });
    started.loader.start();
    await started.settle();
    expect(started.loader.isLoaded).toBe(true);
    expect(started.data.digest.root).toBe(held.digest.root);
    const pages = started.fetched().filter(([, request]) => isPage(request));
    expect(pages.filter(([peer]) => peer === b)).toHaveLength(3);
    expect(pages.filter(([peer]) => peer === c)).toHaveLength(2);
    expect(started.logger.lines.at(-1)).toMatchObject({
      level: "info",
      message: "loaded",
      fields: { from: expect.arrayContaining([b, c]) as unknown, services: 8, instances: 8 },
    });
  });

  it("has no more than one page of a peer under way, and asks all at the same time", async () => {
    const started = await startLoader({ [b]: nacre, [c]: nacre });
    const held = holding(started, [...keysOf(b, [b, c], 4), ...keysOf(c, [b, c], 4)]);
    answerAs(started, { [b]: held, [c]: held }, [b, c], { instancesMax: 1 });
    const { fetch } = started.transport.answers;
    const underWay = new Map<Address, number>();
    let most = 0;
    let together = 0;
    started.transport.answers.fetch = async (peer, request) => {
      underWay.set(peer, (underWay.get(peer) ?? 0) + 1);
      most = Math.max(most, underWay.get(peer) ?? 0);
      together = Math.max(together, [...underWay.values()].filter((count) => count > 0).length);
      await Promise.resolve();
      const answer = await fetch(peer, request);
      underWay.set(peer, (underWay.get(peer) ?? 0) - 1);
      return answer;
    };
    started.loader.start();
    await started.settle();
    expect([most, together]).toEqual([1, 2]);
  });

  it("fetches what nobody felt responsible for: that of this member, before it restarted", async () => {
    const started = await startLoader({ [b]: nacre, [c]: nacre });
    const held = holding(
      started,
      all.flatMap((member) => keysOf(member, all, 4)),
    );
    answerAs(started, { [b]: held, [c]: held }, all);
    started.loader.start();
    await started.settle();
    expect(started.data.digest.root).toBe(held.digest.root);
    const closing = started.fetched().filter(([, request]) => !isPage(request));
    expect(closing.map(([peer]) => peer)).toEqual([b]);
  });

  it("takes from another what a peer cannot give midway (11.23)", async () => {
    const started = await startLoader({ [b]: nacre, [c]: nacre });
    const held = holding(started, [...keysOf(b, [b, c], 6), ...keysOf(c, [b, c], 6)]);
    answerAs(started, { [b]: held, [c]: held }, [b, c], { instancesMax: 2 });
    const { digest, fetch } = started.transport.answers;
    let pages = 0;
    started.transport.answers.fetch = (peer, request) =>
      peer === b && ++pages > 1 ? Promise.reject(unreachablePeer(peer)) : fetch(peer, request);
    started.transport.answers.digest = (peer, message) =>
      peer === b ? Promise.reject(unreachablePeer(peer)) : digest(peer, message);
    started.loader.start();
    await started.settle();
    expect(started.loader.isLoaded).toBe(true);
    expect(started.data.digest.root).toBe(held.digest.root);
    expect(started.transport.sent("digest").map(({ peer }) => peer)).not.toContain(b);
  });

  it("compares until nothing is left, however little an answer tells", async () => {
    const started = await startLoader({ [b]: nacre });
    const keys = keysOf(a, [a, b], 40);
    const held = holding(started, keys);
    answerAs(started, { [b]: held }, [a, b], { keysMax: 4 });
    started.loader.start();
    await started.settle();
    expect(started.data.digest.root).toBe(held.digest.root);
  });

  it("has loaded although a write that came meanwhile still differs", async () => {
    const started = await startLoader({ [b]: nacre });
    const held = holding(started, keysOf(b, [b], 2));
    answerAs(started, { [b]: held });
    register(started.data, datumKey("public", "DEFAULT_GROUP@@new"), "1.1.1.1");
    started.loader.start();
    await started.settle();
    expect(started.loader.isLoaded).toBe(true);
    expect(started.transport.sent("digest")).toHaveLength(4);
  });

  it("does not end with an answer that tells only of what the peer lacks", async () => {
    const started = await startLoader({ [b]: nacre });
    const held = holding(started, keysOf(a, [a, b], 2));
    answerAs(started, { [b]: held }, [a, b]);
    const key = datumKey("public", "DEFAULT_GROUP@@new");
    register(started.data, key, "1.1.1.1");
    const { digest } = started.transport.answers;
    const onlyOurs = new Map([[StateDigest.bucketOf(key), new Map<string, string>()]]);
    started.transport.answers.digest = (peer, message) =>
      started.transport.sent("digest").length === 1
        ? Promise.resolve({ outcome: "keys", buckets: onlyOurs })
        : digest(peer, message);
    started.loader.start();
    await started.settle();
    expect(started.data.digest.size).toBe(3);
  });

  it("asks again every second while a peer fails, and goes on where it was", async () => {
    const started = await startLoader({ [b]: nacre });
    const held = holding(started, keysOf(b, [b], 6));
    answerAs(started, { [b]: held }, [b], { instancesMax: 2 });
    const { digest, fetch } = started.transport.answers;
    started.transport.answers.fetch = (peer, request) =>
      "cursor" in request && request.cursor === ""
        ? fetch(peer, request)
        : Promise.reject(refusingPeer(peer));
    started.transport.answers.digest = (peer) => Promise.reject(refusingPeer(peer));
    started.loader.start();
    await started.clock.advance(60_000);
    expect(started.loader).toMatchObject({ isLoaded: false, retryCount: 60 });
    expect(started.loader.reason).toBe(`cannot load from ${b}: ${b} answered 500`);
    expect(started.said("warn")).toHaveLength(1);
    started.transport.answers.fetch = fetch;
    started.transport.answers.digest = digest;
    await started.clock.advance(1_000);
    expect(started.loader.isLoaded).toBe(true);
    const begins = started.fetched().filter(([, request]) => {
      return "cursor" in request && request.cursor === "";
    });
    expect(begins).toHaveLength(1);
  });

  it("says how far it is", async () => {
    const started = await startLoader({ [b]: nacre });
    const held = holding(started, keysOf(b, [b], 6));
    answerAs(started, { [b]: held }, [b], { instancesMax: 3 });
    const { fetch } = started.transport.answers;
    const reasons: (string | undefined)[] = [];
    started.transport.answers.fetch = (peer, request) => {
      reasons.push(started.loader.reason);
      return fetch(peer, request);
    };
    started.loader.start();
    await started.settle();
    expect(reasons).toEqual(["asking the peers", `loading from ${b}, 3 services so far`]);
  });

  it("takes nothing over after a stop", async () => {
    const started = await startLoader({ [b]: nacre });
    const held = holding(started, keysOf(b, [b], 2));
    answerAs(started, { [b]: held });
    const { fetch } = started.transport.answers;
    started.transport.answers.fetch = (peer, request) => {
      started.loader.stop();
      return fetch(peer, request);
    };
    started.loader.start();
    await started.clock.advance(60_000);
    expect(started.data.digest.size).toBe(0);
    expect(started.loadedCount()).toBe(0);
    started.loader.stop();
  });
});

describe("Loader, when nobody has anything,", () => {
  it.each<[string, Greeting | undefined]>([
    ["start themselves", starting],
    ["do not answer", undefined],
  ])("serves after two beat intervals if all peers %s", async (_what, greeting) => {
    const { clock, loadedMs, loader } = await startLoader({ [b]: greeting, [c]: greeting });
    loader.start();
    await clock.advance(9_999);
    expect(loader.isLoaded).toBe(false);
    expect(loader.reason).toBe("waiting for beats, no peer has anything to load from");
    await clock.advance(1);
    expect(loader.isLoaded).toBe(true);
    expect(loadedMs()).toBe(10_000);
  });

  it("does so on time, however long it is until it asks again", async () => {
    const { clock, loadedMs, loader } = await startLoader(
      { [b]: starting },
      { loadRetryDelayMs: 3_000 },
    );
    loader.start();
    await clock.advance(20_000);
    expect(loadedMs()).toBe(10_000);
  });

  it("loads from the first that is ready meanwhile (11.8)", async () => {
    const started = await startLoader({ [b]: starting, [c]: undefined });
    const held = holding(started, keysOf(c, [b, c], 2));
    answerAs(started, { [c]: held }, [b, c]);
    started.loader.start();
    await started.clock.advance(5_000);
    started.greet(c, nacre);
    await started.clock.advance(1_000);
    expect(started.loader.isLoaded).toBe(true);
    expect(started.data.digest.root).toBe(held.digest.root);
  });

  it("does not serve after that time while a peer that has data cannot give them (11.3)", async () => {
    const { clock, loader } = await startLoader({ [b]: nacre, [c]: starting });
    loader.start();
    await clock.advance(120_000);
    expect(loader.isLoaded).toBe(false);
  });

  it("waits for beats when no peer is listed: others may be found later", async () => {
    const { clock, loader } = await startLoader({});
    loader.start();
    await clock.advance(9_900);
    expect(loader.isLoaded).toBe(false);
    await clock.advance(200);
    expect(loader.isLoaded).toBe(true);
  });

  it("waits for beats when all peers have left the list", async () => {
    const { clock, loader, membership } = await startLoader({ [b]: nacre });
    loader.start();
    await clock.advance(1_500);
    membership.setAddresses([a]);
    await clock.advance(8_400);
    expect(loader.isLoaded).toBe(false);
    await clock.advance(1_200);
    expect(loader.isLoaded).toBe(true);
  });
});
