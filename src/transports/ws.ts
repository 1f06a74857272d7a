import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Listener } from "../base/listener.ts";
import { formatAddress } from "../base/network-address.ts";
import { listen } from "./listen.ts";
import { LINGER_MS, type StreamListenerPorts } from "./ports.ts";
import { limitConnections } from "./tcp.ts";
import { WebSocketStream } from "./ws-stream.ts";

export interface WebSocketListenerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Connections above this are closed at once; 0 = no limit. */
  readonly maximumConnections: number;
  /** The only path that is answered, `/mqtt` by habit. */
  readonly path: string;
  /** Origins whose pages may connect; empty = any. Clients outside a browser send none and are let in. */
  readonly allowedOrigins: readonly string[];
  /** Largest WebSocket message accepted; it may hold several MQTT packets or a piece of one [MQTT-6.0.0-2]. */
  readonly maximumFrameBytes: number;
  /** Time from the TCP connection to the end of the HTTP request. */
  readonly handshakeTimeoutMs: number;
}

/** The order of preference among what a client offers. */
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"] as const;

/** A request that is not upgraded is answered and closed with one of these. */
type Refusal = readonly [status: number, text: string];

/** Accepts MQTT over WebSocket (MQTT 5 §6). */
export class WebSocketListener implements Listener {
  readonly #options: WebSocketListenerOptions;
  readonly #ports: StreamListenerPorts;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  #port: number;

  constructor(options: WebSocketListenerOptions, ports: StreamListenerPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#port = options.port;
    this.#http = createHttpServer(options);
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    limitConnections(this.#http, options.maximumConnections, ports);
    this.#webSockets = createWebSocketServer(options);
  }

  get description(): string {
    return `ws ${formatAddress(this.#options.host, this.#port)}${this.#options.path}`;
  }

  async open(): Promise<number> {
    const { host, port } = this.#options;
    this.#port = await listen(this.#http, host, port, this.#ports.logger);
    return this.#port;
  }

  async close(): Promise<void> {
    this.#http.close(); // gives the port up at once; its callback would wait for open connections
    this.#http.closeAllConnections(); // those that are not upgraded: the server no longer knows the others
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#refuse(request, socket, refusal);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      this.#ports.onConnection(new WebSocketStream(webSocket, request.socket));
    });
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { path, allowedOrigins } = this.#options;
    if (pathOf(request) !== path) return [404, "Not Found"];
    const { origin } = request.headers;
    if (allowedOrigins.length > 0 && origin !== undefined && !allowedOrigins.includes(origin)) {
      return [403, "Forbidden"];
    }
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const isMqtt = SUBPROTOCOLS.some((name) => offered.includes(name));
    return isMqtt ? undefined : [400, "Bad Request"]; // [MQTT-6.0.0-3]
  }

  #refuse(request: IncomingMessage, socket: Duplex, [status, text]: Refusal): void {
    this.#ports.counters.connectionsRefused++;
    this.#ports.logger.info(
      { status, path: pathOf(request), origin: request.headers.origin },
      "WebSocket handshake refused",
    );
    socket.on("error", ignore); // the peer is gone already: nothing is left to refuse
    socket.once("finish", () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
}

function createHttpServer(options: WebSocketListenerOptions): Server {
  return createServer(
    {
      headersTimeout: options.handshakeTimeoutMs,
      requestTimeout: options.handshakeTimeoutMs,
      connectionsCheckingInterval: Math.max(1, Math.floor(options.handshakeTimeoutMs / 2)),
      noDelay: true,
    },
    (request, response) => {
      const status = pathOf(request) === options.path ? 426 : 404;
      response
        .writeHead(status, { Connection: "close", ...(status === 426 ? { Upgrade: "websocket" } : {}) })
        .end();
    },
  );
}

function createWebSocketServer(options: WebSocketListenerOptions): WebSocketServer {
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maximumFrameBytes,
    closeTimeout: LINGER_MS,
    handleProtocols: (offered: Set<string>) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false, // [MQTT-6.0.0-4]
  };
  return new WebSocketServer(serverOptions);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0] ?? "";
}

function ignore(): void {}
