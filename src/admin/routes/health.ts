import type { FastifyInstance } from "fastify";
import type { AdminPorts } from "../ports.ts";

/** GET /health: 200 while the broker can do its work, else 503 with the reasons. */
export function addHealthRoute(server: FastifyInstance, ports: AdminPorts): void {
  server.get("/health", (_request, reply) => {
    const reasons = ports.health();
    reply.header("cache-control", "no-store");
    if (reasons.length === 0) return reply.send({ status: "ok" });
    return reply.code(503).send({ status: "unavailable", reasons });
  });
}
