import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type ISubackPacket,
  type Packet,
  type Parser,
  parser,
} from "mqtt-packet";
import { MemoryStream } from "./memory-stream.ts";

const PATIENCE_MS = 5_000;

type ConnectFields = Omit<IConnectPacket, "cmd">;
export type ConnectOptions = { readonly [Field in keyof ConnectFields]?: ConnectFields[Field] | undefined };

export interface SubscribeOptions {
  readonly qos?: 0 | 1 | 2;
  readonly nl?: boolean;
  readonly rap?: boolean;
  readonly rh?: 0 | 1 | 2;
  readonly subscriptionIdentifier?: number;
}

/** What carries a client's bytes. */
interface Wire {
  send(bytes: Buffer): void;
  hangUp(): void;
}

/** A client that says what the test tells it to, byte for byte if need be, and does nothing by itself. */
export class RawClient {
  readonly version: 3 | 4 | 5;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  readonly #wire: Wire;
  readonly #parser: Parser;
  readonly #unread: Packet[] = [];
  #waiting: (() => void)[] = [];
  #isEnded = false;
  #lastPacketId = 0;

  constructor(version: 3 | 4 | 5, wire: Wire, ended: Promise<void>) {
    this.version = version;
    this.#wire = wire;
    this.#parser = parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => this.#unread.push(packet));
    this.#parser.on("error", (error) => {
      throw error;
    });
    this.ended = ended.then(() => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  /** Packets that came and were not asked for. */
  get unread(): readonly Packet[] {
    return this.#unread;
  }

  /** What the broker wrote. */
  arrived(bytes: Buffer): void {
    this.#parser.parse(bytes);
    this.#wake();
  }

  send(...packets: readonly Packet[]): void {
    this.sendBytes(
      Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: this.version }))),
    );
  }

  sendHex(hex: string): void {
    this.sendBytes(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  }

  sendBytes(bytes: Buffer): void {
    this.#wire.send(bytes);
  }

  /** The connection is gone without a DISCONNECT. */
  async hangUp(): Promise<void> {
    this.#wire.hangUp();
    await this.ended;
  }

  /** Ends in order. */
  async disconnect(reasonCode = 0, properties: object = {}): Promise<void> {
    this.send(this.version === 5 ? { cmd: "disconnect", reasonCode, properties } : { cmd: "disconnect" });
    await this.ended;
  }

  /** The next packet; rejects when the connection ends or nothing comes. */
  async next(): Promise<Packet> {
    await this.#until(() => this.#unread.length > 0 || this.#isEnded, "a packet");
    const packet = this.#unread.shift();
    if (packet === undefined) throw new Error("the broker ended the connection");
    return packet;
  }

  async take(count: number): Promise<Packet[]> {
    const packets: Packet[] = [];
    while (packets.length < count) packets.push(await this.next());
    return packets;
  }

  /** All that comes before the end of the connection. */
  async rest(): Promise<Packet[]> {
    await this.#until(() => this.#isEnded, "the end of the connection");
    return this.#unread.splice(0);
  }

  /** All that came before the answer to a PINGREQ. */
  async ping(): Promise<Packet[]> {
    this.sendHex("c000");
    const packets: Packet[] = [];
    for (let packet = await this.next(); packet.cmd !== "pingresp"; packet = await this.next()) {
      packets.push(packet);
    }
    return packets;
  }

  async connect(options: ConnectOptions = {}): Promise<IConnackPacket> {
    this.send({
      cmd: "connect",
      protocolId: this.version === 3 ? "MQIsdp" : "MQTT",
      protocolVersion: this.version,
      clientId: "client",
      clean: true,
      keepalive: 0,
      ...options,
    } as IConnectPacket);
    return (await this.next()) as IConnackPacket;
  }

  async subscribe(topic: string, options: SubscribeOptions = {}): Promise<ISubackPacket> {
    const { subscriptionIdentifier, ...rest } = { qos: 0 as const, ...options };
    this.#lastPacketId++;
    this.send({
      cmd: "subscribe",
      messageId: this.#lastPacketId,
      subscriptions: [{ topic, ...rest }],
      ...(subscriptionIdentifier && { properties: { subscriptionIdentifier } }),
    });
    return (await this.next()) as ISubackPacket;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    let isLate = false;
    const watchdog = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, PATIENCE_MS);
    while (!condition() && !isLate) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    clearTimeout(watchdog);
    if (!condition()) throw new Error(`waited in vain for ${what}`);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A client on a stream without a socket, and that stream's other end. */
export function memoryClient(version: 3 | 4 | 5): { client: RawClient; stream: MemoryStream } {
  const stream: MemoryStream = new MemoryStream((bytes) => client.arrived(bytes));
  const wire = { send: (bytes: Buffer) => stream.arrive(bytes), hangUp: () => stream.destroy() };
  const client = new RawClient(version, wire, stream.ended);
  return { client, stream };
}

/** A client on a real socket. */
export async function tcpClient(port: number, version: 3 | 4 | 5 = 5): Promise<RawClient> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  const wire = { send: (bytes: Buffer) => void socket.write(bytes), hangUp: () => socket.destroy() };
  const client = new RawClient(version, wire, ended);
  socket.on("data", (bytes) => client.arrived(bytes));
  return client;
}

/** A PUBLISH as mqtt-packet writes it. */
export function aPublish(fields: Partial<Extract<Packet, { cmd: "publish" }>> = {}): Packet {
  return { cmd: "publish", topic: "t", payload: "x", qos: 0, retain: false, dup: false, ...fields };
}
