import type { Packet } from "mqtt-packet";
import { Link, type Version } from "./link.ts";
import { type NumberedMessage, writeNumbered } from "./numbered-message.ts";

export interface PublisherOptions {
  readonly id: string;
  readonly port: number;
  readonly version: Version;
  readonly qos: 1 | 2;
  readonly topicNames: readonly string[];
  readonly retain: boolean;
  /** Messages under way at a time. */
  readonly window: number;
  /** How long the next payload is to be. */
  payloadBytes(): number;
  acknowledged?(message: NumberedMessage): void;
}

interface Outgoing extends NumberedMessage {
  readonly packetId: number;
  readonly bytes: number;
  /** PUBREC came: only PUBREL may follow [MQTT-4.3.3-6]. */
  isReleased: boolean;
}

/** A publisher with a persistent session that keeps to the standard: what is not acknowledged goes out again, in order. */
export class Publisher {
  readonly id: string;
  /** What it saw of the broker that must not be. */
  readonly faults: string[] = [];
  /** By topic: the last sequence that went out, and the last one the broker has taken responsibility for. */
  readonly sent = new Map<string, number>();
  readonly acknowledged = new Map<string, number>();
  readonly #options: PublisherOptions;
  #underWay = new Map<number, Outgoing>();
  #link: Link | undefined;
  #lastPacketId = 0;
  #nextTopic = 0;
  #hasSession = false;
  #isPublishing = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: PublisherOptions) {
    this.id = options.id;
    this.#options = options;
    for (const topicName of options.topicNames) {
      this.sent.set(topicName, 0);
      this.acknowledged.set(topicName, 0);
    }
  }

  get qos(): 1 | 2 {
    return this.#options.qos;
  }

  get isOnline(): boolean {
    return this.#link?.isOpen === true;
  }

  async connect(): Promise<void> {
    const { id: clientId, port, version } = this.#options;
    await this.#link?.closed; // what it still has to say was said before
    const arrived = (packet: Packet): void => this.#arrived(packet);
    const link = new Link({ port, version, clientId, isPersistent: true, arrived });
    const connack = await link.connected;
    this.#link = link;
    if (this.#hasSession && !connack.sessionPresent) this.faults.push(`${clientId}: its session was lost`);
    this.#hasSession = true;
    for (const outgoing of this.#underWay.values()) this.#send(outgoing, true); // [MQTT-4.4.0-1]
    this.#publishMore();
  }

  start(): void {
    this.#isPublishing = true;
    this.#publishMore();
  }

  pause(): void {
    this.#isPublishing = false;
  }

  hangUp(): void {
    this.#link?.hangUp();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#underWay.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #publishMore(): void {
    while (this.#isPublishing && this.isOnline && this.#underWay.size < this.#options.window) this.#publish();
  }

  #publish(): void {
    const { qos, topicNames } = this.#options;
    const topicName = topicNames[this.#nextTopic++ % topicNames.length] as string;
    const sequence = (this.sent.get(topicName) as number) + 1;
    this.sent.set(topicName, sequence);
    const packetId = this.#freePacketId();
    const bytes = this.#options.payloadBytes();
    const outgoing = { topicName, sequence, qos, packetId, bytes, isReleased: false };
    this.#underWay.set(packetId, outgoing);
    this.#send(outgoing, false);
  }

  #send(outgoing: Outgoing, dup: boolean): void {
    const { packetId: messageId, topicName: topic, qos, bytes, isReleased } = outgoing;
    if (isReleased) {
      this.#link?.send({ cmd: "pubrel", messageId });
      return;
    }
    const payload = writeNumbered(outgoing, bytes);
    const { retain } = this.#options;
    this.#link?.send({ cmd: "publish", topic, payload, qos, retain, dup, messageId });
  }

  #arrived(packet: Packet): void {
    if (packet.cmd !== "puback" && packet.cmd !== "pubrec" && packet.cmd !== "pubcomp") {
      if (packet.cmd !== "disconnect") this.faults.push(`${this.id}: got ${packet.cmd}`);
      return;
    }
    const outgoing = this.#underWay.get(packet.messageId as number);
    const { reasonCode = 0 } = packet;
    if (outgoing === undefined || reasonCode >= 0x80) {
      this.faults.push(`${this.id}: ${packet.cmd} ${packet.messageId} with reason ${reasonCode}`);
      return;
    }
    if (packet.cmd !== "pubcomp") this.#accepted(outgoing);
    if (packet.cmd === "pubrec") this.#send(outgoing, false);
    else this.#complete(outgoing);
  }

  /** The broker answers in order [MQTT-4.6.0-2], [MQTT-4.6.0-3]. */
  #accepted(outgoing: Outgoing): void {
    const { topicName, sequence } = outgoing;
    const last = this.acknowledged.get(topicName) as number;
    if (!outgoing.isReleased && sequence !== last + 1) {
      this.faults.push(`${topicName}: ${sequence} was acknowledged after ${last}`);
    }
    outgoing.isReleased = this.qos === 2;
    if (sequence <= last) return;
    this.acknowledged.set(topicName, sequence);
    this.#options.acknowledged?.(outgoing);
  }

  #complete(outgoing: Outgoing): void {
    this.#underWay.delete(outgoing.packetId);
    if (this.#underWay.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#publishMore();
  }

  #freePacketId(): number {
    do this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    while (this.#underWay.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
