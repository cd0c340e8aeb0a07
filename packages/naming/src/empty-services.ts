import type { Service } from "./service.ts";

/** So often in a row a service is found empty and stays. */
const ROUNDS_MAX = 3;

// A definition is taken back by one member, for all. Should that one be a Java peer, which knows
// nothing of it, another does.
const DEFINED_ELSEWHERE_ROUNDS_MAX = 12;

/**
 * The services that have been empty for more than three rounds before this one (`http-api.md` 4.9).
 * Each call is a round. Those that were defined are left to the member that is responsible, and to any
 * member only after twelve.
 */
export function emptyServices(services: Iterable<Service>): readonly Service[] {
  const empty: Service[] = [];
  for (const service of services) {
    const roundsMax =
      service.isDefined && !service.isOurs ? DEFINED_ELSEWHERE_ROUNDS_MAX : ROUNDS_MAX;
    if (service.instances.length > 0) service.emptyRounds = 0;
    else if (service.emptyRounds++ > roundsMax) empty.push(service);
  }
  return empty;
}
