/**
 * What a member does for its clients: services and their instances, beats and expiry, subscribers.
 *
 * {@link Naming} takes writes and beats, {@link viewOf} answers lists, {@link PushService} tells
 * subscribers. Nothing here knows how requests travel or where data rest.
 *
 * @packageDocumentation
 */

export {
  BeatChecker,
  type BeatCheckerDependencies,
  type BeatCheckerOptions,
  type SilentLease,
} from "./beat-checker.ts";
export {
  defaultExpiryBrake,
  type DueRemoval,
  ExpiryBrake,
  type ExpiryBrakeOptions,
} from "./expiry-brake.ts";
export { History, type HistoryAnswer, type HistoryEntry, type HistoryQuery } from "./history.ts";
export {
  type InstanceSpec,
  mergedMetadata,
  type MetadataChange,
  strippedMetadata,
} from "./instance-edits.ts";
export { Lease } from "./lease.ts";
export { LivedTime, type LivedTimeDependencies, type LivedTimeOptions } from "./lived-time.ts";
export { Naming } from "./naming.ts";
export type { NamingDependencies, NamingOptions } from "./naming-options.ts";
export { PushService, type PushServiceDependencies } from "./push-service.ts";
export type { Pusher } from "./pusher.ts";
export {
  RegistryListener,
  type RegistryListenerDependencies,
  type RegistryListenerOptions,
} from "./registry-listener.ts";
export { labelSelector, noSelector, type Selector } from "./selector.ts";
export { Service } from "./service.ts";
export { ServiceAdmin } from "./service-admin.ts";
export {
  defaultServiceDefinition,
  formatDefinition,
  type FullDefinition,
  parseDefinition,
  type ServiceDefinition,
} from "./service-definition.ts";
export { ServiceIndex, type ServiceIndexOptions } from "./service-index.ts";
export type {
  BeatAnswer,
  BeatSpec,
  InstanceAddress,
  InstancePatch,
  ServiceRequest,
} from "./service-request.ts";
export {
  floatText,
  numberText,
  type ServiceView,
  unknownServiceText,
  type ViewQuery,
  viewOf,
} from "./service-view.ts";
export {
  type Subscriber,
  Subscribers,
  type SubscribersOptions,
  type Subscription,
} from "./subscribers.ts";
export { defaultSwitches, type Switches } from "./switches.ts";
