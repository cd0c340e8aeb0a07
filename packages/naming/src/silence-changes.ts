import type { CauseKind, Instance, InstanceChange, Millis } from "@nacre/core";
import type { SilentLease } from "./beat-checker.ts";
import type { Service } from "./service.ts";

/**
 * What becomes of instances that fell silent, by service: each is written once, however many of its
 * instances are concerned.
 */
export function silenceChanges(
  silent: readonly SilentLease[],
  kind: CauseKind,
  afterOf: (before: Instance) => Instance | undefined,
): ReadonlyMap<Service, readonly InstanceChange[]> {
  const changes = new Map<Service, InstanceChange[]>();
  for (const { lease, silenceMs } of silent) {
    const { service, instance: before } = lease;
    const cause = { kind, detail: silenceText(silenceMs) };
    const change = { before, after: afterOf(before), cause };
    const others = changes.get(service);
    if (others === undefined) changes.set(service, [change]);
    else others.push(change);
  }
  return changes;
}

/** The instance without its health. */
export function turnedUnhealthy(instance: Instance): Instance {
  return { ...instance, healthy: false };
}

/** For people: how long no beat came. */
export function silenceText(silenceMs: Millis): string {
  return `no beat for ${(silenceMs / 1_000).toFixed(1)} s`;
}
