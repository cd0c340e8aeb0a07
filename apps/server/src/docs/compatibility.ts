import { besideFamilies } from "./compatibility-beside.ts";
import type { Endpoint, EndpointFamily } from "./compatibility-endpoint.ts";
import { namingFamilies } from "./compatibility-naming.ts";

/** Every endpoint of Nacos 1.4.1 that concerns naming, and what Nacre adds. */
export const endpointFamilies: readonly EndpointFamily[] = [...namingFamilies, ...besideFamilies];

/** The status of the error page that a client gets where an endpoint is absent. */
export function absentStatus({ path }: Pick<Endpoint, "path">): 404 | 501 {
  return path.startsWith("/v1/ns/") ? 501 : 404;
}
