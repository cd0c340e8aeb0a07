/**
 * Facts about Java's runtime that are on the wire: hashes, number texts, the order of hash maps.
 *
 * All were compared with a real JVM (`vectors.json`).
 */

/**
 * `String.hashCode()` of Java: peers written in Java place services with it.
 *
 * @returns a signed 32-bit integer
 */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/**
 * `Double.toString()` of Java: `1` prints as `1.0`, `10000000` as `1.0E7`, `0.0001` as `1.0E-4`.
 *
 * Digits are the shortest that read back as the same number, as in JavaScript.
 */
export function javaDouble(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  if (!Number.isFinite(value)) return String(value);
  return scientific(value.toExponential());
}

/** `Float.toString()` of Java: the shortest digits that read back as the same 32-bit float. */
export function javaFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return javaDouble(value);
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return javaDouble(short);
  }
  return javaDouble(single);
}

// `1e+7` of JavaScript is `1.0E7` in Java.
function scientific(text: string): string {
  const [digits = "", exponent = ""] = text.split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${exponent.replace("+", "")}`;
}

/** `Integer.parseInt` of Java: an optional sign and decimal digits, 32 bits; else `undefined`. */
export function parseJavaInt(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= -2147483648 && value <= 2147483647 ? value + 0 : undefined;
}

// No digit can be taken in two ways: a megabyte of them must not cost more than one look at each.
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)[fFdD]?$/;

/**
 * `Double.parseDouble` of Java, surrounding blanks allowed: `1`, `1.5`, `1e3`, `1d`, `0x1p3`, `NaN`,
 * `Infinity`; `undefined` for anything else.
 */
export function parseJavaDouble(text: string): number | undefined {
  const trimmed = javaTrim(text);
  if (DECIMAL.test(trimmed)) return Number(trimmed.replace(/[fFdD]$/, ""));
  const special = /^([+-]?)(NaN|Infinity)$/.exec(trimmed);
  if (special !== null) return special[1] === "-" ? -Number(special[2]) : Number(special[2]);
  const hexadecimal = HEXADECIMAL.exec(trimmed);
  if (hexadecimal === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = ""] = hexadecimal;
  if (whole + fraction === "") return undefined;
  const digits = Number.parseInt(whole + fraction, 16);
  // Without the case apart, 0 times a large power would be no number.
  const value = digits === 0 ? 0 : digits * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}

/** `String.trim()` of Java: cuts every character up to and including the blank (U+0020). */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/**
 * The order in which a Java `HashMap` or `HashSet` of text keys iterates, starting at capacity 16
 * and doubled whenever more than three quarters are in use; ties keep the order given
 * (`http-api.md` 4.10).
 */
export function javaHashOrder<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  if (items.length < 2) return items;
  let capacity = 16;
  while (items.length > capacity * 0.75) capacity *= 2;
  const buckets = items.map((item) => {
    const hash = javaHashCode(keyOf(item));
    return { item, bucket: (hash ^ (hash >>> 16)) & (capacity - 1) };
  });
  return buckets.sort((a, b) => a.bucket - b.bucket).map(({ item }) => item);
}
