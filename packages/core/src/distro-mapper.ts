import { javaHashCode } from "./java.ts";
import type { Address, Responsibility } from "./member.ts";

const HASH_MODULUS = 2_147_483_647;

/**
 * The number that places a service (`distro.md` 2.2): 0 to 2,147,483,646, of the grouped name alone,
 * so that a name has the same responsible member in all namespaces.
 */
export function distroHash(groupedName: string): number {
  return Math.abs(javaHashCode(groupedName) % HASH_MODULUS);
}

/** What a {@link DistroMapper} goes by. */
export interface DistroMapperOptions {
  /** This member's own address. */
  readonly self: Address;

  /** The members that count, self among them when it does; in any order. See `isHealthyMember`. */
  readonly addresses: readonly Address[];

  /**
   * Whether this member is responsible for everything: it runs alone, or Distro is switched off.
   *
   * @defaultValue false
   */
  readonly isAlone?: boolean;
}

/**
 * Says which member is responsible for a service, from one list of members, as Nacos 1.4.1 does
 * (`distro.md` 2.3, 2.4). A value: another list makes another mapper. Both questions are asked once per
 * request and allocate nothing.
 */
export class DistroMapper implements Responsibility {
  /** The members that count, in the order of their UTF-16 code units, each once. */
  readonly addresses: readonly Address[];

  readonly #self: Address;
  readonly #isAlone: boolean;
  readonly #isListed: boolean;

  constructor({ self, addresses, isAlone = false }: DistroMapperOptions) {
    this.#self = self;
    this.#isAlone = isAlone;
    this.addresses = [...new Set(addresses)].toSorted();
    this.#isListed = this.addresses.includes(self);
  }

  /**
   * Whether this member takes the writes of a service. One that is missing in a list of others claims
   * everything, and {@link DistroMapper.memberFor} names another all the same: so does Nacos.
   */
  isResponsible(groupedName: string): boolean {
    if (this.#isAlone) return true;
    if (this.addresses.length === 0) return false;
    return !this.#isListed || this.memberFor(groupedName) === this.#self;
  }

  /** The member that takes the writes of a service; self when there is no list to go by. */
  memberFor(groupedName: string): Address {
    const { length } = this.addresses;
    if (this.#isAlone || length === 0) return this.#self;
    return this.addresses[distroHash(groupedName) % length] ?? this.#self;
  }
}
