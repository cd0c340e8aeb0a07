import type { Instance, Metadata } from "./instance.ts";
import { javaDouble } from "./java.ts";

/** Whether nothing that anybody can see tells two values of one instance apart. */
export function isSameInstance(a: Instance, b: Instance): boolean {
  if (a === b) return true;
  return (
    // `NaN` is the same as `NaN`, and `-0` prints differently from `0`.
    Object.is(a.weight, b.weight) &&
    a.healthy === b.healthy &&
    a.enabled === b.enabled &&
    a.app === b.app &&
    a.instanceId === b.instanceId &&
    a.ip === b.ip &&
    a.port === b.port &&
    a.clusterName === b.clusterName &&
    a.ephemeral === b.ephemeral &&
    a.marked === b.marked &&
    isSameMetadata(a.metadata, b.metadata)
  );
}

function isSameMetadata(a: Metadata | null, b: Metadata | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

/**
 * All that anybody can see of an instance as one text. Two are equal exactly when
 * {@link isSameInstance} says so, on every member: neither the version nor the order in which metadata
 * were given is in it.
 */
export function instanceText(instance: Instance): string {
  const { instanceId, ip, port, healthy, enabled, ephemeral, clusterName, app, marked } = instance;
  const fields = [instanceId, ip, port, healthy, enabled, ephemeral, clusterName, app, marked];
  // JSON knows neither `NaN` nor `-0`.
  return JSON.stringify([...fields, javaDouble(instance.weight), entriesOf(instance.metadata)]);
}

function entriesOf(metadata: Metadata | null): readonly string[] | null {
  if (metadata === null) return null;
  const keys = Object.keys(metadata);
  return (keys.length < 2 ? keys : keys.sort()).flatMap((key) => [key, metadata[key] ?? ""]);
}
