import {
  type DatumCopy,
  datumKey,
  type Gone,
  type Instance,
  type InstanceCopy,
  type ValueDatum,
} from "@nacre/core";
import type { SeededRandom } from "@nacre/core/testing";

const NASTY = [
  "",
  "a",
  "区域",
  "😀",
  '"',
  "\\",
  "\u0000\u001f\u007f",
  "\u2028",
  "##",
  "%2B+",
  "__proto__",
  "constructor",
  "null",
  "1.50",
];

/** Instances of every shape that a member may hold. */
export function someInstance(random: SeededRandom): Instance {
  const ip = `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
  const metadata = Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [random.pick(NASTY), random.pick(NASTY)]),
  );
  return {
    instanceId: random.pick([null, `${ip}#80#DEFAULT#g@@s`, "7", ...NASTY]),
    ip: random.pick([ip, "[2001:db8::1]", "a.host"]),
    port: random.pick([0, 80, -1, 65_535, 2_147_483_647, -2_147_483_648]),
    weight: random.pick([1, 0, 0.5, 100, 10_000, 0.01, 0.30000000000000004, -1, -0, Number.NaN]),
    healthy: random.next() < 0.5,
    enabled: random.next() < 0.5,
    ephemeral: random.next() < 0.9,
    clusterName: random.pick(["DEFAULT", "c1", "hz-a"]),
    metadata: random.pick([metadata, metadata, null]),
    app: random.pick([null, "DEFAULT", ...NASTY]),
    marked: random.next() < 0.1,
    version: random.pick([0, 1, 1_700_000_000_000 * 1_024]),
  };
}

/** A copy of a datum with instances, and with others that are gone. */
export function someDatum(random: SeededRandom): DatumCopy {
  const namespaceId = random.pick(["public", "区域", "a+b%20", "a##b", "x".repeat(100)]);
  const key = datumKey(namespaceId, `DEFAULT_GROUP@@svc-${random.below(1_000)}`);
  const instances = Array.from({ length: random.below(4) }, (): InstanceCopy => ({
    instance: someInstance(random),
    silenceMs: random.pick([undefined, 0, 1, 15_000]),
  }));
  const gone = Array.from({ length: random.below(3) }, (): Gone => ({
    instanceKey: `1.1.1.${random.below(256)}:80:unknown:DEFAULT`,
    version: random.below(1_000_000),
    kind: random.pick(["deregistered", "expired"]),
  }));
  return { key, instances, gone };
}

/** A value under some key. */
export function someValue(random: SeededRandom): ValueDatum {
  const text = random.pick([undefined, ...NASTY]);
  return { key: `meta.${random.pick(NASTY)}`, version: random.below(1_000_000), text };
}

/** JSON that has nothing to do with anything, and texts that are none. */
export function garbage(random: SeededRandom, depth = 0): unknown {
  const scalars = [null, true, 0, -1, 1.5, 1e300, ...NASTY];
  if (depth > 4 || random.next() < 0.3) return random.pick<unknown>(scalars);
  const length = random.below(4);
  const items = Array.from({ length }, () => garbage(random, depth + 1));
  if (random.next() < 0.5) return items;
  const keys = [
    "key",
    "value",
    "instanceList",
    "metadata",
    "d",
    "v",
    "b",
    "keys",
    "wire",
    "buckets",
  ];
  return Object.fromEntries(items.map((item) => [random.pick([...keys, ...NASTY]), item]));
}

/** A text with some of it lost, doubled or changed. */
export function spoiled(random: SeededRandom, text: string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(20));
  const middle = random.pick([
    "",
    "null",
    "{}",
    "[]",
    "9e999",
    '"',
    "\u0000",
    "{",
    text.slice(at, to),
  ]);
  return text.slice(0, at) + middle + text.slice(random.pick([at, to]));
}
