import { describe, expect, it } from "vitest";
import { httpCases, recordedExchanges } from "../kit/recordings.ts";
import { deviations } from "./deviations.ts";

describe("a deviation", () => {
  it("is of a recorded case or an endpoint, and listed once", () => {
    const recorded = [...httpCases(), ...recordedExchanges()].map(({ id }) => id);
    const listed = deviations.flatMap(({ id }) => id ?? []);
    expect(listed.filter((id) => !recorded.includes(id))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
    expect(deviations.filter(({ id, endpoint }) => id === undefined && !endpoint)).toEqual([]);
  });
});
