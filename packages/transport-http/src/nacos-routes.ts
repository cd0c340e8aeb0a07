import { beatRoutes } from "./beat-routes.ts";
import { catalogRoutes } from "./catalog-routes.ts";
import { type ClusterRoutesOptions, clusterRoutes } from "./cluster-routes.ts";
import { instanceRoutes } from "./instance-routes.ts";
import { type ListRoutesOptions, listRoutes } from "./list-routes.ts";
import { metadataRoutes } from "./metadata-routes.ts";
import { nacreRoutes } from "./nacre-routes.ts";
import { type OperatorRoutesOptions, operatorRoutes } from "./operator-routes.ts";
import type { Route } from "./route.ts";
import { serviceRoutes } from "./service-routes.ts";

/** What all endpoints together work on. */
export interface NacosRoutesOptions
  extends ListRoutesOptions, ClusterRoutesOptions, OperatorRoutesOptions {}

/** Every endpoint that a member serves: those of Nacos 1.4.1, and Nacre's own below `/nacre/`. */
export function nacosRoutes(options: NacosRoutesOptions): readonly Route[] {
  return [
    ...beatRoutes(options),
    ...listRoutes(options),
    ...instanceRoutes(options),
    ...metadataRoutes(options),
    ...serviceRoutes(options),
    ...catalogRoutes(options),
    ...clusterRoutes(options),
    ...operatorRoutes(options),
    ...nacreRoutes(options),
  ];
}
