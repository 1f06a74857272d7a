import type { ByteStream } from "../../base/byte-stream.ts";
import type { Cancel } from "../../base/clock.ts";
import { Flusher } from "../../base/output.ts";
import { TopicCache } from "../codec/topic-cache.ts";
import type { ListenerRules, MqttOptions, MqttPorts } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import { SessionRegistry } from "../session/session-registry.ts";
import { ConnectedClients, type ConnectedCount } from "./connected-clients.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { ReadShare } from "./read-share.ts";

const TICK_MS = 1000;
/** A tick so much earlier or later than its timer says: the clock was set, or the process could not run. */
const CLOCK_JUMP_MS = 5000;
const STRICT: ListenerRules = { strict: "enforce" };

/** MQTT as a whole: takes byte streams from the transports and makes connections of them. */
export class MqttServer {
  readonly sessions: SessionRegistry;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<Connection>();
  readonly #connected = new ConnectedClients();
  #cancelTick: Cancel | undefined;
  #whenEmpty: (() => void) | undefined;

  /** `topics` may be shared by all servers of a process. */
  constructor(ports: MqttPorts, options: MqttOptions, topics = new TopicCache()) {
    this.sessions = new SessionRegistry(ports, options);
    this.#context = {
      ports,
      options,
      sessions: this.sessions,
      topics,
      flusher: new Flusher(ports.clock),
      readShare: new ReadShare(),
      connected: this.#connected,
      closed: (connection) => this.#closed(connection),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Clients whose CONNECT was accepted. */
  connectedClients(): readonly ConnectedCount[] {
    return this.#connected.counts();
  }

  connections(): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** All stored sessions were read back: clocks run from here on. */
  start(): void {
    this.sessions.startClocks();
    this.#scheduleTick();
  }

  accept(stream: ByteStream, rules = STRICT): void {
    const { entrance, counters } = this.#context.ports;
    if (!entrance.admit(stream)) {
      counters.connectionsRefused++;
      stream.destroy();
      return;
    }
    const connection = new Connection(stream, rules, this.#context);
    this.#connections.add(connection);
    connection.start();
  }

  /** Tells every client that the server goes (MQTT 5 §4.13.2), and resolves when all connections have ended. */
  async shutDown(): Promise<void> {
    this.#cancelTick?.();
    const { serverReference } = this.#context.options;
    const reasonCode = serverReference === null ? ReasonCode.ServerShuttingDown : ReasonCode.UseAnotherServer; // MQTT 5 §4.11
    for (const connection of [...this.#connections]) {
      connection.close(reasonCode, "the broker is shutting down", serverReference ?? undefined);
    }
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
  }

  #scheduleTick(): void {
    const { clock } = this.#context.ports;
    const dueAt = clock.now() + TICK_MS;
    this.#cancelTick = clock.after(TICK_MS, () => {
      const now = clock.now();
      const jumpMs = Math.abs(now - dueAt) < CLOCK_JUMP_MS ? 0 : now - dueAt;
      for (const connection of this.#connections) connection.tick(now, jumpMs);
      this.sessions.advance();
      this.#scheduleTick();
    });
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#context.ports.entrance.closed(connection.stream);
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }
}
