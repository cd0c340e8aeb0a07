/** Writes one line. The message is constant; what varies goes into the fields. */
export interface LogMethod {
  (fields: Readonly<Record<string, unknown>>, message: string): void;
  (message: string): void;
}

/**
 * Port: where log lines go. A pino logger fits.
 *
 * `error`: somebody must act. `warn`: mended, or tried again. `info`: the state of a member changed.
 * `debug`: one request or task.
 */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;

  /** A logger that adds `fields` to each of its lines. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}
