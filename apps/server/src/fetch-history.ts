import { NacreError } from "@nacre/core";
import type { HistoryAnswer, HistoryEntry } from "@nacre/naming";

const timeoutMs = 5_000;
const bytesMax = 10_000_000;

/**
 * Asks a member for its history.
 *
 * @throws {@link NacreError} `MEMBER_UNREACHABLE` when no history comes back; the message is one line.
 */
export async function fetchHistory(
  server: URL,
  query: Readonly<Record<string, string>>,
): Promise<HistoryAnswer> {
  const url = new URL(`${server.pathname.replace(/\/$/, "")}/nacre/v1/history`, server);
  url.search = new URLSearchParams(query).toString();
  let text: string;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    text = await readBody(response, server);
    if (!response.ok) throw failure(server, `answered ${response.status}: ${oneLine(text)}`);
  } catch (error) {
    throw error instanceof NacreError ? error : failure(server, reasonOf(error), error);
  }
  const answer = parseAnswer(text);
  if (answer === undefined) {
    throw failure(server, "did not answer with a history; is it a Nacre member?");
  }
  return answer;
}

async function readBody(response: Response, server: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) {
      throw failure(server, `answered with more than ${bytesMax} bytes; ask with --from`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseAnswer(text: string): HistoryAnswer | undefined {
  let answer: Partial<Record<keyof HistoryAnswer, unknown>> | null;
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const isAnswer =
    typeof answer === "object" &&
    answer !== null &&
    Array.isArray(answer.entries) &&
    answer.entries.every(isEntry) &&
    typeof answer.droppedCount === "number" &&
    (answer.oldestMs === null || Number.isFinite(answer.oldestMs));
  return isAnswer ? (answer as HistoryAnswer) : undefined;
}

function isEntry(entry: unknown): entry is HistoryEntry {
  const { atMs, port, ...texts } = (entry ?? {}) as Partial<Record<keyof HistoryEntry, unknown>>;
  return (
    Number.isFinite(atMs) &&
    Math.abs(Number(atMs)) <= 8.64e15 &&
    Number.isInteger(port) &&
    [texts.clusterName, texts.ip, texts.cause, texts.detail].every(
      (text) => typeof text === "string",
    )
  );
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
