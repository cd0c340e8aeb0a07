import {
  type DatumCopy,
  datumKey,
  type DatumListener,
  type Gone,
  type Instance,
  instanceKeyOf,
  type InstanceKey,
  Versions,
} from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { DistroData, type DistroDataOptions } from "../../src/distro/distro-data.ts";
import { mapStore } from "./map-store.ts";
import { instanceAt } from "./start-repair.ts";

/** The service of these tests. */
export const key = datumKey("public", "DEFAULT_GROUP@@orders");

/** The address of its instance. */
export const ip = "10.0.0.1";

/** The key of that instance. */
export const instanceKey = instanceKeyOf(instanceAt(ip));

/** Why it came. */
export const registered = { kind: "registered", detail: "by a client" } as const;

/** Why it went. */
export const deregistered = { kind: "deregistered", detail: "by a client" } as const;

/** Data with a listener that writes down what it hears, and knows which instances beat. */
export function startData(options: DistroDataOptions = {}, clock: ManualClock = new ManualClock()) {
  const logger = new RecordingLogger();
  const store = mapStore();
  const versions = new Versions({ clock });
  const heard: unknown[] = [];
  const beating = new Map<InstanceKey, number>();
  const listener: { -readonly [Name in keyof DatumListener]: DatumListener[Name] } = {
    mayTake: () => true,
    onPut: (datum, changes) => {
      for (const { before, after, cause } of changes) {
        heard.push([before?.weight, after?.weight, cause.kind, cause.detail]);
      }
      if (store.get(datum.key) !== datum) heard.push("told before it was stored");
    },
    onRemove: (removed) => heard.push(["removed", removed]),
    onValue: ({ text }) => heard.push(["value", text]),
    onBeat: (_, ofInstance, silenceMs) => heard.push(["beat", ofInstance, silenceMs]),
    silenceMsOf: (_, ofInstance) => beating.get(ofInstance),
    isAlive: (_, ofInstance) => (beating.get(ofInstance) ?? Infinity) < 7_500,
  };
  const changed: unknown[] = [];
  const data = new DistroData(
    { clock, logger, store, versions },
    { onChange: (of, origin) => changed.push([of, origin, heard.length]), ...options },
  );
  data.listen(listener);
  const standing = (): Instance | undefined => data.get(key)?.instances[0];
  return { beating, changed, clock, data, heard, listener, logger, standing, store, versions };
}

/** The version that a member whose clock is ahead gives out. */
export function versionAhead(clock: ManualClock, aheadMs: number): number {
  return new Versions({ clock: new ManualClock(clock.epochMs() + aheadMs) }).next();
}

/** What a peer says that holds these instances, none of which it heard. */
export function copyWith(instances: readonly Instance[], gone: readonly Gone[] = []): DatumCopy {
  const copies = instances.map((instance) => ({ instance, silenceMs: undefined }));
  return { key, instances: copies, gone };
}

/** The instance, which must be there. */
export function expectStanding(instance: Instance | undefined): Instance {
  if (instance === undefined) throw new Error("no instance stands");
  return instance;
}
