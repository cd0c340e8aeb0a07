import { beatRoutes } from "./beat-routes.ts";
import { catalogRoutes } from "./catalog-routes.ts";
import { type ClusterRoutesOptions, clusterRoutes } from "./cluster-routes.ts";
import { convergenceRoutes, type ConvergenceView } from "./convergence-routes.ts";
import { instanceRoutes } from "./instance-routes.ts";
import { leaveRoutes, type LeaveRoutesOptions } from "./leave-routes.ts";
import { type ListRoutesOptions, listRoutes } from "./list-routes.ts";
import { metadataRoutes } from "./metadata-routes.ts";
import { nacreRoutes } from "./nacre-routes.ts";
import { type OperatorRoutesOptions, operatorRoutes } from "./operator-routes.ts";
import { peerRoutes, type PeerRoutesOptions } from "./peers/peer-routes.ts";
import type { Route } from "./route.ts";
import { serviceRoutes } from "./service-routes.ts";

/** What all endpoints together work on. */
export interface NacosRoutesOptions
  extends
    ListRoutesOptions,
    ClusterRoutesOptions,
    Omit<OperatorRoutesOptions, "cluster" | "isStandalone"> {
  /** The members, of which this is one. @defaultValue it knows of none and answers none */
  readonly peers?: PeerRoutesOptions | undefined;

  /** How far the members agree. @defaultValue nobody is told */
  readonly convergence?: ConvergenceView | undefined;

  /** How the member is made to leave. @defaultValue it is not, but by a signal */
  readonly leave?: LeaveRoutesOptions | undefined;
}

/** Every endpoint that a member serves: those of Nacos 1.4.1, and Nacre's own below `/nacre/`. */
export function nacosRoutes(options: NacosRoutesOptions): readonly Route[] {
  const { peers, convergence, leave } = options;
  const ofCluster = { cluster: peers?.cluster, isStandalone: peers?.isStandalone };
  return [
    ...beatRoutes(options),
    ...listRoutes(options),
    ...instanceRoutes(options),
    ...metadataRoutes(options),
    ...serviceRoutes(options),
    ...catalogRoutes(options),
    ...clusterRoutes(options),
    ...operatorRoutes({ ...options, ...ofCluster }),
    ...nacreRoutes(options),
    ...(convergence === undefined ? [] : convergenceRoutes({ view: convergence })),
    ...(leave === undefined ? [] : leaveRoutes(leave)),
    ...(peers === undefined ? [] : peerRoutes(peers)),
  ];
}
