import type { FastifyInstance, FastifyReply } from "fastify";
import { type Inspection, SUBJECTS, type Subject } from "../../base/inspection.ts";
import { isOwnHost } from "../host-check.ts";
import { readListQuery } from "../list-query.ts";

const ROOT = "/api/v1";

/** GET /api/v1/…: what the broker holds. Only reads; `boundTo` is the address of the listener. */
export function addInspectionRoutes(server: FastifyInstance, inspection: Inspection, boundTo: string): void {
  server.addHook("onRequest", async (request, reply) => {
    if (!request.url.startsWith(ROOT)) return;
    reply.header("cache-control", "no-store");
    if (isOwnHost(request.headers.host, boundTo)) return;
    return reply.code(403).send({ error: "Host must be localhost or an address" });
  });
  server.get(`${ROOT}/summary`, () => inspection.summary());
  for (const subject of SUBJECTS) {
    server.get(`${ROOT}/${subject}`, (request, reply) => answer(inspection, subject, request.query, reply));
  }
}

async function answer(
  inspection: Inspection,
  subject: Subject,
  parameters: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = readListQuery(parameters);
  if (typeof query === "string") return reply.code(400).send({ error: query });
  const page = await inspection.list(subject, query);
  if (page === "busy") return reply.code(503).send({ error: "others are sorting: ask again soon" });
  if (page === "unknown cursor") {
    return reply.code(410).send({ error: "cursor: used already, or older than a minute; start again" });
  }
  return reply.send(page);
}
