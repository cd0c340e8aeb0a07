import { distroHash, instancesChecksum, serviceChecksum, defaultCluster } from "@nacre/core";
import { instanceOf, readInstance, type WireInstance } from "./wire-instance.ts";

const PREFIX = "com.alibaba.nacos.naming.iplist.ephemeral.";
const SILENT_MS = 15_000;
const GONE_MS = 30_000;

/** A datum as it travels between Java members. */
export interface WireDatum {
  readonly key: string;
  readonly value: { readonly instanceList: readonly WireInstance[] };
  readonly timestamp: number;
}

/**
 * What a member of Nacos 1.4.1 holds, and its rules (`distro.md` 5 and 7): whole lists replace each
 * other, local health overrides incoming health, a removed datum stays in the lists.
 */
export class JavaLikeRegistry {
  /** By datum key. The instances are shared with {@link served}, as in Java. */
  readonly data = new Map<string, WireInstance[]>();
  /** What clients get, by grouped name. */
  readonly served = new Map<string, WireInstance[]>();

  /** Takes a list over as `onPut` and the listener behind it do. */
  put(key: string, list: readonly Partial<WireInstance>[]): void {
    const name = serviceNameOf(key);
    const known = new Map((this.served.get(name) ?? []).map((each) => [placeOf(each), each]));
    const instances = list.map((json) => readInstance(json, name));
    for (const instance of instances) {
      const before = known.get(placeOf(instance));
      if (before !== undefined && !instance.marked) instance.healthy = before.healthy;
    }
    this.data.set(key, instances);
    this.served.set(name, instances);
  }

  remove(key: string): void {
    this.data.delete(key);
  }

  /** A list as it travels. */
  datumOf(key: string): WireDatum | undefined {
    const instanceList = this.data.get(key);
    return instanceList && { key, value: { instanceList }, timestamp: 1 };
  }

  checksumOf(key: string): string {
    return instancesChecksum((this.data.get(key) ?? []).map(instanceOf));
  }

  serviceChecksumOf(name: string): string {
    const instances = (this.served.get(name) ?? []).map(instanceOf);
    const clusters = [...new Set(instances.map(({ clusterName }) => clusterName))];
    return serviceChecksum({
      name,
      protectThreshold: 0,
      clusters: clusters.map((cluster) => defaultCluster(cluster)),
      instances,
    });
  }

  find(name: string, ip: string, port: number): WireInstance | undefined {
    return this.served.get(name)?.find((each) => each.ip === ip && each.port === port);
  }

  /** Takes over health as after a status exchange: who is not named becomes unhealthy. */
  takeStatuses(name: string, ips: readonly string[]): void {
    const healthy = new Set(ips.filter((text) => text.endsWith("_true")));
    for (const instance of this.served.get(name) ?? []) {
      instance.healthy = healthy.has(`${instance.ip}:${instance.port}_true`);
    }
  }

  /** Looks for silent instances among those `isMine`. @returns the keys whose lists got shorter */
  expire(epochMs: number, isMine: (name: string) => boolean): readonly string[] {
    const shorter: string[] = [];
    for (const [key, instances] of this.data) {
      const name = serviceNameOf(key);
      if (!isMine(name)) continue;
      for (const each of instances) {
        if (epochMs - each.lastBeat > SILENT_MS && !each.marked) each.healthy = false;
      }
      const left = instances.filter((each) => epochMs - each.lastBeat <= GONE_MS || each.marked);
      if (left.length === instances.length) continue;
      this.put(key, left);
      shorter.push(key);
    }
    return shorter;
  }
}

/** The key of a service's list in the namespace `public`. */
export function keyOf(groupedName: string): string {
  return `${PREFIX}public##${groupedName}`;
}

/** Element 1 of the key's parts, as Java takes it. */
export function serviceNameOf(key: string): string {
  const name = key.split("##")[1];
  if (name === undefined) throw new Error(`a key without ##: ${key}`);
  return name;
}

/** Which of the members is responsible, by the rule of `distro.md` 2. */
export function memberFor(groupedName: string, healthy: readonly string[]): string | undefined {
  return healthy[distroHash(groupedName) % healthy.length];
}

function placeOf({ ip, port, clusterName }: WireInstance): string {
  return `${ip}:${port}:${clusterName}`;
}
