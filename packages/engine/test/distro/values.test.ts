import type { ValueDatum } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { isLaterValue, Values, type ValuesOptions } from "../../src/distro/values.ts";

// Inside of the protocol, nobody else needs them.

function startValues(options: ValuesOptions = {}) {
  const clock = new ManualClock();
  return { clock, values: new Values({ clock }, options) };
}

function valueOf(key: string, text: string | undefined, version = 1): ValueDatum {
  return { key, text, version };
}

describe("Values", () => {
  it("remember a deleted one for its time, and others for ever", async () => {
    const { clock, values } = startValues({ lifeMs: 1_000 });
    values.put(valueOf("a", "kept"));
    values.put(valueOf("b", undefined));
    await clock.advance(999);
    values.forgetOld();
    expect(values.get("b")).toEqual(valueOf("b", undefined));
    await clock.advance(1);
    values.forgetOld();
    expect([...values.all()]).toEqual([valueOf("a", "kept")]);
  });

  it("keep one that was set again after it was deleted", async () => {
    const { clock, values } = startValues({ lifeMs: 1_000 });
    values.put(valueOf("a", undefined));
    values.put(valueOf("a", "again", 2));
    await clock.advance(1_000);
    values.forgetOld();
    expect(values.get("a")?.text).toBe("again");
  });

  it("refuse new keys when they are full, and count that", () => {
    const { values } = startValues({ valuesMax: 1 });
    expect(values.put(valueOf("a", "1"))).toBe(true);
    expect(values.put(valueOf("b", "1"))).toBe(false);
    expect(values.put(valueOf("a", "2", 2))).toBe(true);
    expect([values.size, values.refusedCount]).toEqual([1, 1]);
  });
});

describe("isLaterValue", () => {
  it("goes by the version, then by the text, and chooses one of any two that differ", () => {
    expect(isLaterValue(valueOf("a", undefined, 2), valueOf("a", "z", 1))).toBe(true);
    const texts = [undefined, "", "a", "b"];
    for (const one of texts) {
      for (const other of texts) {
        const [ours, theirs] = [valueOf("a", one), valueOf("a", other)];
        const choices = [isLaterValue(ours, theirs), isLaterValue(theirs, ours)];
        expect(choices.filter(Boolean)).toHaveLength(one === other ? 0 : 1);
      }
    }
  });
});
