import type { Server, Socket } from "node:net";
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

/** Closes at once and counts what comes in above a listener's limit. */
export class ConnectionLimit {
  /** 0 = no limit. */
  readonly #maximumConnections: number;
  readonly #ports: StreamListenerPorts;
  #open = 0;
  readonly #left = (): void => {
    this.#open--;
  };

  constructor(maximumConnections: number, ports: StreamListenerPorts) {
    this.#maximumConnections = maximumConnections;
    this.#ports = ports;
  }

  /** Counts the socket as open until it is closed; returns false, with the socket destroyed, when there is no room. */
  admits(socket: Socket): boolean {
    const maximumConnections = this.#maximumConnections;
    if (maximumConnections === 0 || this.#open < maximumConnections) {
      this.#open++;
      socket.on("close", this.#left);
      return true;
    }
    const { counters, logger } = this.#ports;
    socket.destroy();
    counters.connectionsRefused++;
    counters.limitReached("connections_per_listener");
    if (logger.isLevelEnabled("debug")) {
      logger.debug({ maximumConnections }, "connection refused: the listener is full");
    }
    return false;
  }
}
