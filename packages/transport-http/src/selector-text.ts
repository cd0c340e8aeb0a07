import { NacreError } from "@nacre/core";
import { labelSelector, noSelector, type Selector } from "@nacre/naming";
import { nullPointer } from "./instance-routes.ts";

/**
 * Reads a service's selector, `{"type":"none"}` or `{"type":"label","expression":…}`. The text is
 * percent-decoded once more, as in Nacos (`http-api.md` 2.2.1, 4.8).
 *
 * @throws {@link NacreError} `INVALID_PARAM` for an unknown type, `INVALID_SELECTOR` for the rest.
 */
export function parseSelector(text: string): Selector {
  if (text.trim() === "") return noSelector;
  const { type, expression } = parseObject(decodeAgain(text));
  if (typeof type !== "string") throw nullPointer();
  switch (type) {
    case "none":
      return noSelector;
    case "label":
      if (typeof expression !== "string") throw nullPointer();
      return labelSelector(expression);
    case "unknown":
      throw new NacreError("INVALID_SELECTOR", "not match any type of selector!");
    default:
      throw unknownType(type);
  }
}

/** Whether a service is wanted by the `selector` of a service list. */
export type ServiceFilter = (service: {
  readonly metadata: Readonly<Record<string, string>>;
  readonly instances: readonly { readonly metadata: Readonly<Record<string, string>> | null }[];
}) => boolean;

/**
 * Reads the selector of a service list, such as `INSTANCE.metadata.k = 'v'` (`http-api.md` 2.2.5).
 *
 * @throws {@link NacreError} as {@link parseSelector}.
 */
export function parseServiceFilter(text: string): ServiceFilter {
  if (text.trim() === "") return () => true;
  const { type, expression } = parseObject(text);
  if (typeof type !== "string" || typeof expression !== "string") throw nullPointer();
  if (type !== "label" && type !== "none" && type !== "unknown") throw unknownType(type);
  if (type !== "label") return () => true;
  const dense = expression.replaceAll(/\s/g, "");
  const [left = "", right] = dense.split("=");
  if (right === undefined) throw new NacreError("INVALID_SELECTOR", "1");
  const key = left.slice(left.lastIndexOf(".") + 1);
  const value = right.replaceAll("'", "");
  const holds = (metadata: Readonly<Record<string, string>> | null) =>
    metadata !== null && Object.hasOwn(metadata, key) && metadata[key] === value;
  if (left.startsWith("INSTANCE.")) {
    return ({ instances }) => instances.some(({ metadata }) => holds(metadata));
  }
  if (left.startsWith("SERVICE.")) return ({ metadata }) => holds(metadata);
  return () => true;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new NacreError("INVALID_SELECTOR", "errCode: 101, errMsg: Nacos deserialize failed.  ", {
      cause: error,
    });
  }
  if (typeof json !== "object" || json === null) throw nullPointer();
  return json as Readonly<Record<string, unknown>>;
}

function decodeAgain(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function unknownType(type: string): NacreError {
  return new NacreError(
    "INVALID_PARAM",
    `No enum constant com.alibaba.nacos.api.selector.SelectorType.${type}`,
  );
}
