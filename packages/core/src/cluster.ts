import { type HealthChecker, tcpHealthChecker } from "./health-checker.ts";
import { type Metadata, noMetadata } from "./instance.ts";

/** What is known of a cluster of a service besides its instances (`http-api.md` 7.4). */
export interface Cluster {
  readonly name: string;
  readonly healthChecker: HealthChecker;
  readonly defaultCheckPort: number;
  readonly useInstancePortForCheck: boolean;
  readonly metadata: Metadata;
}

/** A cluster as it comes into being with its first instance. */
export function defaultCluster(name: string): Cluster {
  return {
    name,
    healthChecker: tcpHealthChecker,
    defaultCheckPort: 80,
    useInstancePortForCheck: true,
    metadata: noMetadata,
  };
}
