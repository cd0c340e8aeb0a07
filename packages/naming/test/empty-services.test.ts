import { defaultServiceDefinition, Service } from "@nacre/naming";
import { describe, expect, it } from "vitest";
// Internal: `Naming` alone counts rounds.
import { emptyServices } from "../src/empty-services.ts";
import { standingOf } from "./start-naming.ts";

function roundsUntilGone(service: Service): number {
  for (let round = 1; round < 100; round++) {
    if (emptyServices([service]).length > 0) return round;
  }
  return Number.POSITIVE_INFINITY;
}

function newService({ isDefined = false, isOurs = true } = {}) {
  const service = new Service("public", "DEFAULT_GROUP@@orders");
  if (isDefined) service.define(defaultServiceDefinition);
  service.isOurs = isOurs;
  return service;
}

describe("emptyServices", () => {
  it("gives out a service in the fifth round that finds it empty, whoever is responsible", () => {
    expect(roundsUntilGone(newService())).toBe(5);
    expect(roundsUntilGone(newService({ isOurs: false }))).toBe(5);
  });

  it("leaves a defined service to the responsible member for long, though not for ever", () => {
    expect(roundsUntilGone(newService({ isDefined: true }))).toBe(5);
    expect(roundsUntilGone(newService({ isDefined: true, isOurs: false }))).toBe(14);
  });

  it("starts over when there was an instance", () => {
    const service = newService();
    for (let round = 1; round <= 4; round++) emptyServices([service]);
    service.takeInstances({ key: service.key, instances: [standingOf("10.0.0.1")] });
    emptyServices([service]);
    service.takeInstances({ key: service.key, instances: [] });
    expect(roundsUntilGone(service)).toBe(5);
  });
});
