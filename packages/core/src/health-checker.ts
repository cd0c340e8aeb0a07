/** How the instances of a cluster are checked; ephemeral ones live on beats whatever it says. */
export type HealthChecker =
  | { readonly type: "TCP" }
  | { readonly type: "NONE" }
  | {
      readonly type: "HTTP";
      readonly path: string;
      readonly headers: string;
      readonly expectedResponseCode: number;
    }
  | {
      readonly type: "MYSQL";
      readonly user?: string;
      readonly pwd?: string;
      readonly cmd?: string;
    };

/** The checker of a cluster that was given none. */
export const tcpHealthChecker: HealthChecker = { type: "TCP" };
