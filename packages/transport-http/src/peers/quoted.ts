// What stands between quotes as it is.
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as JSON writes it. Most texts need no escapes, and those cost little. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

const NOT_ASCII = /[^\0-\u007f]/;
const EACH_NOT_ASCII = /[^\0-\u007f]/gu;

/**
 * JSON with everything beyond ASCII as `\uXXXX`: a Java member whose charset is not UTF-8 reads
 * fetched data right only so (`distro.md` 1.6).
 */
export function asciiJson(json: string): string {
  return NOT_ASCII.test(json) ? json.replaceAll(EACH_NOT_ASCII, escaped) : json;
}

// A character beyond the first 65,536 is two units, and each is escaped by itself.
function escaped(character: string): string {
  let text = "";
  for (let at = 0; at < character.length; at++) {
    text += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }
  return text;
}
