/**
 * The vocabulary of Nacre, and the ports that a member is built from.
 *
 * Everything here is a value, a pure function or an interface, but for `Versions` and `StateDigest`,
 * which remember; for `systemClock`, the one place that reads the machine's clock and sets its timers;
 * and for `systemRandom`, the one source of chance.
 *
 * @packageDocumentation
 */

export type { Cause, CauseKind, InstanceChange } from "./change.ts";
export { type ChecksummedService, instancesChecksum, serviceChecksum } from "./checksum.ts";
export { type Cancel, type Clock, type Millis, systemClock } from "./clock.ts";
export { type Cluster, defaultCluster } from "./cluster.ts";
export type { ConsistencyService, DatumListener } from "./consistency-service.ts";
export { instancesSum, valueSum } from "./content-sum.ts";
export {
  type Datum,
  type DatumKey,
  datumKey,
  definitionKey,
  isDatumKey,
  type KeyedService,
  parseDatumKey,
  parseDefinitionKey,
} from "./datum.ts";
export type { DatumCopy, Gone, GoneKind, InstanceCopy, ValueDatum } from "./datum-copy.ts";
export { distroHash, DistroMapper, type DistroMapperOptions } from "./distro-mapper.ts";
export { editedInstances } from "./edited-instances.ts";
export { type ErrorCode, errorCodes, NacreError } from "./errors.ts";
export { type HealthChecker, tcpHealthChecker } from "./health-checker.ts";
export {
  type BeatTimings,
  beatTimingsOf,
  defaultBeatTimings,
  type Instance,
  type InstanceKey,
  instanceKey,
  instanceKeyOf,
  type Metadata,
  noMetadata,
} from "./instance.ts";
export { isSameInstance } from "./instance-content.ts";
export {
  javaDouble,
  javaFloat,
  javaHashCode,
  javaHashOrder,
  javaTrim,
  parseJavaDouble,
  parseJavaInt,
} from "./java.ts";
export {
  takenFromOther,
  type TakeFromOtherInput,
  takenFromResponsible,
  type TakeFromResponsibleInput,
} from "./java-merge.ts";
export type { Beaten, Forwarding, ForwardOutcome } from "./forwarding.ts";
export type { LogMethod, Logger } from "./logger.ts";
export {
  type Address,
  type ExtendInfo,
  isHealthyMember,
  isNacreWithinReach,
  type Member,
  type MemberKind,
  type MemberState,
  type Responsibility,
  soleResponsibility,
} from "./member.ts";
export {
  type MergeChange,
  mergedDatum,
  type MergeInput,
  type MergeKind,
  type MergeResult,
} from "./merge.ts";
export type { Meter, ReadMetric, Sample } from "./meter.ts";
export { type Random, systemRandom } from "./random.ts";
export {
  bareNameOf,
  DEFAULT_CLUSTER,
  DEFAULT_GROUP,
  DEFAULT_NAMESPACE,
  groupedName,
  groupNameOf,
  isGroupedName,
  isLegalClusterName,
  isLegalServiceName,
} from "./service-name.ts";
export {
  StateDigest,
  type StateDigestDependencies,
  type StateDigestOptions,
} from "./state-digest.ts";
export type { Store } from "./store.ts";
export type {
  BeatGroup,
  BeatMessage,
  Checksums,
  DigestAnswer,
  DigestMessage,
  FetchAnswer,
  FetchRequest,
  Greeting,
  HandOver,
  MemberReport,
  PeerHandler,
  ReportAnswer,
  ServiceStatus,
  SyncMessage,
  Transport,
} from "./transport.ts";
export {
  epochMsOf,
  isVersion,
  type Version,
  Versions,
  type VersionsDependencies,
  type VersionsOptions,
} from "./versions.ts";
