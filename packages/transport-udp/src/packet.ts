import { gzip, gzipSync } from "node:zlib";

/** The most that an IPv4 datagram can carry. */
export const DATAGRAM_BYTES_MAX = 65_507;

/** From how many bytes of JSON on a packet is compressed. Receivers look at the first two bytes. */
const GZIP_BYTES_MIN = 1_024;

/** A packet with more bytes of JSON than this is compressed in the background. */
export const GZIP_INLINE_BYTES_MAX = 16_384;

/** One push, as it is sent to every subscriber of the view. */
export interface Packet {
  /** What goes over the wire. */
  readonly bytes: Uint8Array;

  /** The number that acknowledgements repeat. */
  readonly lastRefTime: number;

  /** When the push was asked for. */
  readonly pushedAtMs: number;
}

/** Compresses in the background, and calls back once. */
export type Gzip = (
  bytes: Uint8Array,
  onGzipped: (error: Error | null, gzipped: Uint8Array) => void,
) => void;

/** Compresses on the threads of Node. */
export const nodeGzip: Gzip = (bytes, onGzipped) => gzip(bytes, onGzipped);

/**
 * Writes what a subscriber receives, before compression.
 *
 * @param text the answer to `GET /instance/list`; it travels as a JSON string inside of the JSON
 * @returns UTF-8
 */
export function packetJson(text: string, lastRefTime: number): Uint8Array {
  const data = JSON.stringify(text);
  return Buffer.from(`{"type":"dom","data":${data},"lastRefTime":${lastRefTime}}`, "utf8");
}

/** What goes over the wire for a packet's JSON: itself, or gzip when that is worth it. */
export function datagramOf(json: Uint8Array): Uint8Array {
  return json.length < GZIP_BYTES_MIN ? json : gzipSync(json);
}
