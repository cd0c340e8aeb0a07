import {
  beatTimingsOf,
  defaultBeatTimings,
  type Instance,
  instanceKey,
  instanceKeyOf,
  noMetadata,
} from "@nacre/core";
import { describe, expect, it } from "vitest";

const INTERVAL = "preserved.heart.beat.interval";
const TIMEOUT = "preserved.heart.beat.timeout";
const DELETE_TIMEOUT = "preserved.ip.delete.timeout";

describe("instanceKey", () => {
  it("names address and cluster", () => {
    expect(instanceKey("10.0.0.1", 8080, "DEFAULT")).toBe("10.0.0.1:8080:unknown:DEFAULT");
  });

  it("leaves a port out that is 0 or negative", () => {
    expect(instanceKey("10.0.0.1", 0, "DEFAULT")).toBe("10.0.0.1:unknown:DEFAULT");
    expect(instanceKey("10.0.0.1", -1, "DEFAULT")).toBe("10.0.0.1:unknown:DEFAULT");
  });

  it("is found from an instance too", () => {
    const instance = { ip: "::1", port: 80, clusterName: "c1" } as Instance;
    expect(instanceKeyOf(instance)).toBe("::1:80:unknown:c1");
  });
});

describe("beatTimingsOf", () => {
  it("is the default without metadata, or without the keys", () => {
    expect(defaultBeatTimings).toEqual({
      intervalMs: 5_000,
      timeoutMs: 15_000,
      deleteTimeoutMs: 30_000,
    });
    for (const metadata of [null, noMetadata, {}, { zone: "a" }]) {
      expect(beatTimingsOf(metadata)).toBe(defaultBeatTimings);
    }
  });

  it("takes each key by itself", () => {
    expect(beatTimingsOf({ [INTERVAL]: "1000" })).toEqual({
      ...defaultBeatTimings,
      intervalMs: 1_000,
    });
    expect(beatTimingsOf({ [TIMEOUT]: "3000" })).toEqual({
      ...defaultBeatTimings,
      timeoutMs: 3_000,
    });
    expect(beatTimingsOf({ [DELETE_TIMEOUT]: "6000" })).toEqual({
      ...defaultBeatTimings,
      deleteTimeoutMs: 6_000,
    });
  });

  it("takes them in any order of size, also 0", () => {
    const metadata = { [INTERVAL]: "9000", [TIMEOUT]: "3000", [DELETE_TIMEOUT]: "0" };
    expect(beatTimingsOf(metadata)).toEqual({
      intervalMs: 9_000,
      timeoutMs: 3_000,
      deleteTimeoutMs: 0,
    });
  });

  it.each(["", " ", "1s", "-1", "+1", "1.5", "1e3", " 1", "1\n", "0x10", "١"])(
    "takes %j for the default",
    (text) => {
      expect(beatTimingsOf({ [TIMEOUT]: text })).toBe(defaultBeatTimings);
    },
  );

  it("does not run into infinity", () => {
    const { timeoutMs } = beatTimingsOf({ [TIMEOUT]: "9".repeat(400) });
    expect(timeoutMs).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("looks at own keys only", () => {
    const inherited = Object.create({ [TIMEOUT]: "1" }) as Record<string, string>;
    expect(beatTimingsOf(inherited)).toBe(defaultBeatTimings);
  });
});

describe("noMetadata", () => {
  it("cannot be written to", () => {
    expect(Object.isFrozen(noMetadata)).toBe(true);
  });
});
