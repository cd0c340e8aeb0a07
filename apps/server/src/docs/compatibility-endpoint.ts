/**
 * How an endpoint compares with Nacos 1.4.1: answered alike, answered otherwise, not served, or one
 * that Nacos does not have.
 */
export type Verdict = "same" | "different" | "absent" | "added";

/** What Nacre makes of one endpoint. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

  /** Below the context path, but for those that are `added`; `*` stands for anything. */
  readonly path: string;
  readonly verdict: Verdict;

  /** How it differs, or why it is not there; may be empty. */
  readonly note: string;
}

/** Endpoints that belong together. */
export interface EndpointFamily {
  readonly title: string;
  readonly endpoints: readonly Endpoint[];
}

/** How members are shown otherwise than by Nacos. */
export const otherExtendInfo =
  "`extendInfo` says nothing of a Raft, and tells other Nacre members by `nacre`";

/** Endpoints, `GET /path` each, that answer as those of Nacos do. */
export function same(lines: string | readonly string[], note = ""): readonly Endpoint[] {
  return rows("same", lines, note);
}

/** Endpoints that answer otherwise; `note` says how. */
export function different(lines: string | readonly string[], note: string): readonly Endpoint[] {
  return rows("different", lines, note);
}

/** Endpoints that are not there; `note` says why. */
export function absent(lines: string | readonly string[], note: string): readonly Endpoint[] {
  return rows("absent", lines, note);
}

/** Endpoints that Nacos does not have; `note` says what they tell. */
export function added(lines: string | readonly string[], note: string): readonly Endpoint[] {
  return rows("added", lines, note);
}

function rows(
  verdict: Verdict,
  lines: string | readonly string[],
  note: string,
): readonly Endpoint[] {
  return [lines].flat().map((line) => {
    const [method, path = ""] = line.split(" ");
    return { method: method as Endpoint["method"], path, verdict, note };
  });
}
