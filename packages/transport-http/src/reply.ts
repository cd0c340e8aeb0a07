/** An answer, before it is known in which content type the client wants it. */
export interface Reply {
  readonly status: number;

  /**
   * `text` and `json` are negotiated with the client's `Accept`; anything else is the content type
   * itself; `undefined` means none.
   */
  readonly type: "text" | "json" | (string & {}) | undefined;
  readonly body: string;

  /** The length of `body` in UTF-8, where it is known and counting it again would cost. */
  readonly byteLength?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The text that clients compare with after a write. */
export const ok: Reply = { status: 200, type: "text", body: "ok" };

/** A plain text. */
export function textReply(body: string, status = 200): Reply {
  return { status, type: "text", body };
}

/** A JSON text. */
export function jsonReply(body: string, byteLength?: number): Reply {
  return { status: 200, type: "json", body, byteLength };
}

/** An answer without content type and body. */
export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, type: undefined, body: "", headers };
}

/** An answer ready to be written: its content type is settled. */
export interface SettledReply {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
  readonly byteLength?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;

  /** Whether it travels in chunks, as JSON does from Nacos, instead of with its length. */
  readonly isChunked?: boolean;
}
