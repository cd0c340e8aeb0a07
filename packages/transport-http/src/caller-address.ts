import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/**
 * Finds out where a request came from: the other end of its connection, or, when that is one of the
 * listed proxies, the address that the proxy names in `X-Forwarded-For`. Nobody else's word counts.
 */
export class CallerAddress {
  readonly #proxies = new BlockList();
  readonly #hasProxies: boolean;

  /** @param proxies addresses and CIDR blocks; they must be well-formed */
  constructor(proxies: readonly string[]) {
    this.#hasProxies = proxies.length > 0;
    for (const proxy of proxies) {
      const [text = "", bits] = proxy.split("/");
      const address = bits === undefined ? plain(text) : text;
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#proxies.addAddress(address, family);
      else this.#proxies.addSubnet(address, Number(bits), family);
    }
  }

  of(request: IncomingMessage): string {
    let address = plain(request.socket.remoteAddress ?? "");
    if (!this.#hasProxies) return address;
    const forwarded = request.headers["x-forwarded-for"];
    const hops = String(forwarded ?? "").split(",");
    // From the nearest hop outwards: the first that is no proxy of ours is the caller.
    while (hops.length > 0 && this.#isProxy(address)) {
      const hop = plain((hops.pop() ?? "").trim());
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  }

  #isProxy(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#proxies.check(address, version === 6 ? "ipv6" : "ipv4");
  }
}

// A socket for both families shows an IPv4 address as `::ffff:1.2.3.4`.
function plain(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
