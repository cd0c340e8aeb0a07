import type { ExtendInfo, Greeting, Millis } from "@nacre/core";

/** What {@link ownExtendInfo} speaks of. */
export interface OwnInfo {
  readonly port: number;

  /** Of Nacre, for people. */
  readonly version: string;

  /** When this member began, milliseconds since the epoch. */
  readonly epochMs: Millis;
}

/**
 * What this member says of itself in reports (`distro.md` 6.2). `nacre` is how Nacre members know each
 * other; Java ignores it.
 *
 * It is the same each time: when a version or a port differs from what was said before, every Java
 * member runs all that hangs on its list of members again.
 */
export function ownExtendInfo({ port, version, epochMs }: OwnInfo): ExtendInfo {
  // In the order of Java's sorted map. Only members that are ready report.
  return {
    lastRefreshTime: epochMs,
    nacre: { version, wire: WIRE_VERSION, isReady: true },
    raftPort: raftPortOf(port),
    version: "1.4.1",
  };
}

/** Who a member is by what it reports: of Nacre when it says so, else of Java. */
export function greetingIn({ nacre }: ExtendInfo): Greeting {
  if (!isObject(nacre) || !Number.isSafeInteger(nacre["wire"])) {
    return { kind: "java", isReady: true };
  }
  return { kind: "nacre", isReady: nacre["isReady"] !== false };
}

/** Where raft would listen. Java wants it as a text, and derives its own in the same way. */
export function raftPortOf(port: number): string {
  return String(port - 1_000);
}

/** What Nacre members say among themselves. Whoever says more one day goes on understanding this. */
const WIRE_VERSION = 1;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
