import { NacreError } from "@nacre/core";

/**
 * Which instances a consumer gets to see. A label selector compares labels of the consumer with
 * those of the instance; without a CMDB, which Nacre does not have, consumers have no labels and
 * nothing is filtered, as in Nacos 1.4.1 without its plug-in (`http-api.md` 4.8).
 */
export type Selector =
  | { readonly type: "none" }
  | { readonly type: "label"; readonly expression: string; readonly labels: readonly string[] };

/** The selector of a service that was given none. */
export const noSelector: Selector = { type: "none" };

const TERM = /^CONSUMER\.label\.(.*)$/;

/**
 * Reads a label expression such as `CONSUMER.label.A = PROVIDER.label.A & CONSUMER.label.B =
 * PROVIDER.label.B`. Blank means no labels.
 *
 * @throws {@link NacreError} `INVALID_SELECTOR` when it is anything else.
 */
export function labelSelector(expression: string): Selector {
  const dense = expression.replaceAll(/\s/g, "");
  const labels = dense === "" ? [] : dense.split("&").map(labelOf);
  return { type: "label", expression, labels: [...new Set(labels)] };
}

function labelOf(term: string): string {
  const [consumer = "", provider = "", ...more] = term.split("=");
  const label = TERM.exec(consumer)?.[1];
  if (label === undefined || label === "" || more.length > 0) throw unreadable();
  if (provider !== `PROVIDER.label.${label}`) throw unreadable();
  return label;
}

function unreadable(): NacreError {
  return new NacreError("INVALID_SELECTOR", "parse expression failed!");
}
