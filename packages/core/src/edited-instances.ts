import type { InstanceChange } from "./change.ts";
import { type Instance, type InstanceKey, instanceKeyOf } from "./instance.ts";

/** The instances after some were added, replaced or removed. The order of the others stays. */
export function editedInstances(
  instances: readonly Instance[],
  changes: readonly InstanceChange[],
): readonly Instance[] {
  const [only, ...more] = changes;
  if (only === undefined) return instances;
  return more.length === 0 ? editedOnce(instances, only) : editedOften(instances, changes);
}

function editedOnce(
  instances: readonly Instance[],
  { before, after }: InstanceChange,
): readonly Instance[] {
  const next = instances.slice();
  const at = before === undefined ? -1 : placeOf(next, before);
  if (after === undefined) {
    if (at >= 0) next.splice(at, 1);
  } else if (at < 0) next.push(after);
  else next[at] = after;
  return next;
}

// Two passes at most, however many changes: a large service may lose a thousand instances at once.
function editedOften(
  instances: readonly Instance[],
  changes: readonly InstanceChange[],
): readonly Instance[] {
  const changeOf = new Map<Instance, InstanceChange>();
  const added: Instance[] = [];
  for (const change of changes) {
    if (change.before !== undefined) changeOf.set(change.before, change);
    else if (change.after !== undefined) added.push(change.after);
  }
  const next = edited(instances, changeOf, (instance) => instance);
  if (changeOf.size === 0) return next.concat(added);
  const strays = new Map<InstanceKey, InstanceChange>();
  for (const [before, change] of changeOf) strays.set(instanceKeyOf(before), change);
  const last = edited(next, strays, instanceKeyOf);
  const unmet = [...strays.values()].flatMap(({ after }) => after ?? []);
  return last.concat(added, unmet);
}

/** Makes the changes that `changeOf` has for `instances`, and takes them out of it. */
function edited<Id>(
  instances: readonly Instance[],
  changeOf: Map<Id, InstanceChange>,
  idOf: (instance: Instance) => Id,
): readonly Instance[] {
  const next: Instance[] = [];
  for (const instance of instances) {
    const id = idOf(instance);
    const change = changeOf.get(id);
    changeOf.delete(id);
    if (change === undefined) next.push(instance);
    else if (change.after !== undefined) next.push(change.after);
  }
  return next;
}

// What stands may be a copy of what the caller knows, as data of peers are.
function placeOf(instances: readonly Instance[], instance: Instance): number {
  const at = instances.indexOf(instance);
  if (at >= 0) return at;
  const key = instanceKeyOf(instance);
  return instances.findIndex((other) => instanceKeyOf(other) === key);
}
