import type { FastifyPluginAsync } from "fastify";

/** What the probes ask. */
export interface HealthRoutesOptions {
  /** Why this member does not serve yet, or no longer; empty when it does. */
  readonly reasonsNotReady: () => readonly string[];
}

// Some load balancers probe with HEAD.
const probed = { exposeHeadRoute: true };

/**
 * `GET /livez`: the process answers. `GET /readyz`: it serves, or 503 with the reasons. Both stand
 * outside the context path and need no login.
 */
export const healthRoutes: FastifyPluginAsync<HealthRoutesOptions> = async (
  app,
  { reasonsNotReady },
) => {
  app.get("/livez", probed, async () => ({ status: "alive" }));
  app.get("/readyz", probed, async (_request, reply) => {
    const reasons = reasonsNotReady();
    if (reasons.length === 0) return { status: "ready", reasons };
    return reply.code(503).send({ status: "not ready", reasons });
  });
};
