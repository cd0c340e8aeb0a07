import { NacreError } from "@nacre/core";

/** What a member is asked, and how its answer is read. */
export interface MemberQuestion<Answer> {
  /** Below the path of the member's URL. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;

  /** @defaultValue `GET` */
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;

  /** Reads the JSON of the answer; `undefined`: it is something else. */
  readonly read: (json: unknown) => Answer | undefined;

  /** What the answer should have been, for messages: `a history; is it a Nacre member?` */
  readonly expected: string;

  /** What to do about an answer that is too long. @defaultValue nothing is said */
  readonly hint?: string;
}

const timeoutMs = 5_000;
const bytesMax = 10_000_000;

/**
 * Asks a member something, on behalf of a command.
 *
 * @param server its URL; a path in it stands before the question's
 * @throws {@link NacreError} `MEMBER_UNREACHABLE` when no such answer comes back; the message is one
 *   line, safe for a terminal.
 */
export async function fetchMember<Answer>(
  server: URL,
  question: MemberQuestion<Answer>,
): Promise<Answer> {
  const text = await fetchText(server, question);
  const answer = question.read(parsed(text));
  if (answer === undefined) throw failure(server, `did not answer with ${question.expected}`);
  return answer;
}

async function fetchText(server: URL, question: MemberQuestion<unknown>): Promise<string> {
  const { path, query, method = "GET", headers = {} } = question;
  const url = new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server);
  url.search = new URLSearchParams(query).toString();
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    const text = await readBody(response, server, question.hint);
    if (!response.ok) throw failure(server, `answered ${response.status}: ${oneLine(text)}`);
    return text;
  } catch (error) {
    throw error instanceof NacreError ? error : failure(server, reasonOf(error), error);
  }
}

async function readBody(response: Response, server: URL, hint?: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) {
      const advice = hint === undefined ? "" : `; ${hint}`;
      throw failure(server, `answered with more than ${bytesMax} bytes${advice}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

// What is no JSON is not what was expected, like other JSON.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") {
    return `did not answer within ${timeoutMs / 1000} s`;
  }
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as Partial<NodeJS.ErrnoException>).code;
  return `cannot be reached (${code ?? oneLine(cause instanceof Error ? cause.message : String(cause))})`;
}

function failure(server: URL, what: string, cause?: unknown): NacreError {
  return new NacreError("MEMBER_UNREACHABLE", `${server.origin} ${what}`, { cause });
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}
