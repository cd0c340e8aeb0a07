import { gunzipSync } from "node:zlib";
import { NacreError } from "@nacre/core";
import type { NacosRequest } from "../request.ts";
import { jsonParseError } from "./jackson.ts";

/** How {@link bodyText} reads. */
export interface BodyTextOptions {
  /** The method of Java that takes the body; Spring names it when there is none. */
  readonly method: string;

  /** The most that a compressed body may become. */
  readonly bytesMax: number;
}

/**
 * The body of a peer's call. What it says of its encoding is false as a rule (`distro.md` 1.6), so
 * only the two bytes that gzip begins with count.
 *
 * @throws {@link NacreError} `UNREADABLE_PARAM` when there is none, or it cannot be inflated.
 */
export function bodyText({ body }: NacosRequest, { method, bytesMax }: BodyTextOptions): string {
  if (body === undefined || body.length === 0) {
    throw new NacreError("UNREADABLE_PARAM", `Required request body is missing: ${method}`);
  }
  return (isGzip(body) ? inflated(body, bytesMax) : body).toString("utf8");
}

/**
 * The body of a call that Spring takes only as JSON.
 *
 * @throws {@link NacreError} `UNREADABLE_PARAM` as {@link bodyText} does, or when it is of another type.
 */
export function jsonBodyText(request: NacosRequest, options: BodyTextOptions): string {
  const type = request.header("content-type");
  if (type !== undefined && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new NacreError("UNREADABLE_PARAM", `Content type '${shown(type)}' not supported`);
  }
  return bodyText(request, options);
}

function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

function inflated(body: Buffer, bytesMax: number): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax });
  } catch (error) {
    throw jsonParseError(error instanceof Error ? error.message : "the body cannot be inflated");
  }
}

// Spring has added a charset before it looks.
function shown(type: string): string {
  const dense = type.replaceAll(/\s/g, "");
  return /;charset=/i.test(dense) ? dense : `${dense};charset=UTF-8`;
}
