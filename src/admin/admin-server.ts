import type { AddressInfo } from "node:net";
import { type FastifyInstance, fastify } from "fastify";
import { describe } from "../base/errors.ts";
import type { Listener } from "../base/listener.ts";
import { formatAddress, toListenError } from "../base/network-address.ts";
import type { AdminPorts } from "./ports.ts";
import { addHealthRoute } from "./routes/health.ts";
import { addInspectionRoutes } from "./routes/inspection.ts";
import { addMetricsRoute } from "./routes/metrics.ts";

export interface AdminOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

const REQUEST_TIMEOUT_MS = 10_000;
const BODY_LIMIT_BYTES = 64 * 1024;

/** HTTP for operators and their tools: health, metrics, what the broker holds. Requests are not logged. */
export class AdminListener implements Listener {
  readonly #options: AdminOptions;
  readonly #metrics: AdminPorts["metrics"];
  readonly #server: FastifyInstance;
  #port: number;

  constructor(options: AdminOptions, ports: AdminPorts) {
    this.#options = options;
    this.#metrics = ports.metrics;
    this.#port = options.port;
    this.#server = createServer(ports);
    addHealthRoute(this.#server, ports);
    addMetricsRoute(this.#server, ports);
    addInspectionRoutes(this.#server, ports.inspection, options.host);
  }

  get description(): string {
    return `admin ${formatAddress(this.#options.host, this.#port)}`;
  }

  async open(): Promise<number> {
    const { host, port } = this.#options;
    await this.#metrics.render(); // the first time takes ten times as long: not while clients wait
    try {
      await this.#server.listen({ host, port });
    } catch (error) {
      throw toListenError(error, host, port);
    }
    this.#port = (this.#server.server.address() as AddressInfo).port;
    return this.#port;
  }

  /** Ends requests that are under way, too. */
  async close(): Promise<void> {
    await this.#server.close();
  }
}

function createServer(ports: AdminPorts): FastifyInstance {
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    bodyLimit: BODY_LIMIT_BYTES,
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "not found" }));
  server.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) ports.logger.error({ error, url: request.url }, "admin request failed");
    return reply.code(status).send({ error: status >= 500 ? "internal error" : describe(error) });
  });
  return server;
}

/** Fastify's own refusals (body too large, bad URL) carry their status; anything else is our failure. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" ? status : 500;
}
