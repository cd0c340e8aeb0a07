import { NacreError } from "@nacre/core";
import { labelSelector, noSelector, type Selector } from "@nacre/naming";
import { parseJson } from "./flat-json.ts";
import { nullPointer } from "./error-reply.ts";
import { javaSplit } from "./metadata-text.ts";

/**
 * Reads a service's selector, `{"type":"none"}` or `{"type":"label","expression":…}`. The text is
 * percent-decoded once more, as in Nacos (`http-api.md` 2.2.1, 4.8).
 *
 * @throws {@link NacreError} `INVALID_PARAM` for an unknown type, `INVALID_SELECTOR` for the rest.
 */
export function parseSelector(text: string): Selector {
  if (text.trim() === "") return noSelector;
  const { type: typeNode, expression } = parseObject(decodeAgain(text));
  const type = textOf(typeNode);
  switch (type) {
    case "none":
      return noSelector;
    case "label":
      return labelSelector(textOf(expression));
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
  const { type: typeNode, expression } = parseObject(text);
  const type = textOf(typeNode);
  if (type !== "label" && type !== "none" && type !== "unknown") throw unknownType(type);
  const dense = textOf(expression).replaceAll(/\s/g, "");
  if (type !== "label" || dense === "") return () => true;
  const [left = "", right] = javaSplit(dense, "=");
  const factors = javaSplit(left, ".");
  const [scope] = factors;
  if (scope !== "INSTANCE" && scope !== "SERVICE") return () => true;
  if (right === undefined) throw new NacreError("INVALID_SELECTOR", "1");
  const key = factors.at(-1) ?? "";
  const value = right.replaceAll("'", "");
  const holds = (metadata: Readonly<Record<string, string>> | null) =>
    metadata !== null && Object.hasOwn(metadata, key) && metadata[key] === value;
  return scope === "INSTANCE"
    ? ({ instances }) => instances.some(({ metadata }) => holds(metadata))
    : ({ metadata }) => holds(metadata);
}

// What Jackson takes for the text of a node: an object or a list has an empty one.
function textOf(node: unknown): string {
  if (node === undefined) throw nullPointer();
  if (typeof node === "string") return node;
  return typeof node === "object" && node !== null ? "" : JSON.stringify(node);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = parseJson(text);
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
