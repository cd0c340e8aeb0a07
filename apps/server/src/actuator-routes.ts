import type { FastifyPluginAsync } from "fastify";

/** What the actuator shows. */
export interface ActuatorRoutesOptions {
  /** Where it stands, e.g. `/nacos/actuator`. */
  readonly prefix: string;

  /** All metrics in Prometheus's text format. */
  readonly metricsText: () => Promise<string>;
}

// Spring answers HEAD wherever it answers GET.
const probed = { exposeHeadRoute: true };
const SPRING_JSON = "application/vnd.spring-boot.actuator.v2+json;charset=UTF-8";

/** The part of Spring's actuator that monitoring of Nacos uses: index, health, Prometheus. */
export const actuatorRoutes: FastifyPluginAsync<ActuatorRoutesOptions> = async (
  app,
  { prefix, metricsText },
) => {
  const link = (path: string) => ({ href: `${prefix}${path}`, templated: false });
  const links = { self: link(""), health: link("/health"), prometheus: link("/prometheus") };
  app.get("/", probed, async (_request, reply) => reply.type(SPRING_JSON).send({ _links: links }));
  app.get("/health", probed, async (_request, reply) =>
    reply.type(SPRING_JSON).send({ status: "UP" }),
  );
  app.get("/prometheus", probed, async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metricsText()),
  );
};
