import { unescape } from "node:querystring";
import { formatJson } from "../kit/json.ts";
import type { RecordedCase, RecordedRequest } from "../kit/recordings.ts";
import { isServed } from "./served.ts";

/** Why a case is not run. */
export type LeftOut = "not recorded" | "persistent" | "absent" | "needs accounts";

const CONTEXT_PATH = "/nacos";

// What Nacos reads as true; every other text makes an instance persistent.
const EPHEMERAL = /^(?:true|on|yes|y|t|)$/i;

/** Says why a case is not run; `undefined`: it is. */
export function leftOutBecause(
  recorded: RecordedCase,
  endpoints: ReadonlySet<string>,
): LeftOut | undefined {
  if (recorded.notRun !== undefined) return "not recorded";
  if (isPersistent(recorded)) return "persistent";
  if (recorded.server.startsWith("auth")) return "needs accounts";
  const isAbsent = (request: RecordedRequest): boolean =>
    endpoints.has(endpointOf(request)) && !isServed(request.method, pathOf(request));
  return requestsOf(recorded).some(isAbsent) ? "absent" : undefined;
}

// What a server answers where there is no such endpoint.
const unknown = new Set([404, 405, 501]);
const methods = new Set(["GET", "POST", "PUT", "DELETE", "PATCH"]);

/** The endpoints of the recorded server: what it did not once call unknown, well or ill answered. */
export function recordedEndpoints(cases: readonly RecordedCase[]): ReadonlySet<string> {
  const answered = cases.flatMap(({ steps }) =>
    steps.filter(
      ({ request, expected: { status } }) =>
        methods.has(request.method) && status !== undefined && !unknown.has(status),
    ),
  );
  return new Set(answered.map(({ request }) => endpointOf(request)));
}

/** Whether a case concerns persistent instances, in what it asks or in what it expects. */
function isPersistent(recorded: RecordedCase): boolean {
  const asked = requestsOf(recorded).flatMap(({ target, body = "" }) => [target, body]);
  const expected = recorded.steps.map((step) => step.expected.body).filter((body) => body);
  return (
    asked.some(asksForPersistent) ||
    expected.some((body) => body !== undefined && saysPersistent(formatJson(body)))
  );
}

function asksForPersistent(encoded: string): boolean {
  const values = [...encoded.matchAll(/(?:^|[?&])ephemeral=([^&]*)/g)];
  return (
    values.some(([, value = ""]) => !EPHEMERAL.test(unescape(value).trim())) ||
    saysPersistent(unescape(encoded))
  );
}

// The quotes of a text within JSON are escaped.
function saysPersistent(text: string): boolean {
  return /\\?"ephemeral\\?"\s*:\s*false/.test(text);
}

function requestsOf({ setup, steps }: RecordedCase): readonly RecordedRequest[] {
  return [...setup, ...steps.map(({ request }) => request)];
}

function endpointOf(request: RecordedRequest): string {
  return `${request.method} ${pathOf(request)}`;
}

// Below the context path.
function pathOf({ target }: RecordedRequest): string {
  const path = unescape(target.replace(/[?#;].*$/, ""));
  return path.startsWith(CONTEXT_PATH) ? path.slice(CONTEXT_PATH.length) : path;
}
