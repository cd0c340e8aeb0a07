import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startHttp } from "../kit/http-over-memory.ts";
import { accept, agent, formatParams, nastyParams, seedOf } from "../kit/nasty-params.ts";
import { exchange } from "../kit/raw-http.ts";
import { headerOf, type Header, type RawResponse } from "../kit/response-parser.ts";
import { nowMs } from "../kit/wait.ts";

// Goal: no request makes a member fail, hang, or answer what Nacos never answers.
// Method: random requests to every endpoint, made from values that some reader may stumble over.
// The same requests every time, so that whoever runs it sees what others saw; SEED=random brings
// others, and a failure names its seed for SEED=<it>.

const RUNS_MAX = 20_000;
const RUNS_LIMIT_MS = 5_000;
const ANSWER_WITHIN_MS = 1_000;
const seed = seedOf(process.env);

const statuses: ReadonlySet<number> = new Set([200, 400, 406, 500, 501]);

// Where Nacos runs into a null pointer, and its answer has no text.
const nullPointers: ReadonlySet<string> = new Set([
  // A Java client without a version.
  "/nacos/v1/ns/instance",
  "/nacos/v1/ns/instance/list",
  // A selector without a type, or a label selector without an expression.
  "/nacos/v1/ns/service",
  "/nacos/v1/ns/service/list",
  // An unknown service or cluster.
  "/nacos/v1/ns/health",
  "/nacos/v1/ns/health/instance",
  // A namespace without services.
  "/nacos/v1/ns/service/names",
  // No name, in a namespace that has services.
  "/nacos/v1/ns/catalog/service",
]);

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly form: string | undefined;
  readonly headers: readonly Header[];
}

type Started = Awaited<ReturnType<typeof startHttp>>;
let started: Started;

beforeAll(async () => {
  started = await startHttp();
});

afterAll(() => started.server.close(Promise.resolve()));

function requestArbitrary({ api }: Started): fc.Arbitrary<Request> {
  const lines = api.routes.map(({ method, path }) => ({
    method,
    path: path.startsWith("/nacre/") ? path : `/nacos${path}`,
  }));
  return fc
    .record({
      line: fc.constantFrom(...lines),
      params: nastyParams,
      accept,
      agent,
      inForm: fc.integer({ min: 0, max: 20 }),
      override: fc.constantFrom("", "", "", "PUT", "DELETE", "PATCH", "GET"),
    })
    .map(({ line, params, inForm, override, ...headers }) => {
      const bodyless = line.method === "GET";
      const meant = override === "" ? [] : [["_method", override] as const];
      const inQuery = bodyless ? params.length : params.length - inForm;
      return {
        ...line,
        query: formatParams([...meant, ...params.slice(0, Math.max(0, inQuery))]),
        form: bodyless ? undefined : formatParams(params.slice(Math.max(0, inQuery))),
        headers: [
          ["Accept", headers.accept],
          ["User-Agent", headers.agent],
          ["Content-Type", "application/x-www-form-urlencoded"],
        ],
      };
    });
}

function check({ path }: Request, answer: RawResponse): void {
  const { status, body } = answer;
  expect(statuses).toContain(status);
  expect(status < 500 || body !== "" || nullPointers.has(path), "a failure has a text").toBe(true);
  const isJson = headerOf(answer, "content-type")?.startsWith("application/json") === true;
  const isText = status !== 200 && status !== 501;
  if (isJson && !isText && body !== "ok" && body !== "OK") JSON.parse(body);
}

describe("every endpoint", () => {
  it("answers whatever it is asked", async () => {
    const { address, logger, naming } = started;
    const answers = fc.asyncProperty(requestArbitrary(started), async (request) => {
      const { method, path, query, headers, form: body } = request;
      const begunMs = nowMs();
      const answer = await exchange(address, { method, target: `${path}?${query}`, headers, body });
      expect(nowMs() - begunMs).toBeLessThan(ANSWER_WITHIN_MS);
      check(request, answer);
      expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
    });
    const parameters = { seed, numRuns: RUNS_MAX, interruptAfterTimeLimit: RUNS_LIMIT_MS };
    await fc.assert(answers, { ...parameters, markInterruptAsFailure: false });
    // Something came of it: requests that are all refused would prove nothing.
    expect(naming.changeCount).toBeGreaterThan(10);
    expect(started.server.requestCount).toBeGreaterThan(100);
  });
});
