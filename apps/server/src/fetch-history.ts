import type { HistoryAnswer, HistoryEntry } from "@nacre/naming";
import { fetchMember } from "./fetch-member.ts";

/**
 * Asks a member for its history.
 *
 * @throws {@link NacreError} `MEMBER_UNREACHABLE` when no history comes back; the message is one line.
 */
export function fetchHistory(
  server: URL,
  query: Readonly<Record<string, string>>,
): Promise<HistoryAnswer> {
  return fetchMember(server, {
    path: "/nacre/v1/history",
    query,
    read: historyIn,
    expected: "a history; is it a Nacre member?",
    hint: "ask with --from",
  });
}

function historyIn(json: unknown): HistoryAnswer | undefined {
  const answer = json as Partial<Record<keyof HistoryAnswer, unknown>> | null | undefined;
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
