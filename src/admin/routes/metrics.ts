import type { FastifyInstance } from "fastify";
import type { AdminPorts } from "../ports.ts";

/** GET /metrics: Prometheus' text format. */
export function addMetricsRoute(server: FastifyInstance, ports: AdminPorts): void {
  server.get("/metrics", async (_request, reply) => {
    const text = await ports.metrics.render();
    return reply.header("content-type", ports.metrics.contentType).send(text);
  });
}
