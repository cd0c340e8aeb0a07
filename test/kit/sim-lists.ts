import { type Instance, type InstanceKey, instanceKeyOf } from "@nacre/core";
import type { SimMember } from "./sim-member.ts";

/** A list as a member serves it, by key, and as one text. */
export class SimList {
  readonly byKey: ReadonlyMap<InstanceKey, Instance>;
  readonly text: string;

  constructor(instances: readonly Instance[]) {
    this.byKey = new Map(instances.map((instance) => [instanceKeyOf(instance), instance]));
    this.text = instances
      .map(({ ip, port, healthy }) => `${ip}:${port}${healthy ? "" : " unhealthy"}`)
      .toSorted()
      .join(", ");
  }
}

/** The lists of all members at one instant. */
export class SimLists {
  readonly #services: readonly string[];
  readonly #known = new WeakMap<readonly Instance[], SimList>();
  #lists: ReadonlyMap<SimMember, readonly SimList[]> = new Map();

  constructor(services: readonly string[]) {
    this.#services = services;
  }

  /** Looks at the lists as they are now. */
  look(members: readonly SimMember[]): void {
    this.#lists = new Map(
      members.map((member) => [
        member,
        this.#services.map((name) => this.#listOf(member.list(name))),
      ]),
    );
  }

  /** What a member served of a service, which is a place in the list of services, at the last look. */
  of(member: SimMember, service: number): SimList | undefined {
    return this.#lists.get(member)?.[service];
  }

  // Lists are values: what was looked at once need not be looked at again until there is another one.
  #listOf(instances: readonly Instance[]): SimList {
    let list = this.#known.get(instances);
    if (list === undefined) this.#known.set(instances, (list = new SimList(instances)));
    return list;
  }
}
