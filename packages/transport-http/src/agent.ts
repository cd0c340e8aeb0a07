import type { Switches } from "@nacre/naming";

/** What kind of client calls, by the beginning of its agent string (`http-api.md` 1.9). */
export type AgentType =
  | "JAVA"
  | "DNS"
  | "C"
  | "JAVA_SDK"
  | "NACOS_SERVER"
  | "TENGINE"
  | "GO"
  | "CSHARP"
  | "UNKNOWN";

type Version = readonly [major: number, minor: number, patch: number];

/** Who calls, as far as the answer depends on it. */
export interface Agent {
  /** The agent string as it came. */
  readonly text: string;
  readonly type: AgentType;

  /** `undefined` when the text holds none; Nacos then fails where it must compare. */
  readonly version: Version | undefined;
}

const PREFIXES: readonly (readonly [prefix: string, type: AgentType])[] = [
  ["Nacos-Java-Client", "JAVA"],
  ["Nacos-DNS", "DNS"],
  ["Nacos-C-Client", "C"],
  ["Nacos-SDK-Java", "JAVA_SDK"],
  ["Nacos-Server", "NACOS_SERVER"],
  ["unit-nginx", "TENGINE"],
  ["vip-client4cpp", "C"],
  ["Nacos-Go-Client", "GO"],
  ["Nacos-CSharp-Client", "CSHARP"],
];

const KNOWN_MAX = 256;
const known = new Map<string, Agent>();

/** Reads an agent string. A fleet sends few different ones, so the last ones are kept. */
export function agentOf(text: string): Agent {
  const before = known.get(text);
  if (before !== undefined) return before;
  const type = PREFIXES.find(([prefix]) => text.startsWith(prefix))?.[1] ?? "UNKNOWN";
  const agent = { text, type, version: versionIn(text) };
  if (known.size >= KNOWN_MAX) known.clear();
  // A long text is not worth keeping: no client sends one.
  if (text.length <= 256) known.set(text, agent);
  return agent;
}

// Everything after `:v`; without it, everything from the second character on.
function versionIn(text: string): Version | undefined {
  const at = text.indexOf(":v");
  return parseVersion(at < 0 ? text.slice(1) : text.slice(at + 2));
}

function parseVersion(text: string): Version | undefined {
  const parts = text.split(/[-_./;:]/);
  while (parts.length > 0 && parts.at(-1) === "") parts.pop();
  if (parts.length < 2) return undefined;
  const [major = "", minor = "", patch = ""] = parts;
  return [leadingNumber(major), leadingNumber(minor), leadingNumber(patch)];
}

function leadingNumber(text: string): number {
  return Number(/^\d{1,9}/.exec(text)?.[0] ?? 0);
}

function isAtLeast(version: Version, floor: Version): boolean {
  for (const [index, part] of version.entries()) {
    const other = floor[index] ?? 0;
    if (part !== other) return part > other;
  }
  return true;
}

/**
 * Whether it is a Java client of version 1.0.0 or later: it gets grouped names and must not update
 * what does not exist.
 *
 * @returns `undefined` for a Java client without a readable version, where Nacos fails
 */
export function isNewJava({ type, version }: Agent): boolean | undefined {
  if (type !== "JAVA") return false;
  return version === undefined ? undefined : isAtLeast(version, [1, 0, 0]);
}

/** Whether Nacos pushes to clients of this kind and version. */
export function isPushable({ type, version }: Agent, switches: Switches): boolean {
  const floor = pushFloor(type, switches);
  if (floor === undefined || version === undefined) return false;
  return isAtLeast(version, parseVersion(floor) ?? [0, 0, 0]);
}

function pushFloor(type: AgentType, switches: Switches): string | undefined {
  switch (type) {
    case "JAVA":
      return switches.pushJavaVersion;
    case "GO":
      return switches.pushGoVersion;
    case "DNS":
      return switches.pushPythonVersion;
    case "C":
      return switches.pushCVersion;
    case "CSHARP":
      return switches.pushCSharpVersion;
    case "JAVA_SDK":
    case "NACOS_SERVER":
    case "TENGINE":
    case "UNKNOWN":
      return undefined;
  }
}
