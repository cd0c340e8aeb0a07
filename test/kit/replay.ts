import { parseJson, plainOf, valueAt } from "./json.ts";
import { differences } from "./match.ts";
import { Bindings } from "./placeholders.ts";
import { type Address, exchange } from "./raw-http.ts";
import type {
  ExpectedResponse,
  RecordedCase,
  RecordedRequest,
  SetupRequest,
} from "./recordings.ts";
import type { Header, RawResponse } from "./response-parser.ts";
import { nowMs, pause } from "./wait.ts";

/** What a replay needs besides the case. */
export interface ReplayOptions {
  /** Where the server under test listens. */
  readonly address: Address;
  /** The value of `{{run}}`. */
  readonly run: string;
  /** Expectations that stand in for the recorded ones, by position of the step. */
  readonly instead?: ReadonlyMap<number, ExpectedResponse> | undefined;
}

const POLL_INTERVAL_MS = 100;
const defaultHeaders: Readonly<Record<string, string>> = {
  Accept: "*/*",
  "User-Agent": "curl/7.64.0",
};

/**
 * Sends the requests of a recorded case and compares the answers.
 *
 * Stops at the first step whose answer differs.
 *
 * @returns one line per difference; none when the server answers as recorded
 */
export async function replay(recorded: RecordedCase, options: ReplayOptions): Promise<string[]> {
  const bindings = new Bindings(options.run);
  try {
    for (const request of recorded.setup) await prepare(request, options.address, bindings);
    for (const [index, step] of recorded.steps.entries()) {
      const expected = options.instead?.get(index) ?? step.expected;
      const { response, found } = await perform({ ...step, expected }, options.address, bindings);
      if (found.length > 0) {
        const { method, target } = step.request;
        const where = `step ${index + 1}, ${method} ${bindings.fill(target)}`;
        return [where, ...found.map((line) => `    ${line}`)];
      }
      capture(step.capture, response, bindings);
    }
    return [];
  } catch (error) {
    return [String(error)];
  }
}

async function prepare(request: SetupRequest, address: Address, bindings: Bindings): Promise<void> {
  const { until, pollMs = 0, waitMs } = request;
  const deadlineMs = nowMs() + pollMs;
  const wanted = until === undefined ? "" : bindings.fill(until);
  let response = await send(request, address, bindings);
  while (!response.body.includes(wanted)) {
    if (nowMs() >= deadlineMs) {
      const what = `${request.method} ${bindings.fill(request.target)}`;
      throw new Error(`set-up: ${what} never contained ${wanted}, last: ${response.body}`);
    }
    await pause(POLL_INTERVAL_MS);
    response = await send(request, address, bindings);
  }
  capture(request.capture, response, bindings);
  if (waitMs !== undefined) await pause(waitMs);
}

async function perform(
  step: RecordedCase["steps"][number],
  address: Address,
  bindings: Bindings,
): Promise<{ response: RawResponse; found: readonly string[] }> {
  if (step.waitMs !== undefined) await pause(step.waitMs);
  const deadlineMs = nowMs() + (step.pollMs ?? 0);
  for (;;) {
    const response = await send(step.request, address, bindings);
    const found = differences(step.expected, response, bindings);
    if (found.length === 0 || nowMs() >= deadlineMs) return { response, found };
    await pause(POLL_INTERVAL_MS);
  }
}

function send(
  request: RecordedRequest,
  address: Address,
  bindings: Bindings,
): Promise<RawResponse> {
  return exchange(address, {
    method: request.method,
    target: bindings.fill(request.target),
    headers: headersOf(request, bindings),
    body: request.body === undefined ? undefined : bindings.fill(request.body),
  });
}

function headersOf({ headers = {} }: RecordedRequest, bindings: Bindings): readonly Header[] {
  const named = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const defaults = Object.entries(defaultHeaders).filter(
    ([name]) => !named.has(name.toLowerCase()),
  );
  const own = Object.entries(headers).flatMap(([name, value]): Header[] =>
    value === null ? [] : [[name, bindings.fill(value)]],
  );
  return [...defaults, ...own];
}

function capture(
  wanted: Readonly<Record<string, string>> | undefined,
  response: RawResponse,
  bindings: Bindings,
): void {
  for (const [name, path] of Object.entries(wanted ?? {})) {
    const node = valueAt(parseJson(response.body), path);
    if (node === undefined) throw new Error(`no ${path} to capture in ${response.body}`);
    bindings.capture(name, node.kind === "number" ? node.text : String(plainOf(node)));
  }
}
