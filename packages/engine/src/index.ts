/**
 * What members do over time. Task engines: {@link DelayTaskEngine} holds tasks back and merges those
 * with the same key, {@link ExecuteTaskEngine} runs them now and in order per key,
 * {@link RepeatingTask} does one thing again and again. And Distro: {@link Membership} knows the other
 * members, {@link DistroProtocol} agrees with them, {@link Forwarder} says who decides a write.
 *
 * ```js
 * import { systemClock } from "@nacre/core";
 * import { silentLogger } from "@nacre/core/testing";
 * import { DelayTaskEngine } from "@nacre/engine";
 *
 * const engine = new DelayTaskEngine(
 *   { clock: systemClock, logger: silentLogger },
 *   {
 *     merge: (older, newer) => [...older, ...newer],
 *     process: (key, changes) => console.log(key, changes),
 *   },
 * );
 * engine.start();
 * engine.add("orders", ["10.0.0.1 added"], 100);
 * engine.add("orders", ["10.0.0.2 added"], 100);
 * setTimeout(() => engine.stop(), 200); // orders [ '10.0.0.1 added', '10.0.0.2 added' ]
 * ```
 *
 * @packageDocumentation
 */

export {
  DelayTaskEngine,
  type DelayTaskEngineDependencies,
  type DelayTaskEngineOptions,
} from "./delay-task-engine.ts";
export type { PeerConvergence } from "./distro/convergence.ts";
export { DistroProtocol } from "./distro/distro-protocol.ts";
export type {
  DistroJob,
  DistroProtocolDependencies,
  DistroProtocolOptions,
} from "./distro/distro-protocol-options.ts";
export type { SyncStatus } from "./distro/peer-outbox.ts";
export type { ServiceSum } from "./distro/status-exchange.ts";
export {
  type ExecuteTask,
  ExecuteTaskEngine,
  type ExecuteTaskEngineDependencies,
  type ExecuteTaskEngineOptions,
} from "./execute-task-engine.ts";
export {
  type DecidedHereReason,
  Forwarder,
  type ForwarderDependencies,
  type ForwarderMembership,
  type ForwarderOptions,
  type ForwardStatus,
} from "./forwarder.ts";
export {
  Membership,
  type MembershipDependencies,
  type MembershipOptions,
} from "./membership/membership.ts";
export {
  RepeatingTask,
  type RepeatingTaskDependencies,
  type RepeatingTaskOptions,
} from "./repeating-task.ts";
