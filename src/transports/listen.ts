import type { Server } from "node:net";
import type { Logger } from "../base/logger.ts";
import { toListenError } from "../base/network-address.ts";
import { BACKLOG, type StreamListenerPorts } from "./ports.ts";

/** Binds the server and returns the port really bound; later errors of the server are logged. */
export function listen(server: Server, host: string, port: number, logger: Logger): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(toListenError(error, host, port));
    server.once("error", refuse);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", refuse);
      server.on("error", (error) => logger.error({ error }, "listener failed"));
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Closes and counts what comes in above the limit; 0 = no limit. */
export function limitConnections(
  server: Server,
  maximumConnections: number,
  ports: StreamListenerPorts,
): void {
  if (maximumConnections === 0) return;
  server.maxConnections = maximumConnections;
  server.on("drop", () => {
    ports.counters.connectionsRefused++;
    ports.counters.limitReached("connections_per_listener");
    if (ports.logger.isLevelEnabled("debug")) {
      ports.logger.debug({ maximumConnections }, "connection refused: the listener is full");
    }
  });
}
