import { toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import type { Method } from "../../../src/amqp/codec/methods.generated.ts";
import { fromPlain } from "../../../src/amqp/codec/table-values.ts";
import { AmqpPeer, type Arrival } from "../../support/amqp-peer.ts";

const ANSWER_MS = 30_000;
const PERSISTENT = toProperties({ deliveryMode: 2 });

const CLIENT = fromPlain({ capabilities: { "connection.blocked": true } });

/** What somebody on a channel is told; what concerns the whole connection, everybody. */
export type Listener = (arrival: Arrival) => void;

/** An AMQP connection that may break at any moment; then everything waiting for an answer fails. */
export class AmqpLink {
  readonly #listeners = new Map<number, Listener>();
  readonly #waiting = new Set<{
    kinds: readonly string[];
    channel: number;
    settle(arrival: Arrival | undefined): void;
  }>();
  #peer: AmqpPeer | undefined;
  #lastChannel = 0;
  isOpen = false;

  static async open(port: number): Promise<AmqpLink> {
    const link = new AmqpLink();
    const peer = await AmqpPeer.dial(port, (arrival) => link.#arrived(arrival));
    link.#peer = peer;
    peer.sendProtocolHeader();
    await link.#next(0, ["connection.start"]);
    const response = Buffer.from("\0guest\0guest");
    peer.send(0, {
      kind: "connection.start-ok",
      clientProperties: CLIENT,
      mechanism: "PLAIN",
      response,
      locale: "en_US",
    });
    await link.#next(0, ["connection.tune"]);
    peer.send(0, { kind: "connection.tune-ok", channelMax: 2047, frameMax: 131072, heartbeat: 0 });
    peer.send(0, { kind: "connection.open", virtualHost: "/" });
    await link.#next(0, ["connection.open-ok"]);
    link.isOpen = true;
    return link;
  }

  async openChannel(listener: Listener = () => {}): Promise<number> {
    const channel = ++this.#lastChannel;
    this.#listeners.set(channel, listener);
    await this.ask(channel, { kind: "channel.open" });
    return channel;
  }

  send(channel: number, method: Method): void {
    if (this.isOpen) this.#peer?.send(channel, method);
  }

  /** Persistent, to the queue of that name. */
  publish(channel: number, queue: string, body: Buffer): void {
    if (!this.isOpen) return;
    const method = {
      kind: "basic.publish",
      exchange: "",
      routingKey: queue,
      mandatory: true,
      immediate: false,
    } as const;
    this.#peer?.send(channel, method, { properties: PERSISTENT, body });
  }

  /** Resolves to the answer. */
  async ask(channel: number, method: Method): Promise<Arrival> {
    const answers = method.kind === "basic.get" ? ["basic.get-ok", "basic.get-empty"] : [`${method.kind}-ok`];
    this.#peer?.send(channel, method);
    return this.#next(channel, answers);
  }

  drop(): void {
    this.#peer?.drop();
  }

  #next(channel: number, kinds: readonly string[]): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(undefined), ANSWER_MS);
      const settle = (arrival: Arrival | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        if (arrival !== undefined) resolve(arrival);
        else reject(new Error(`no ${kinds.join(" or ")}: the connection is gone`));
      };
      const waiting = { kinds, channel, settle };
      this.#waiting.add(waiting);
    });
  }

  #arrived(arrival: Arrival): void {
    const { channel, method } = arrival;
    if (method.kind === "end" || method.kind === "connection.close" || method.kind === "channel.close") {
      this.isOpen = false;
      for (const waiting of [...this.#waiting]) waiting.settle(undefined);
    }
    for (const waiting of [...this.#waiting]) {
      if (waiting.channel === channel && waiting.kinds.includes(method.kind)) {
        waiting.settle(arrival);
        return;
      }
    }
    if (channel !== 0) this.#listeners.get(channel)?.(arrival);
    else for (const listener of this.#listeners.values()) listener(arrival);
  }
}
