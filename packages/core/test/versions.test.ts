import { epochMsOf, isVersion, Versions, type VersionsOptions } from "@nacre/core";
import { ManualClock, SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

function startVersions(options?: VersionsOptions) {
  const clock = new ManualClock();
  return { clock, versions: new Versions({ clock }, options) };
}

const LAST = Number.MAX_SAFE_INTEGER;

describe("Versions", () => {
  it("gives out ever higher versions, in one millisecond too", () => {
    const { versions } = startVersions();
    const given = Array.from({ length: 5_000 }, () => versions.next());
    expect(new Set(given).size).toBe(5_000);
    expect(given.toSorted((a, b) => a - b)).toEqual(given);
    expect(given.every(isVersion)).toBe(true);
  });

  it("orders the writes of two members whose clocks agree by time", async () => {
    const { clock, versions } = startVersions();
    const other = new Versions({ clock });
    const earlier = versions.next();
    await clock.advance(1);
    expect(other.next()).toBeGreaterThan(earlier);
  });

  it("does not go back with the clock", () => {
    const { clock, versions } = startVersions();
    const before = versions.next();
    clock.jumpEpoch(-3_600_000);
    const after = versions.next();
    expect(after).toBeGreaterThan(before);
    expect(versions.next()).toBeGreaterThan(after);
  });

  it("does not go back for a peer whose clock is behind", () => {
    const { clock, versions } = startVersions();
    const given = versions.next();
    clock.jumpEpoch(-3_600_000);
    versions.observe(given - 1_000);
    expect(versions.next()).toBeGreaterThan(given);
  });

  it("follows a peer whose clock is a little ahead", () => {
    const { clock, versions } = startVersions();
    clock.jumpEpoch(59_000);
    const theirs = new Versions({ clock }).next();
    clock.jumpEpoch(-59_000);
    versions.observe(theirs);
    expect(versions.next()).toBeGreaterThan(theirs);
  });

  it("does not follow a peer whose clock is far ahead, but can replace what it wrote", () => {
    const { clock, versions } = startVersions();
    clock.jumpEpoch(61_000);
    const theirs = new Versions({ clock }).next();
    clock.jumpEpoch(-61_000);
    versions.observe(theirs);
    expect(versions.next()).toBeLessThan(theirs);
    const replacement = versions.next(theirs);
    expect(replacement).toBe(theirs + 1);
    expect(versions.next()).toBeLessThan(theirs);
    expect(versions.next(replacement)).toBe(theirs + 2);
  });

  it("takes another limit for clocks ahead", () => {
    const { versions } = startVersions({ skewMsMax: 0 });
    const ours = versions.next();
    versions.observe(ours + 10_000_000);
    expect(versions.next()).toBeLessThan(ours + 10_000_000);
  });

  it("goes on from a version that it replaced within the limit", () => {
    const { versions } = startVersions();
    const known = versions.next() + 5_000;
    const replacement = versions.next(known);
    expect(replacement).toBe(known + 1);
    expect(versions.next()).toBeGreaterThan(replacement);
  });

  it("stays among the versions when a peer used up the last one", () => {
    const { versions } = startVersions();
    expect(versions.next(LAST - 1)).toBe(LAST);
    expect(versions.next(LAST)).toBe(LAST);
    expect(versions.next()).toBeLessThan(LAST);
  });

  it("gives out versions above all it has given out and observed, whatever the clock does", () => {
    const random = new SeededRandom(11);
    const { clock, versions } = startVersions();
    let highest = 0;
    for (let step = 0; step < 2_000; step++) {
      clock.jumpEpoch(random.below(20_001) - 10_000);
      if (random.next() < 0.3) {
        // At most a second ahead of what was given out before.
        const seen = versions.next() + random.below(1_000_000);
        const isNear = seen <= (clock.epochMs() + 60_000) * 1_024;
        versions.observe(seen);
        if (isNear) highest = Math.max(highest, seen);
      }
      const next = versions.next(random.next() < 0.5 ? highest : 0);
      expect(next).toBeGreaterThan(highest);
      highest = next;
    }
  });
});

describe("epochMsOf", () => {
  it("is when the version was given out", async () => {
    const { clock, versions } = startVersions();
    await clock.advance(1_234);
    expect(epochMsOf(versions.next())).toBe(clock.epochMs());
    expect(Math.floor(epochMsOf(versions.next()))).toBe(clock.epochMs());
  });
});

describe("isVersion", () => {
  it.each([0, 1, Date.UTC(2021, 0, 1) * 1_024, Date.UTC(2200, 0, 1) * 1_024, LAST])(
    "takes %d",
    (value) => {
      expect(isVersion(value)).toBe(true);
    },
  );

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", null, undefined, {}, 1n])(
    "refuses %s",
    (value) => {
      expect(isVersion(value)).toBe(false);
    },
  );
});
