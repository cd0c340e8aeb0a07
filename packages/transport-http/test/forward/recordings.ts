import { readFileSync } from "node:fs";

/** A call between 1.4.1 members, or of a client, with its answer, as it was recorded. */
export interface Recording {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly body: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly body: string;
  };
}

const url = new URL("../../../../test/interop/recordings/distro.json", import.meta.url);
const all = JSON.parse(readFileSync(url, "utf8")) as readonly Recording[];

/** The recordings whose names begin so. */
export function recordings(prefix: string): readonly Recording[] {
  return all.filter(({ id }) => id.startsWith(prefix));
}

/** The recording of that name. */
export function recording(id: string): Recording {
  const [found] = recordings(id);
  if (found === undefined) throw new Error(`nothing was recorded as ${id}`);
  return found;
}

/** A header of a recorded request or answer, whatever its letter case. */
export function headerOf(
  { headers }: Pick<Recording["request"], "headers">,
  wanted: string,
): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** The parameters of a recorded request, without those that servers add. */
export function paramsOf({ target }: Recording["request"]): URLSearchParams {
  const params = new URLSearchParams(target.split("?")[1]);
  params.delete("encoding");
  params.delete("nofix");
  return params;
}
