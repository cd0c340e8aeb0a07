/** The longest acknowledgement that is read. Clients send about 70 bytes. */
export const ACK_BYTES_MAX = 2_048;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads an acknowledgement: a JSON object with the `lastRefTime` of the push, as text (Java, Go,
 * Python) or as a number (Node). As in Nacos, nothing else of it matters, not even its `type`: who
 * repeats the number has received the push.
 *
 * @param bytes whatever arrived, from whomever
 * @returns the number, or `undefined` when this is no acknowledgement
 */
export function parseAck(bytes: Uint8Array): number | undefined {
  if (bytes.length > ACK_BYTES_MAX) return undefined;
  const ack = parseJson(bytes);
  if (typeof ack !== "object" || ack === null || !Object.hasOwn(ack, "lastRefTime")) {
    return undefined;
  }
  const { lastRefTime } = ack as { readonly lastRefTime: unknown };
  const number = typeof lastRefTime === "string" ? parseDigits(lastRefTime) : lastRefTime;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

function parseDigits(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}
