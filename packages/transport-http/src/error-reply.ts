import { type Clock, NacreError } from "@nacre/core";
import type { Acceptance } from "./accept.ts";
import { emptyReply, type Reply, type SettledReply, textReply } from "./reply.ts";
import type { ServerStatus } from "./server-status.ts";

/**
 * The answer to a failure inside an endpoint: `caused: <message>;` for each level of the chain of
 * causes, as clients parse it (`http-api.md` 1.7).
 *
 * Anything but a {@link NacreError} is a mistake of ours; it looks as a null pointer does in Nacos.
 */
export function errorReply(error: unknown): Reply {
  if (!(error instanceof NacreError)) return textReply("", 500);
  // This one comes from a filter, in bare words and without a content type.
  if (error.code === "STARTING") return { ...emptyReply(error.status), body: error.message };
  return textReply(causedText(error), error.status);
}

function causedText(error: unknown): string {
  let text = "";
  for (let level = error; level instanceof Error && level.message !== ""; level = level.cause) {
    text += `caused: ${level.message};`;
  }
  return text;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  413: "Payload Too Large",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** Why a request did not get as far as an endpoint. */
export interface Refusal {
  readonly status: number;
  readonly message: string;

  /** The path as it came, without the query. */
  readonly path: string;
}

/** The page that says so, in JSON or HTML as the client prefers (`http-api.md` 1.8). */
export function errorPage(
  { status, message, path }: Refusal,
  { html }: Acceptance,
  clock: Clock,
): Reply {
  const error = REASONS[status] ?? "Error";
  const at = new Instant(clock.epochMs());
  if (!html) {
    const body = { timestamp: at.iso, status, error, message, path };
    return { status, type: "application/json;charset=UTF-8", body: JSON.stringify(body) };
  }
  const body =
    "<html><body><h1>Whitelabel Error Page</h1><p>This application has no explicit mapping for " +
    "/error, so you are seeing this as a fallback.</p>" +
    `<div id='created'>${at.javaText}</div><div>There was an unexpected error ` +
    `(type=${error}, status=${status}).</div><div>${escapeHtml(message)}</div></body></html>`;
  return { status, type: "text/html;charset=UTF-8", body };
}

/** The page of the HTTP container itself, for what never reaches the application. */
export function containerPage(
  status: number,
  headers?: Readonly<Record<string, string>>,
): SettledReply {
  const title = `HTTP Status ${status} – ${REASONS[status] ?? "Error"}`;
  const body =
    `<!doctype html><html lang="en"><head><title>${title}</title></head>` +
    `<body><h1>${title}</h1></body></html>`;
  return { status, contentType: "text/html;charset=utf-8", body, headers };
}

/** The answer to an `Accept` header that is no media type. */
export const notAcceptable: Reply = emptyReply(406);

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

// An instant as Java prints it, in the time zone of the machine.
class Instant {
  readonly #parts: Readonly<Record<string, string>>;

  constructor(epochMs: number) {
    const parts = new Intl.DateTimeFormat("en-US", {
      weekday: "short",
      year: "numeric",
      month: "short",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      hourCycle: "h23",
      timeZoneName: "longOffset",
    }).formatToParts(epochMs);
    this.#parts = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  }

  // 2021-02-01T08:00:00.000+0000
  get iso(): string {
    const { year, day, hour, minute, second, fractionalSecond } = this.#parts;
    const month = String(MONTHS.indexOf(this.#parts["month"] ?? "") + 1).padStart(2, "0");
    // `GMT+05:30`; some versions of ICU write `GMT` alone for UTC.
    const zone = this.#zone.replace("GMT", "").replace(":", "") || "+0000";
    return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fractionalSecond}${zone}`;
  }

  // Mon Feb 01 08:00:00 UTC 2021
  get javaText(): string {
    const { weekday, month, day, hour, minute, second, year } = this.#parts;
    const zone = /^GMT(?:\+00:00)?$/.test(this.#zone) ? "UTC" : this.#zone;
    return `${weekday} ${month} ${day} ${hour}:${minute}:${second} ${zone} ${year}`;
  }

  get #zone(): string {
    return this.#parts["timeZoneName"] ?? "GMT";
  }
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Says that a member does not serve (`http-api.md` 6.2). */
export function notServing(status: Exclude<ServerStatus, "UP">): NacreError {
  return new NacreError("STARTING", `server is ${status} now, please try again later!`);
}

/** What Nacos answers where a null pointer stops it: 500 without a text. */
export function nullPointer(): NacreError {
  return new NacreError("UNREADABLE_PARAM", "");
}
