import type { IPublishPacket, Packet } from "mqtt-packet";
import { aPublish, type RawClient } from "./raw-client.ts";
import { lasting, type TestBroker } from "./test-broker.ts";

/** A client that keeps its half of a session over connections and reacts to one packet after the other. */
abstract class ModelClient {
  readonly clientId: string;
  protected client: RawClient | undefined;
  protected isConnected = false;

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  dial(broker: TestBroker): void {
    if (this.client !== undefined) return;
    const { client } = broker.dial();
    this.client = client;
    client.send({
      cmd: "connect",
      protocolVersion: 5,
      protocolId: "MQTT",
      keepalive: 0,
      ...lasting(this.clientId),
    } as Packet);
  }

  hangUp(): void {
    const { client } = this;
    this.client = undefined;
    this.isConnected = false;
    void client?.hangUp();
  }

  /** Reacts to what came. */
  async react(): Promise<void> {
    const { client } = this;
    while (client !== undefined && client === this.client && client.unread.length > 0) {
      const packet = await client.next();
      if (packet.cmd === "connack") {
        this.isConnected = true;
        this.connected(client, packet.sessionPresent);
      } else this.handle(client, packet);
    }
  }

  protected abstract connected(client: RawClient, sessionPresent: boolean): void;
  protected abstract handle(client: RawClient, packet: Packet): void;
}

/** Publishes numbers, each once in its own eyes; sends again what was not acknowledged [MQTT-4.4.0-1]. */
export class ModelPublisher extends ModelClient {
  sent = 0;
  readonly #qos: 1 | 2;
  /** By packet id, in the order of sending. */
  readonly #unfinished = new Map<number, { readonly payload: string; isReleased: boolean }>();

  constructor(clientId: string, qos: 1 | 2) {
    super(clientId);
    this.#qos = qos;
  }

  get isDone(): boolean {
    return this.#unfinished.size === 0;
  }

  publish(): void {
    const payload = String(++this.sent);
    const messageId = 1 + (this.sent % 50);
    if (this.#unfinished.has(messageId)) {
      this.sent--;
      return;
    }
    this.#unfinished.set(messageId, { payload, isReleased: false });
    if (this.isConnected) this.client?.send(aPublish({ payload, qos: this.#qos, messageId }));
  }

  protected connected(client: RawClient): void {
    for (const [messageId, { payload, isReleased }] of this.#unfinished) {
      if (isReleased) client.send({ cmd: "pubrel", messageId });
      else client.send(aPublish({ payload, qos: this.#qos, messageId, dup: true }));
    }
  }

  protected handle(client: RawClient, { cmd, messageId = 0 }: Packet): void {
    const entry = this.#unfinished.get(messageId);
    if (cmd === "pubrec" && entry !== undefined) {
      entry.isReleased = true;
      client.send({ cmd: "pubrel", messageId });
    } else if (cmd === "puback" || cmd === "pubcomp") this.#unfinished.delete(messageId);
    else throw new Error(`the publisher got ${cmd}`);
  }
}

/** Receives with QoS 2 as the standard asks a receiver to [MQTT-4.3.3-10], and remembers what it was given. */
export class ModelSubscriber extends ModelClient {
  readonly delivered: string[] = [];
  /** Acknowledgements are held back while this is false. */
  isTalking = true;
  readonly #received = new Set<number>();
  #held: Packet[] = [];
  #hasSubscribed = false;

  override hangUp(): void {
    super.hangUp();
    this.#held = [];
  }

  talk(): void {
    this.isTalking = true;
    for (const packet of this.#held.splice(0)) this.client?.send(packet);
  }

  protected connected(client: RawClient, sessionPresent: boolean): void {
    if (this.#hasSubscribed && !sessionPresent) throw new Error("the session is lost");
    if (this.#hasSubscribed) return;
    this.#hasSubscribed = true;
    client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 2 }] });
  }

  protected handle(client: RawClient, packet: Packet): void {
    const { cmd, messageId = 0 } = packet;
    if (cmd === "publish") this.#deliver(client, packet, messageId);
    else if (cmd === "pubrel") {
      this.#received.delete(messageId);
      this.#answer(client, { cmd: "pubcomp", messageId });
    } else if (cmd !== "suback") throw new Error(`the subscriber got ${cmd}`);
  }

  #deliver(client: RawClient, { qos, payload }: IPublishPacket, messageId: number): void {
    if (qos === 1 || !this.#received.has(messageId)) this.delivered.push(String(payload));
    if (qos === 2) this.#received.add(messageId);
    this.#answer(client, { cmd: qos === 1 ? "puback" : "pubrec", messageId });
  }

  #answer(client: RawClient, packet: Packet): void {
    if (this.isTalking) client.send(packet);
    else this.#held.push(packet);
  }
}
