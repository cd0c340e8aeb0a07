import { UsageError } from "./shell.ts";

/** The member that is asked when a command is not told which. */
const defaultServer = "http://127.0.0.1:8848";

/**
 * Reads the flag `--server` of a command.
 *
 * @throws {@link UsageError} when it is no URL of HTTP.
 */
export function readServer(text: string = defaultServer): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new UsageError(`--server is "${text}"; allowed: a URL such as ${defaultServer}`);
  }
  return url;
}
