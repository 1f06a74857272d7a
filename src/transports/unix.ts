import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { describe, ListenError } from "../base/errors.ts";
import type { Listener } from "../base/listener.ts";
import { ConnectionLimit } from "./listen.ts";
import { BACKLOG, type StreamListenerPorts } from "./ports.ts";
import { SocketStream } from "./socket-stream.ts";

export interface UnixListenerOptions {
  readonly path: string;
  /** Permissions of the socket file: who may connect. */
  readonly mode: number;
  /** Connections above this are closed at once; 0 = no limit. */
  readonly maximumConnections: number;
}

/** What Linux takes; libuv would cut the rest off. */
const LONGEST_PATH_BYTES = 107;

/** Accepts connections on a Unix domain socket; whoever the file's permissions let in counts as loopback. */
export class UnixListener implements Listener {
  readonly #options: UnixListenerOptions;
  readonly #ports: StreamListenerPorts;
  readonly #server: Server;

  constructor(options: UnixListenerOptions, ports: StreamListenerPorts) {
    this.#options = options;
    this.#ports = ports;
    const peer = { remoteAddress: `unix:${options.path}`, isLoopback: true };
    const origin = { transport: "unix", peer, clientCertificate: undefined } as const;
    const limit = new ConnectionLimit(options.maximumConnections, ports);
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      if (limit.admits(socket)) ports.onConnection(new SocketStream(socket, origin, ports.clock));
    });
  }

  get description(): string {
    return `unix ${this.#options.path}`;
  }

  /** Resolves to 0: there is no port. */
  async open(): Promise<number> {
    const { path, mode } = this.#options;
    if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
      throw new ListenError(`${path} is too long for a socket: ${LONGEST_PATH_BYTES} bytes are the most`);
    }
    try {
      await this.#bind();
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE") throw toListenError(error, path);
      await removeStale(path);
      await this.#bind().catch((again: unknown) => {
        throw toListenError(again, path);
      });
    }
    this.#server.on("error", (error) => this.#ports.logger.error({ error }, "listener failed"));
    await chmod(path, mode);
    return 0;
  }

  /** Removes the socket file too. */
  async close(): Promise<void> {
    this.#server.close();
  }

  #bind(): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path: this.#options.path, backlog: BACKLOG }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  }
}

/** Removes the socket file of a process that is gone; rejects when the file is anything else. */
async function removeStale(path: string): Promise<void> {
  const file = await lstat(path).catch(() => undefined);
  if (file === undefined) return; // gone meanwhile
  if (!file.isSocket())
    throw new ListenError(`${path} is there already and is no socket; choose another path`);
  const failure = await tryConnecting(path);
  if (failure === undefined) {
    throw new ListenError(`${path} is taken by another process; stop it or choose another path`);
  }
  if (codeOf(failure) !== "ECONNREFUSED") throw toListenError(failure, path);
  await unlink(path).catch((error: unknown) => {
    throw toListenError(error, path);
  });
}

/** Resolves to what hindered it; undefined when somebody accepts. */
function tryConnecting(path: string): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("error", resolve);
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "may not be made or opened: its folder is missing, or this user has no permission", // libuv reports one as the other
};

function toListenError(error: unknown, path: string): ListenError {
  const reason = REASONS[codeOf(error)] ?? `could not be bound: ${describe(error)}`;
  return new ListenError(`${path} ${reason}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
