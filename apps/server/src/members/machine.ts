import { hostname, networkInterfaces } from "node:os";

/** What a machine is called, as far as members may list it so. */
export interface Machine {
  /** Its IP addresses, in the order of its interfaces. */
  readonly ips: readonly string[];

  /** The first of them that others may reach, an IPv4 one; `undefined`: there is none. */
  readonly firstIp: string | undefined;
  readonly hostName: string;
}

/** This machine, as it is now. */
export function thisMachine(): Machine {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return {
    ips: all.map(({ address }) => address),
    firstIp: all.find(({ internal, family }) => !internal && family === "IPv4")?.address,
    hostName: hostname(),
  };
}
