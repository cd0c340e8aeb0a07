import { readFileSync } from "node:fs";

/** One exchange of `distro.json`. */
export interface Recorded {
  readonly id: string;
  readonly from: "java" | "peer" | "client";
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string;
    readonly bodyEncoding?: "base64";
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string;
  };
}

const url = new URL("../../../../test/interop/recordings/distro.json", import.meta.url);

/** What members of Java and a scripted peer said to each other. */
export const recordings = JSON.parse(readFileSync(url, "utf8")) as readonly Recorded[];

/** The exchange of that name. */
export function recorded(id: string): Recorded {
  const found = recordings.find((recording) => recording.id === id);
  if (found === undefined) throw new Error(`no recording is called ${id}`);
  return found;
}

/** The headers of a recorded request by their names in lower case. */
export function headersOf({ request }: Recorded): Readonly<Record<string, string>> {
  return Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
}

/** The bytes of a recorded request; `undefined` when it had no body. */
export function bytesOf({ request: { body, bodyEncoding } }: Recorded): Buffer | undefined {
  return body === "" ? undefined : Buffer.from(body, bodyEncoding ?? "utf8");
}
