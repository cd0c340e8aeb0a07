/**
 * Stand-ins for the ports of `@nacre/core`, and the contracts that their implementers must pass.
 *
 * Nothing here needs a test runner: a contract is a list of claims that throw when they do not hold.
 *
 * @packageDocumentation
 */

export { ManualClock } from "./manual-clock.ts";
export { MapConsistency } from "./map-consistency.ts";
export { type LoggedLine, RecordingLogger } from "./recording-logger.ts";
export { SeededRandom } from "./seeded-random.ts";
export { silentLogger } from "./silent-logger.ts";
export { type ContractCase, storeContract } from "./store-contract.ts";
