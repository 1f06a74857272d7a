import type { ByteStream } from "../../base/byte-stream.ts";
import type { Cancel } from "../../base/clock.ts";
import { Flusher } from "../../base/output.ts";
import { AmqpCounters } from "../amqp-counters.ts";
import { ReplyConsumers } from "../channel/reply-consumers.ts";
import { NameCache } from "../codec/name-cache.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { AmqpOptions, AmqpPorts } from "../ports.ts";
import { AmqpConnection, type ConnectionContext } from "./connection.ts";

/** The shortest heartbeat is a second, of which half may pass before one is sent. */
const TICK_MS = 500;
/** How long clients may take to answer that the server goes. */
const SHUT_DOWN_MS = 3000;

/** AMQP 0-9-1 as a whole: takes byte streams from the transports and makes connections of them. */
export class AmqpServer {
  readonly counters = new AmqpCounters();
  readonly #ports: AmqpPorts;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<AmqpConnection>();
  #alarm: string | undefined;
  #cancelTick: Cancel | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(ports: AmqpPorts, options: AmqpOptions) {
    const server = this;
    this.#ports = ports;
    this.#context = {
      ports,
      options,
      counters: this.counters,
      names: new NameCache(),
      flusher: new Flusher(ports.clock),
      replyConsumers: new ReplyConsumers(() => ports.randomId()),
      get alarm() {
        return server.#alarm;
      },
      closed: (connection) => this.#closed(connection),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  connections(): IterableIterator<AmqpConnection> {
    return this.#connections.values();
  }

  accept(stream: ByteStream): void {
    if (!this.#ports.entrance.admit(stream)) {
      this.counters.connectionsRefused++;
      stream.destroy();
      return;
    }
    const connection = new AmqpConnection(stream, this.#context);
    this.counters.connectionsOpened++;
    this.#connections.add(connection);
    if (this.#cancelTick === undefined) this.#scheduleTick();
    connection.start();
  }

  /** Publishers have to wait for this reason; undefined: they may go on. */
  alarm(reason: string | undefined): void {
    if (this.#alarm === reason) return;
    this.#alarm = reason;
    for (const connection of this.#connections) connection.alarmChanged(reason);
  }

  /** Tells every client that the server goes, and resolves when all connections have ended, at most seconds later. */
  async shutDown(): Promise<void> {
    if (this.#connections.size === 0) return;
    const text = "broker forced connection closure with reason 'shutdown'";
    for (const connection of [...this.#connections]) connection.close(ReplyCode.ConnectionForced, text);
    const cancel = this.#ports.clock.after(SHUT_DOWN_MS, () => {
      for (const connection of [...this.#connections]) connection.destroy();
    });
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    cancel();
  }

  #scheduleTick(): void {
    const { clock } = this.#ports;
    this.#cancelTick = clock.after(TICK_MS, () => {
      const now = clock.now();
      for (const connection of this.#connections) connection.tick(now);
      this.#scheduleTick();
    });
  }

  #closed(connection: AmqpConnection): void {
    this.#connections.delete(connection);
    this.#ports.entrance.closed(connection.stream);
    if (this.#connections.size > 0) return;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#whenEmpty?.();
  }
}
