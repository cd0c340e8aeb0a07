/** An instance as a list shows it, as far as lists are compared. */
export interface ListedInstance {
  readonly ip: string;
  readonly port: number;
  readonly clusterName: string;
  readonly healthy: boolean;
  readonly enabled: boolean;
  readonly weight: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** How an instance in the list of one member differs from the same in the list of another. */
export interface InstanceDifference {
  readonly ip: string;
  readonly port: number;
  readonly clusterName: string;

  /** In words: `only here`, `healthy here, unhealthy there`, `weight 1 here, 2 there`. */
  readonly differences: readonly string[];
}

/** Compares two lists of a service; in the order of their addresses, as texts. */
export function instanceDifferences(
  here: readonly ListedInstance[],
  there: readonly ListedInstance[],
): readonly InstanceDifference[] {
  const ours = byKey(here);
  const theirs = byKey(there);
  return [...new Set([...ours.keys(), ...theirs.keys()])].toSorted().flatMap((key) => {
    const [one, other] = [ours.get(key), theirs.get(key)];
    const { ip, port, clusterName } = (one ?? other) as ListedInstance;
    const differences = differencesOf(one, other);
    return differences.length === 0 ? [] : [{ ip, port, clusterName, differences }];
  });
}

function byKey(instances: readonly ListedInstance[]): ReadonlyMap<string, ListedInstance> {
  return new Map(
    instances.map((instance) => {
      const { ip, port, clusterName } = instance;
      return [`${ip} ${port} ${clusterName}`, instance];
    }),
  );
}

function differencesOf(
  here: ListedInstance | undefined,
  there: ListedInstance | undefined,
): readonly string[] {
  if (there === undefined) return ["only here"];
  if (here === undefined) return ["only there"];
  const health = (instance: ListedInstance): string => (instance.healthy ? "healthy" : "unhealthy");
  return [
    ...(here.healthy === there.healthy ? [] : [`${health(here)} here, ${health(there)} there`]),
    ...compared("enabled", here.enabled, there.enabled),
    ...compared("weight", here.weight, there.weight),
    ...metadataDifferences(here.metadata, there.metadata),
  ];
}

function metadataDifferences(
  here: ListedInstance["metadata"],
  there: ListedInstance["metadata"],
): readonly string[] {
  const keys = [...new Set([...Object.keys(here), ...Object.keys(there)])].toSorted();
  return keys.flatMap((key) => compared(`metadata ${key}`, here[key], there[key]));
}

function compared(name: string, here: unknown, there: unknown): readonly string[] {
  return here === there ? [] : [`${name} ${shown(here)} here, ${shown(there)} there`];
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
