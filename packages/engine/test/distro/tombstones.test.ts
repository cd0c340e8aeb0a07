import { datumKey, type Gone } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { Tombstones, type TombstonesOptions } from "../../src/distro/tombstones.ts";

// Inside of the protocol, nobody else needs them.

const orders = datumKey("public", "DEFAULT_GROUP@@orders");
const users = datumKey("public", "DEFAULT_GROUP@@users");

function startTombstones(options: TombstonesOptions = {}) {
  const clock = new ManualClock();
  return { clock, tombstones: new Tombstones({ clock }, options) };
}

function goneAt(version: number, instanceKey = "10.0.0.1:80:unknown:DEFAULT"): Gone {
  return { instanceKey, version, kind: "deregistered" };
}

describe("Tombstones", () => {
  it("keep the later removal of an instance, in whichever order they hear of them", () => {
    const { tombstones } = startTombstones();
    tombstones.note(orders, goneAt(5));
    tombstones.note(orders, { ...goneAt(4), kind: "expired" });
    expect(tombstones.get(orders, goneAt(5).instanceKey)).toMatchObject(goneAt(5));
    tombstones.note(orders, { ...goneAt(6), kind: "expired" });
    expect(tombstones.of(orders)).toMatchObject([{ version: 6, kind: "expired" }]);
    expect(tombstones.size).toBe(1);
  });

  it("tell the services apart", () => {
    const { tombstones } = startTombstones();
    tombstones.note(orders, goneAt(5));
    expect(tombstones.of(users)).toEqual([]);
    expect(tombstones.get(users, goneAt(5).instanceKey)).toBeUndefined();
  });

  it("forget an instance that stands again", () => {
    const { tombstones } = startTombstones();
    tombstones.note(orders, goneAt(5));
    tombstones.forget(orders, goneAt(5).instanceKey);
    expect([tombstones.size, tombstones.of(orders)]).toEqual([0, []]);
  });

  it("live for as long as they are told to, counted from the last removal", async () => {
    const { clock, tombstones } = startTombstones({ lifeMs: 1_000 });
    tombstones.note(orders, goneAt(1, "a"));
    tombstones.note(orders, goneAt(1, "b"));
    await clock.advance(600);
    tombstones.note(orders, goneAt(2, "a"));
    expect(tombstones.ageMsOf(orders, "b")).toBe(600);
    await clock.advance(400);
    tombstones.forgetOld();
    expect(tombstones.of(orders).map(({ instanceKey }) => instanceKey)).toEqual(["a"]);
    expect(tombstones.ageMsOf(orders, "b")).toBeUndefined();
    await clock.advance(600);
    tombstones.forgetOld();
    expect(tombstones.size).toBe(0);
  });

  it("drop the oldest when there are too many, and count them", () => {
    const { tombstones } = startTombstones({ goneMax: 128 });
    for (let at = 0; at <= 128; at++) tombstones.note(orders, goneAt(1, `i${at}`));
    expect([tombstones.size, tombstones.droppedCount]).toEqual([127, 2]);
    expect(tombstones.get(orders, "i1")).toBeUndefined();
    expect(tombstones.get(orders, "i2")).toBeDefined();
  });
});
