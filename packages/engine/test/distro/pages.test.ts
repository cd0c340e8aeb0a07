import { datumKey, type FetchAnswer, StateDigest } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// By file: it serves the parts of the package, not its users.
import { pageOf } from "../../src/distro/pages.ts";
import { register, startData } from "./start-repair.ts";

const keyAt = (at: number) => datumKey("public", `DEFAULT_GROUP@@s${at}`);

/** Data of 30 services with 2 instances each, and of 2 values, told in pages. */
function startPages() {
  const data = startData(new ManualClock());
  const keys = Array.from({ length: 30 }, (_, at) => keyAt(at));
  for (const key of keys) register(data, key, "1.1.1.1", "1.1.1.2");
  data.putValue("meta.public##DEFAULT_GROUP@@s1", "one");
  data.putValue("switches", "two");
  const members = { isReady: true, isResponsible: (name: string) => !name.endsWith("5") };
  const page = (cursor: string, scope: "all" | "responsible" = "all", instancesMax = 10) =>
    pageOf(data, members, { scope, cursor }, { instancesMax });
  /** All pages, with something done between two. */
  const pages = (scope: "all" | "responsible" = "all", between = () => {}): FetchAnswer[] => {
    const answers: FetchAnswer[] = [page("", scope)];
    for (let cursor = answers[0]?.cursor; cursor !== undefined;) {
      between();
      const answer = page(cursor, scope);
      answers.push(answer);
      cursor = answer.cursor;
    }
    return answers;
  };
  return { data, keys, members, page, pages };
}

function keysIn(pages: readonly FetchAnswer[]): readonly string[] {
  return pages.flatMap((page) => [...page.data, ...page.values].map(({ key }) => key));
}

describe("pageOf", () => {
  it("tells everything once, so many instances at most in a page", () => {
    const { keys, pages } = startPages();
    const all = pages();
    expect(keysIn(all).toSorted()).toEqual(
      [...keys, "meta.public##DEFAULT_GROUP@@s1", "switches"].toSorted(),
    );
    for (const { data } of all) {
      expect(data.flatMap(({ instances }) => instances).length).toBeLessThanOrEqual(10);
    }
    expect(all.length).toBeGreaterThan(6);
  });

  it("goes through the buckets in order, and through the keys of each", () => {
    const { pages } = startPages();
    const keys = pages().flatMap(({ data }) => data.map(({ key }) => key));
    const places = keys.map((key) => [StateDigest.bucketOf(key), key] as const);
    const sorted = places.toSorted(([m, x], [n, y]) => (m === n ? (x < y ? -1 : 1) : m - n));
    expect(places).toEqual(sorted);
  });

  it("goes on in the middle of a bucket", () => {
    const { data, page } = startPages();
    const bucket = StateDigest.bucketOf(keyAt(1));
    const keys = Array.from({ length: 4_000 }, (_, at) => keyAt(at))
      .filter((key) => StateDigest.bucketOf(key) === bucket)
      .toSorted();
    for (const key of keys.toReversed()) register(data, key, "1.1.1.1");
    const [first = "", ...rest] = keys;
    expect(rest.length).toBeGreaterThan(5);
    let cursor: string | undefined = `${bucket}/${first}`;
    const told: string[] = [];
    while (cursor?.startsWith(`${bucket}/`) === true) {
      const answer = page(cursor, "all", 1);
      told.push(...keysIn([answer]));
      ({ cursor } = answer);
    }
    expect(told).toEqual(keys);
  });

  it("tells what stands all the time, whatever comes and goes between two pages", () => {
    const { data, keys, pages } = startPages();
    let at = 0;
    const all = pages("all", () => {
      register(data, datumKey("public", `DEFAULT_GROUP@@new${at}`), "1.1.1.1");
      data.remove(keyAt(at));
      at++;
    });
    const told = keysIn(all);
    expect(new Set(told).size).toBe(told.length);
    expect(keys.slice(at).filter((key) => !told.includes(key))).toEqual([]);
  });

  it("tells only what this member is responsible for, if asked for that", () => {
    const { keys, pages } = startPages();
    const told = keysIn(pages("responsible"));
    expect(told).toEqual(expect.arrayContaining(["meta.public##DEFAULT_GROUP@@s1", "switches"]));
    expect(keys.filter((key) => !told.includes(key))).toEqual([keyAt(5), keyAt(15), keyAt(25)]);
  });

  it("gives a page of its own to a datum that is too large for one", () => {
    const { data, page } = startPages();
    const large = Array.from({ length: 12 }, (_, at) => `2.2.2.${at}`);
    register(data, keyAt(3), ...large);
    const before = `${StateDigest.bucketOf(keyAt(3))}/${keyAt(3)}`;
    const { data: copies, cursor } = page(before);
    expect(copies.map(({ key, instances }) => [key, instances.length])).toEqual([[keyAt(3), 14]]);
    expect(cursor).toBeDefined();
  });

  it("tells of keys in their order, without unknown ones, and with which it would go on", () => {
    const { data, members } = startPages();
    const keys = [keyAt(1), "nothing", "switches", keyAt(2), keyAt(3)];
    const answer = pageOf(data, members, { keys }, { instancesMax: 5 });
    expect(keysIn([answer])).toEqual([keyAt(1), keyAt(2), "switches"]);
    expect(answer.cursor).toBe(keyAt(3));
  });

  it("tells what is known to be gone, when asked for its key", () => {
    const { data, members } = startPages();
    const [before] = data.get(keyAt(1))?.instances ?? [];
    data.put(keyAt(1), [{ before, cause: { kind: "deregistered", detail: "" } }]);
    const { data: copies } = pageOf(data, members, { keys: [keyAt(1)] });
    expect(copies[0]?.gone).toHaveLength(1);
  });

  it.each(["nonsense", "1", "x/key", "-1/key"])("refuses the cursor %s", (cursor) => {
    const { page } = startPages();
    expect(() => page(cursor)).toThrow(expect.objectContaining({ code: "INVALID_PARAM" }));
  });

  it("ends at a cursor behind the last bucket", () => {
    const { page } = startPages();
    expect(page("256/")).toEqual({ data: [], values: [], cursor: undefined });
  });

  it("tells nothing before this member has loaded", () => {
    const { data } = startPages();
    const starting = { isReady: false, isResponsible: () => false };
    const fetch = (): FetchAnswer => pageOf(data, starting, { keys: [keyAt(1)] });
    expect(fetch).toThrow(expect.objectContaining({ code: "STARTING" }));
  });
});
