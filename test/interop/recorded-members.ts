import { performance } from "node:perf_hooks";
import { parseJson } from "../kit/json.ts";
import { freePort } from "../kit/ports.ts";
import { type Address, exchangeBytes } from "../kit/raw-http.ts";
import {
  type ExpectedResponse,
  type RecordedExchange,
  recordedExchanges,
} from "../kit/recordings.ts";
import { headerOf, type Header, type RawResponse } from "../kit/response-parser.ts";
import { differences } from "../kit/match.ts";
import { Bindings } from "../kit/placeholders.ts";
import { answersInstead, isDeviating } from "./deviations.ts";

/** Where a member stood when it was recorded: its port. */
export type Place = 9038 | 9048 | 9058 | 9068;

const HOST = "127.0.0.1";
const exchanges = new Map(recordedExchanges().map((recorded) => [recorded.id, recorded]));
const places: readonly Place[] = [9038, 9048, 9058, 9068];

// In one recording the members had addresses of their own.
const ADDRESS = /(?:127\.0\.0\.1|10\.77\.0\.[12])(:|%3A)(90[3456]8|8848|8868)/g;
const aliases: Readonly<Record<string, string>> = { "8848": "9048", "8868": "9068" };

/**
 * The members of the recordings, each at a free port of this run.
 *
 * The ports are in the order of the recorded ones, so everybody is responsible for what it was
 * responsible for then.
 */
export class RecordedMembers {
  readonly #ports: ReadonlyMap<string, number>;

  constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports;
  }

  portOf(place: Place): number {
    const port = this.#ports.get(`${place}`);
    if (port === undefined) throw new Error(`nobody stood at ${place}`);
    return port;
  }

  addressOf(place: Place): string {
    return `${HOST}:${this.portOf(place)}`;
  }

  /** Puts the addresses of this run into a recorded text. */
  fill(text: string): string {
    const portOf = (recorded: string): string =>
      `${this.#ports.get(aliases[recorded] ?? recorded) ?? recorded}`;
    return text
      .replaceAll(ADDRESS, (_, colon: string, port: string) => `${HOST}${colon}${portOf(port)}`)
      .replaceAll(/"port":(90[3456]8)\b/g, (_, port: string) => `"port":${portOf(port)}`);
  }

  /**
   * Sends a recorded request to the member that stands at `to`, byte for byte but for addresses and
   * for the times of last beats, which are now.
   */
  send(
    { request }: Pick<RecordedExchange, "request">,
    { to, withinMs }: { readonly to: Place; readonly withinMs?: number },
  ): Promise<RawResponse> {
    const address: Address = { host: HOST, port: this.portOf(to) };
    const { method, target, body, bodyEncoding } = request;
    const bytes =
      bodyEncoding === "base64" ? Buffer.from(body, "base64") : Buffer.from(this.fresh(body));
    const lines = this.#headersOf(request.headers, bytes.length, this.addressOf(to));
    const head = `${method} ${this.fill(target)} HTTP/1.1\r\n${lines}\r\n`;
    const options = withinMs === undefined ? { method } : { method, withinMs };
    return exchangeBytes(address, Buffer.concat([Buffer.from(head), bytes]), options);
  }

  /**
   * Compares an answer with the recorded one, or with the deviation that is listed for it.
   *
   * @returns one line per difference
   */
  differences(recorded: RecordedExchange, response: RawResponse): string[] {
    const bindings = new Bindings("");
    const found = differences(this.#expectationOf(recorded), response, bindings);
    if (!isDeviating(recorded)) return found;
    if (found.length === 0) return ["answers as recorded, yet is listed as a deviation"];
    const instead = answersInstead(recorded)?.get(0);
    return instead === undefined ? [] : differences(instead, response, bindings);
  }

  /** Puts the addresses of this run into a recorded text, and lets all have beaten just now. */
  fresh(text: string): string {
    return this.fill(text).replaceAll(/"lastBeat":\d{13}/g, `"lastBeat":${epochMs()}`);
  }

  // Times and the order of derived fields differ from run to run, and so do the words of parsers.
  #expectationOf({ response, note }: RecordedExchange): ExpectedResponse {
    const { status } = response;
    const contentType = headerOf(response, "content-type") ?? null;
    const text = this.fill(response.body)
      .replaceAll(/"lastBeat":\d{13}/g, '"lastBeat":"{{ms}}"')
      .replaceAll(/"timestamp":"[^"]*"/g, '"timestamp":"{{ts}}"');
    if (note.includes("do not compare")) return { status, contentType, match: "any" };
    if (text.startsWith("{")) {
      return { status, contentType, body: parseJson(text), match: "json-unordered" };
    }
    const isParserText = text.startsWith(PARSER_TEXT);
    const body = { kind: "string", value: isParserText ? PARSER_TEXT : text } as const;
    return { status, contentType, body, match: isParserText ? "prefix" : "exact" };
  }

  // An address has another length than the recorded one had. A body that was announced and never
  // sent stays announced.
  #headersOf(headers: readonly Header[], bodyLength: number, to: string): string {
    const isLength = (name: string): boolean => name.toLowerCase() === "content-length";
    const all = headers.map(([name, value]): Header => {
      return [name, isLength(name) && bodyLength > 0 ? `${bodyLength}` : this.fill(value)];
    });
    const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
    const sent: readonly Header[] = hasHost ? all : [...all, ["Host", to]];
    return sent.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  }
}

const PARSER_TEXT = "caused: JSON parse error: ";

function epochMs(): number {
  return Math.round(performance.timeOrigin + performance.now());
}

/** The exchange of that name. */
export function exchangeOf(id: string): RecordedExchange {
  const found = exchanges.get(id);
  if (found === undefined) throw new Error(`nothing was recorded as ${id}`);
  return found;
}

/** Finds a free port for each member of the recordings. */
export async function findPlaces(): Promise<RecordedMembers> {
  const ports = new Set<number>();
  while (ports.size < places.length) ports.add(await freePort());
  const sorted = [...ports].toSorted((a, b) => a - b);
  return new RecordedMembers(new Map(places.map((place, at) => [`${place}`, sorted[at] ?? 0])));
}
