import { encodeMethodFrame, PROTOCOL_HEADER } from "../../src/amqp/codec/frames.ts";
import type { Method } from "../../src/amqp/codec/methods.generated.ts";
import { startOk } from "../support/amqp-client.ts";
import { AmqpPeer, type Arrival } from "../support/amqp-peer.ts";

type Kind = Arrival["method"]["kind"];

/** A client over TCP that sends whatever it likes and notes what it is told. */
export class HostileAmqpClient {
  readonly arrivals: Arrival[] = [];
  #peer: AmqpPeer | undefined;
  #waiting: (() => void)[] = [];
  readonly #counts = new Map<Kind, number>();

  /** A connection that has said nothing yet. */
  static async dial(port: number): Promise<HostileAmqpClient> {
    const client = new HostileAmqpClient();
    client.#peer = await AmqpPeer.dial(port, (arrival) => {
      client.arrivals.push(arrival);
      client.#counts.set(arrival.method.kind, client.count(arrival.method.kind) + 1);
      for (const wake of client.#waiting.splice(0)) wake();
    });
    return client;
  }

  /** A connection with these channels open. */
  static async connect(port: number, channels: readonly number[] = [1]): Promise<HostileAmqpClient> {
    const client = await HostileAmqpClient.dial(port);
    client.write(PROTOCOL_HEADER);
    client.send(0, startOk());
    await client.until("connection.tune");
    client.send(0, { kind: "connection.tune-ok", channelMax: 2047, frameMax: 131_072, heartbeat: 0 });
    client.send(0, { kind: "connection.open", virtualHost: "/" });
    await client.until("connection.open-ok");
    for (const channel of channels) client.send(channel, { kind: "channel.open" });
    await client.until("channel.open-ok", channels.length);
    return client;
  }

  write(...bytes: Buffer[]): void {
    this.#peer?.sendBytes(Buffer.concat(bytes));
  }

  send(channel: number, method: Method): void {
    this.write(encodeMethodFrame(channel, method));
  }

  count(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Resolves to the last of them when so many have come; rejects when the stream ends before. */
  async until(kind: Kind, times = 1): Promise<Arrival> {
    while (this.count(kind) < times) {
      if (this.count("end") > 0) throw new Error(`no ${kind}: the stream has ended after ${this.told()}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.arrivals.filter(({ method }) => method.kind === kind)[times - 1] as Arrival;
  }

  /** Resolves when its publication with this delivery tag is confirmed, on whatever channel. */
  async untilConfirmed(deliveryTag: number): Promise<void> {
    for (;;) {
      const { method } = await this.until("basic.ack", this.count("basic.ack") + 1);
      if (method.kind === "basic.ack" && method.deliveryTag === deliveryTag) return;
    }
  }

  /** How it was told off: the reply code and what it is about, or how the stream ended. */
  async farewell(): Promise<string> {
    for (;;) {
      const told = this.told();
      if (told !== undefined) return told;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  told(): string | undefined {
    for (const { channel, method } of this.arrivals) {
      if (method.kind === "connection.close" || method.kind === "channel.close") {
        const where = method.kind === "channel.close" ? ` channel ${channel}` : "";
        return `${method.replyCode}${where} (${method.classId}.${method.methodId})`;
      }
      if (method.kind === "protocol-header" || method.kind === "end") return method.kind;
    }
    return undefined;
  }

  drop(): void {
    this.#peer?.drop();
  }
}
