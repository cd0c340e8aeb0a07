import type { LogMethod, Logger } from "../logger.ts";

/** One line that a {@link RecordingLogger} was given. */
export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines for a test to look at. Children write to the same `lines`. */
export class RecordingLogger implements Logger {
  readonly lines: LoggedLine[];
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(lines: LoggedLine[] = [], fields: Readonly<Record<string, unknown>> = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  readonly debug: LogMethod = this.#method("debug");
  readonly info: LogMethod = this.#method("info");
  readonly warn: LogMethod = this.#method("warn");
  readonly error: LogMethod = this.#method("error");

  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new RecordingLogger(this.lines, { ...this.#fields, ...fields });
  }

  #method(level: LoggedLine["level"]): LogMethod {
    return (first: Readonly<Record<string, unknown>> | string, message?: string) => {
      const fields = typeof first === "string" ? {} : first;
      const text = typeof first === "string" ? first : (message ?? "");
      this.lines.push({ level, message: text, fields: { ...this.#fields, ...fields } });
    };
  }
}
