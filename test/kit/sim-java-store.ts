import {
  type Checksums,
  type DatumCopy,
  type DatumKey,
  datumKey,
  defaultCluster,
  type DistroMapper,
  type Instance,
  instanceKeyOf,
  instancesChecksum,
  type Millis,
  parseDatumKey,
  serviceChecksum,
} from "@nacre/core";
import { CLUSTER, NAMESPACE, type SimSubject, specOf, subjectKey } from "./sim-write.ts";

/** An instance as a Java member holds it: service and datum share the object (`distro.md` 5.1). */
interface JavaInstance {
  instance: Instance;

  /** By the clock of whoever wrote it last, milliseconds since the epoch. */
  lastBeatMs: Millis;
}

const TIMEOUT_MS: Millis = 15_000;
const DELETE_TIMEOUT_MS: Millis = 30_000;

/**
 * What a Nacos 1.4.1 member does with its data (`distro.md` 5 and 7): whole lists replace each other,
 * nothing has a version, nothing remembers what is gone.
 */
export class SimJavaStore {
  readonly #data = new Map<DatumKey, JavaInstance[]>();

  /** Keys, for as long as they are there. */
  get keys(): readonly DatumKey[] {
    return [...this.#data.keys()];
  }

  instancesOf(key: DatumKey): readonly Instance[] {
    return (this.#data.get(key) ?? []).map(({ instance }) => instance);
  }

  /** @returns whether the list changed, so that others must hear of it */
  register({ serviceName, ...rest }: SimSubject, epochMs: Millis): boolean {
    const key = datumKey(NAMESPACE, serviceName);
    const subject = { serviceName, ...rest };
    const list = this.#data.get(key) ?? [];
    const known = list.find(({ instance }) => instanceKeyOf(instance) === subjectKey(subject));
    const healthy = known?.instance.healthy ?? true;
    const instanceId = `${rest.ip}#${rest.port}#${CLUSTER}#${serviceName}`;
    const instance = { ...specOf(subject), healthy, instanceId, marked: false, version: 0 };
    const others = list.filter((entry) => entry !== known);
    this.#data.set(key, [...others, { instance, lastBeatMs: epochMs }]);
    return true;
  }

  /** @returns whether the list changed */
  deregister(subject: SimSubject): boolean {
    const key = datumKey(NAMESPACE, subject.serviceName);
    const list = this.#data.get(key);
    const rest = list?.filter(({ instance }) => instanceKeyOf(instance) !== subjectKey(subject));
    if (rest === undefined || rest.length === list?.length) return false;
    this.#data.set(key, rest);
    return true;
  }

  /** Takes a beat; nothing is synced (`distro.md` 7.2). @returns whether the instance is known */
  beat(subject: SimSubject, epochMs: Millis): boolean {
    const list = this.#data.get(datumKey(NAMESPACE, subject.serviceName)) ?? [];
    const known = list.find(({ instance }) => instanceKeyOf(instance) === subjectKey(subject));
    if (known === undefined) return false;
    known.lastBeatMs = epochMs;
    known.instance = { ...known.instance, healthy: true };
    return true;
  }

  /** What silence does to instances of services that `mapper` gives us. @returns the lists that shrank */
  expire(mapper: DistroMapper, epochMs: Millis): readonly DatumKey[] {
    const shrunk: DatumKey[] = [];
    for (const [key, list] of this.#data) {
      if (!mapper.isResponsible(parseDatumKey(key).groupedServiceName)) continue;
      for (const entry of list) {
        const isSilent = epochMs - entry.lastBeatMs > TIMEOUT_MS;
        if (isSilent) entry.instance = { ...entry.instance, healthy: false };
      }
      const rest = list.filter(({ lastBeatMs }) => epochMs - lastBeatMs <= DELETE_TIMEOUT_MS);
      if (rest.length === list.length) continue;
      this.#data.set(key, rest);
      shrunk.push(key);
    }
    return shrunk;
  }

  /** Takes data of a peer: each list replaces ours, but for the health of those we have. */
  take(data: readonly DatumCopy[], epochMs: Millis): void {
    for (const { key, instances } of data) {
      const ours = new Map(
        (this.#data.get(key) ?? []).map(({ instance }) => [instanceKeyOf(instance), instance]),
      );
      const list = instances.map(({ instance, silenceMs = 0 }) => {
        const healthy = ours.get(instanceKeyOf(instance))?.healthy ?? instance.healthy;
        // A version does not travel to Java.
        return { instance: { ...instance, healthy, version: 0 }, lastBeatMs: epochMs - silenceMs };
      });
      this.#data.set(key, list);
    }
  }

  remove(key: DatumKey): void {
    this.#data.delete(key);
  }

  copiesOf(keys: Iterable<DatumKey>, epochMs: Millis): readonly DatumCopy[] {
    const copies: DatumCopy[] = [];
    for (const key of keys) {
      const list = this.#data.get(key);
      if (list === undefined) continue;
      const instances = list.map(({ instance, lastBeatMs }) => ({
        instance,
        silenceMs: Math.max(epochMs - lastBeatMs, 0),
      }));
      copies.push({ key, instances, gone: [] });
    }
    return copies;
  }

  /** The checksums of all keys that `mapper` gives us (`distro.md` 4.3). */
  checksums(mapper: DistroMapper): Checksums {
    const checksums = new Map<DatumKey, string>();
    for (const key of this.#data.keys()) {
      const { groupedServiceName } = parseDatumKey(key);
      if (mapper.isResponsible(groupedServiceName)) checksums.set(key, this.checksumOf(key));
    }
    return checksums;
  }

  checksumOf(key: DatumKey): string {
    return instancesChecksum(this.instancesOf(key));
  }

  /** Service checksums of what `mapper` gives us (`distro.md` 7.6). */
  statuses(mapper: DistroMapper): ReadonlyMap<string, string> {
    const statuses = new Map<string, string>();
    for (const [key, list] of this.#data) {
      const { groupedServiceName } = parseDatumKey(key);
      if (list.length === 0 || !mapper.isResponsible(groupedServiceName)) continue;
      statuses.set(groupedServiceName, this.serviceChecksumOf(key));
    }
    return statuses;
  }

  serviceChecksumOf(key: DatumKey): string {
    return serviceChecksum({
      name: parseDatumKey(key).groupedServiceName,
      protectThreshold: 0,
      clusters: [defaultCluster(CLUSTER)],
      instances: this.instancesOf(key),
    });
  }

  /** Health as told by the responsible member; whom it does not name is unhealthy (`distro.md` 7.6). */
  takeStatuses(key: DatumKey, healthByAddress: ReadonlyMap<string, boolean>): void {
    for (const entry of this.#data.get(key) ?? []) {
      const { ip, port } = entry.instance;
      const healthy = healthByAddress.get(`${ip}:${port}`) ?? false;
      entry.instance = { ...entry.instance, healthy };
    }
  }
}
