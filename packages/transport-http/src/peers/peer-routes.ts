import type { Route } from "../route.ts";
import {
  type ClusterOperatorRoutesOptions,
  clusterOperatorRoutes,
} from "./cluster-operator-routes.ts";
import { type DistroRoutesOptions, distroRoutes } from "./distro-routes.ts";
import { type MemberRoutesOptions, memberRoutes } from "./member-routes.ts";
import { type NacrePeerRoutesOptions, nacrePeerRoutes } from "./nacre-peer-routes.ts";
import { type StatusRoutesOptions, statusRoutes } from "./status-routes.ts";

/** What everything that concerns members works on. */
export interface PeerRoutesOptions
  extends
    MemberRoutesOptions,
    ClusterOperatorRoutesOptions,
    DistroRoutesOptions,
    StatusRoutesOptions,
    NacrePeerRoutesOptions {}

/**
 * Every endpoint that concerns members: what operators ask about them, what members of Java and of
 * Nacre tell each other. There is none below `/v1/ns/raft`: whoever answered a vote there would stop
 * members of Java from working (`distro.md` 9.3).
 */
export function peerRoutes(options: PeerRoutesOptions): readonly Route[] {
  return [
    ...memberRoutes(options),
    ...clusterOperatorRoutes(options),
    ...distroRoutes(options),
    ...statusRoutes(options),
    ...nacrePeerRoutes(options),
  ];
}
