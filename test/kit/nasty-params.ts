import fc from "fast-check";

// Every parameter that an endpoint of this version reads.
const paramNames: readonly string[] = [
  ["serviceName", "groupName", "namespaceId", "dom", "ip", "port", "clusterName", "cluster"],
  ["ephemeral", "enabled", "enable", "healthy", "valid", "weight", "metadata", "app", "beat"],
  ["clusters", "clientIP", "udpPort", "env", "isCheck", "tid", "healthyOnly", "key", "encoding"],
  ["consistencyType", "instances", "protectThreshold", "selector", "pageNo", "pageSize"],
  ["aggregation", "withInstances", "serviceNameParam", "groupNameParam", "instance"],
  ["hasIpCount", "checkPort", "useInstancePort4Check", "healthChecker", "from", "limit"],
].flat();

// With these most endpoints find what they look for.
const properParams: Readonly<Record<string, string>> = {
  serviceName: "foo",
  ip: "1.1.1.1",
  port: "80",
  clusterName: "DEFAULT",
  metadata: "a=b",
  pageNo: "1",
  pageSize: "10",
  key: "public##DEFAULT_GROUP@@foo",
  healthy: "true",
  protectThreshold: "0.5",
  checkPort: "80",
  useInstancePort4Check: "true",
  healthChecker: '{"type":"NONE"}',
};

/** Texts that some reader may stumble over. */
export const nastyTexts: readonly string[] = [
  ["", " ", "\0", "\t", "a", "foo", "null", "undefined", "NaN", "Infinity", "-Infinity", "true"],
  ["__proto__", "constructor", "toString", "hasOwnProperty", "服务", "\ud83d\ude00", "\ufffd"],
  ["@@", "a@@", "@@b", "a@@b@@c", "@@@@@", "DEFAULT_GROUP@@foo", "public##DEFAULT_GROUP@@foo"],
  ["0", "-0", "1", "-1", "80", "65536", "2147483647", "2147483648", "-2147483649", "1e400"],
  ["0x10", "#f", "1.5", "1d", ".", "0x1p3", "9".repeat(400), `${"1".repeat(20_000)}x`],
  ["1.1.1.1", "1.2.3.400", "::1", "....", "1".repeat(40), "a,b,,c", ",", "=", "k=v", "=v", "k="],
  ["%", "%zz", "%2f", "../..", "<script>alert(1)</script>", "' or 1=1", "a\r\nSet-Cookie: b=c"],
  ["ephemeral", "persist", "UTF-16", "GBK", "no such charset", "(a+)+$", ".*", "[", "(", "$&"],
].flat();

// What the parameters that hold more than one value may hold.
const structures = [
  ["{", "{}", "[]", "[[[[", '"', "null", "[null]", '{"a":{}}', '{"ip":"1.1.1.1"}', "nullable=x"],
  ['{"ip":"1.1.1.1","port":80}', '{"ip":"9.9.9.9","port":9,"weight":-1e400}', '{"port":80}'],
  ['{"ip":{},"port":[]}', '{"ip":1,"port":"x"}', '{"metadata":{"__proto__":{"x":1}}}'],
  ['{"ip":"1.1.1.1","port":80,"metadata":{"__proto__":"x","n":1,"z":null}}'],
  ['[{"ip":"1.1.1.1","port":80}]', '[{"ip":"1.1.1.1","port":null}]', '{"__proto__":"x"}'],
  ['[{"ip":{"toString":1},"port":80}]', '[{"ip":"1.1.1.1","port":{"valueOf":1,"toString":1}}]'],
  ['{"type":"none"}', '{"type":"label"}', '{"type":"cmdb"}', '{"type":{"toString":1}}'],
  ['{"type":"label","expression":"SERVICE.metadata.__proto__=x"}', '{"type":"none","x":"y"}'],
  ['{"type":"label","expression":"CONSUMER.label.A=PROVIDER.label.A"}', '{"type":"TCP"}'],
  ['{"type":"HTTP","path":{"toString":1,"valueOf":1}}', '{"type":"HTTP","headers":[[[]]]}'],
  ['{"type":"HTTP","expectedResponseCode":{"valueOf":1,"toString":1}}', '{"type":"MYSQL"}'],
  [`{"preserved.heart.beat.interval":"${"9".repeat(30)}"}`],
  ["preserved.heart.beat.timeout=0", "preserved.instance.id.generator=snowflake"],
].flat();

// Texts of the kinds above, and made up ones.
const nastyValue: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...nastyTexts) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20, unit: "grapheme" }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
);

type Param = readonly [name: string, value: string];

const nastyParam: fc.Arbitrary<Param> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...paramNames), nastyValue) },
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom("beat", "instances", "selector", "healthChecker", "metadata"),
      fc.constantFrom(...structures),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(nastyValue, nastyValue) },
);

/** Parameters, some proper and some not, some given more than once. */
export const nastyParams: fc.Arbitrary<readonly Param[]> = fc
  .record({
    proper: fc.subarray(Object.entries(properParams), { minLength: 9 }),
    nasty: fc.array(nastyParam, { maxLength: 6 }),
    isReplacing: fc.boolean(),
  })
  .map(({ proper, nasty, isReplacing }) => {
    const replaced = new Set(isReplacing ? nasty.map(([name]) => name) : []);
    return [...proper.filter(([name]) => !replaced.has(name)), ...nasty];
  });

/** Agents of every kind, some without a version. */
export const agent: fc.Arbitrary<string> = fc.constantFrom(
  "Nacos-Java-Client:v1.4.1",
  "Nacos-Java-Client:v",
  "Nacos-Go-Client:v1.1.0",
  "curl/7.64.0",
  "Nacos-Server:1.4.1",
  "Nacos-Java-Client:v0.9.9",
  ":v",
  "x".repeat(5_000),
);

/** `Accept` headers, some of which allow no JSON, or are none. */
export const accept: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("*/*") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "text/html, */*; q=.2",
      "application/json",
      "text/plain",
      "abc",
      ",",
      "*/*;q=x",
      "a/*",
    ),
  },
);

/** The parameters as a query or a form. */
export function formatParams(params: readonly Param[]): string {
  return params.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

// Half of a surrogate pair has no UTF-8.
function encode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd")).replaceAll("%20", "+");
}

/**
 * The seed of random tests: 1, so that a run shows the same everywhere, unless the variable SEED says
 * otherwise; `random` takes a new one.
 */
export function seedOf(environment: Readonly<Record<string, string | undefined>>): number {
  const text = environment["SEED"] ?? "";
  return text === "random" ? Math.trunc(Math.random() * 2 ** 31) : Number(text || 1);
}

/** Random bytes, the same ones for the same seed. */
export function randomBytesOf(seed: number): (length: number) => Buffer {
  let state = seed | 0;
  return (length) => {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes[at] = state >>> 24;
    }
    return bytes;
  };
}
