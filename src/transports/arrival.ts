import type { Socket } from "node:net";
import type { Cancel } from "../base/clock.ts";
import { type Peer, peerBehind, peerOf } from "./peer.ts";
import type { StreamListenerPorts } from "./ports.ts";
import type { ProxiedSource } from "./proxy-protocol.ts";

/**
 * A connection on its way to becoming a stream. PROXY header, TLS handshake and WebSocket upgrade share one deadline,
 * so that a peer that is slow at each gets no more time than one that is slow at the first.
 */
export class Arrival {
  readonly socket: Socket;
  #peer: Peer;
  readonly #ports: StreamListenerPorts;
  readonly #onSettled: (arrival: Arrival) => void;
  readonly #settle = (): void => this.#end();
  #cancelDeadline: Cancel | undefined;
  #isSettled = false;

  constructor(socket: Socket, ports: StreamListenerPorts, onSettled: (arrival: Arrival) => void) {
    this.socket = socket;
    this.#peer = peerOf(socket);
    this.#ports = ports;
    this.#onSettled = onSettled;
    socket.on("error", ignore);
    socket.on("close", this.#settle);
  }

  get peer(): Peer {
    return this.#peer;
  }

  /** Whether the connection has become a stream, was refused or is gone. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  startDeadline(timeoutMs: number): void {
    this.#cancelDeadline = this.#ports.clock.after(timeoutMs, () => {
      this.refuse("it took too long to connect");
    });
  }

  /** The peer is not the proxy but who the proxy speaks for. */
  announced(source: ProxiedSource | undefined): void {
    this.#peer = peerBehind(this.#peer, source);
  }

  /** The stream takes over. */
  complete(): void {
    this.#end();
  }

  /** Closes the connection, and says why when nobody has yet. */
  refuse(reason: string, fields: object = {}): void {
    if (!this.#isSettled) this.noteRefusal(reason, fields);
    this.#end();
    this.socket.destroy();
  }

  /** For who closes the connection by itself, after an answer. */
  noteRefusal(reason: string, fields: object): void {
    this.#ports.counters.connectionsRefused++;
    const { remoteAddress } = this.#peer;
    this.#ports.logger.info({ ...fields, remoteAddress }, `connection refused: ${reason}`);
  }

  #end(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelDeadline?.();
    this.socket.off("close", this.#settle);
    this.#onSettled(this);
  }
}

/** Reasons worth telling are told by `refuse`; a peer that is merely gone is not. */
function ignore(): void {}
