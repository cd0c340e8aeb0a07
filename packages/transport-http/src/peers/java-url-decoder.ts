import { NacreError } from "@nacre/core";

/**
 * `URLDecoder.decode` of Java, in UTF-8.
 *
 * @throws {@link NacreError} `INVALID_PARAM` with its words when an escape makes no sense.
 */
export function urlDecoded(text: string): string {
  const blanked = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!blanked.includes("%")) return blanked;
  const broken = /%(?![0-9a-fA-F]{2})(.{0,2})/s.exec(blanked);
  if (broken !== null) throw malformed(broken[1] ?? "");
  return blanked.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

function malformed(digits: string): NacreError {
  if (digits.length < 2) {
    const message = "URLDecoder: Incomplete trailing escape (%) pattern";
    return new NacreError("INVALID_PARAM", message);
  }
  const at = digits.search(/[^0-9a-fA-F]/);
  return new NacreError(
    "INVALID_PARAM",
    `URLDecoder: Illegal hex characters in escape (%) pattern - Error at index ${at} in: "${digits}"`,
  );
}
