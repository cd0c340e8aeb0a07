import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startHttp } from "../kit/http-over-memory.ts";
import { accept, agent, formatParams, nastyParams, seedOf } from "../kit/nasty-params.ts";
import { type Address, formatRequest, readResponse } from "../kit/raw-http.ts";
import type { Header, RawResponse } from "../kit/response-parser.ts";
import { within } from "../kit/wait.ts";

// Goal: both ways into an HTTP server give one answer, to the byte.
// Method: a request goes to one server as clients send it, and to a twin in a spelling that is not
// for the short way: an escape in the path, a body in chunks.

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly Header[];
  readonly form: string | undefined;
}

const RUNS = 150;
const RUNS_LIMIT_MS = 5_000;
const FORM: Header = ["Content-Type", "application/x-www-form-urlencoded"];
const seed = seedOf(process.env);

async function requestArbitrary(): Promise<fc.Arbitrary<Request>> {
  const { api, server } = await startHttp();
  await server.close(Promise.resolve());
  const routes = api.routes.filter(({ path }) => path.startsWith("/v1/"));
  return fc
    .record({
      route: fc.constantFrom(...routes),
      params: nastyParams,
      isForm: fc.boolean(),
      accept,
      agent,
      origin: fc.constantFrom(undefined, "http://example.com"),
      type: fc.constantFrom(FORM, FORM, ["Content-Type", "nonsense"] as const, undefined),
    })
    .map(({ route, params, isForm, type, ...headers }) => {
      const text = formatParams(params);
      const hasBody = isForm && route.method !== "GET";
      return {
        method: route.method,
        path: `/nacos${route.path}`,
        query: hasBody ? "" : `?${text}`,
        form: hasBody ? text : undefined,
        headers: [
          ["Accept", headers.accept],
          ["User-Agent", headers.agent],
          ...(headers.origin === undefined ? [] : [["Origin", headers.origin] as const]),
          ...(hasBody && type !== undefined ? [type] : []),
        ],
      };
    });
}

function plainBytes(address: Address, { method, path, query, headers, form }: Request): Buffer {
  return formatRequest(address, { method, target: `${path}${query}`, headers, body: form });
}

function oddBytes(address: Address, { method, path, query, headers, form }: Request): Buffer {
  if (form === undefined) {
    const target = `${path.replace("/v1/", "/%761/")}${query}`;
    return formatRequest(address, { method, target, headers });
  }
  const chunked: readonly Header[] = [...headers, ["Transfer-Encoding", "chunked"]];
  const head = formatRequest(address, { method, target: `${path}${query}`, headers: chunked });
  const half = Math.ceil(form.length / 2);
  const chunks = [form.slice(0, half), form.slice(half)].filter((text) => text !== "");
  const texts = chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`);
  return Buffer.concat([head, Buffer.from(`${texts.join("")}0\r\n\r\n`)]);
}

async function answerTo(address: Address, method: string, bytes: Buffer) {
  const socket = connect(address.port, address.host);
  await once(socket, "connect");
  const answer = readResponse(socket, method);
  socket.write(bytes);
  const { status, headers, body }: RawResponse = await within(answer, 5_000, "an answer");
  socket.destroy();
  return { status, headers: headers.filter(([name]) => name !== "Date"), body };
}

describe("the two ways into an HTTP server", () => {
  it("give byte-identical answers", async () => {
    const requests = fc.array(await requestArbitrary(), { minLength: 1, maxLength: 5 });
    const same = fc.asyncProperty(requests, async (sequence) => {
      const [one, twin] = await Promise.all([startHttp(), startHttp()]);
      try {
        for (const request of sequence) {
          const { method } = request;
          const [plain, odd] = await Promise.all([
            answerTo(one.address, method, plainBytes(one.address, request)),
            answerTo(twin.address, method, oddBytes(twin.address, request)),
          ]);
          expect(odd).toEqual(plain);
        }
      } finally {
        await Promise.all([one, twin].map(({ server }) => server.close(Promise.resolve())));
      }
    });
    const parameters = { seed, numRuns: RUNS, interruptAfterTimeLimit: RUNS_LIMIT_MS };
    await fc.assert(same, parameters);
  });
});
