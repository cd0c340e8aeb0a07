/**
 * A Nacre member as a program: settings, command line, log, metrics, probes, and {@link Server},
 * which builds every part and lists everything that a member does on its own.
 *
 * @packageDocumentation
 */

export { type Config, configSchema } from "./config.ts";
export { loadSettings } from "./load-config.ts";
export { Server, type ServerDependencies } from "./server.ts";
export type { Settings } from "./settings.ts";
export { type MetricDefinition, PrometheusMeter } from "./prometheus-meter.ts";
export { type RunningMember, startMember } from "./start-member.ts";
