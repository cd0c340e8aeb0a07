/**
 * A Nacre member as a program: settings, command line, log, metrics, probes, and {@link Server},
 * which builds every part and lists everything that a member does on its own.
 *
 * @packageDocumentation
 */

export { type MetricDefinition, PrometheusMeter } from "./prometheus-meter.ts";
export { Server, type ServerDependencies } from "./server.ts";
export { type Config, configSchema } from "./settings/config.ts";
export { loadSettings } from "./settings/load-settings.ts";
export type { Settings } from "./settings/settings.ts";
export { type RunningMember, startMember } from "./start-member.ts";
