import type { Clock } from "../../base/clock.ts";
import type { TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type { Delivery } from "../../base/queued-message.ts";
import type { ProtocolVersion } from "../codec/packets.ts";
import {
  type OutgoingPublish,
  publishLength,
  writePublish,
  writePublishHead,
} from "../codec/publish-writer.ts";
import { OutgoingAliases } from "./outgoing-aliases.ts";
import { BY_REFERENCE_BYTES, type Output } from "./output.ts";

/** Writes messages as PUBLISH packets into one connection's output. */
export class PublishSender {
  readonly #output: Output;
  readonly #version: ProtocolVersion;
  /** Bytes; 0 = no limit. */
  readonly #maximumPacketSize: number;
  readonly #aliases: OutgoingAliases | undefined;

  constructor(output: Output, version: ProtocolVersion, maximumPacketSize: number, topicAliasMaximum = 0) {
    this.#output = output;
    this.#version = version;
    this.#maximumPacketSize = maximumPacketSize;
    this.#aliases = topicAliasMaximum === 0 ? undefined : new OutgoingAliases(topicAliasMaximum); // [MQTT-3.1.2-27]
  }

  /** hot: returns false, with nothing written, when the packet is larger than the client accepts [MQTT-3.1.2-24]. */
  send(message: Message, delivery: Delivery, packetId: number, dup: boolean, clock: Clock): boolean {
    const aliases = this.#aliases;
    if (aliases === undefined)
      return this.#send(message, delivery, packetId, dup, clock, message.topicName, 0);
    const { topicName } = message;
    const known = aliases.of(topicName);
    if (known !== 0) return this.#send(message, delivery, packetId, dup, clock, "", known);
    const alias = aliases.next(topicName);
    if (alias !== 0 && this.#send(message, delivery, packetId, dup, clock, topicName, alias)) {
      aliases.introduced(topicName);
      return true;
    }
    return this.#send(message, delivery, packetId, dup, clock, topicName, 0); // too large, perhaps, with an alias only
  }

  #send(
    message: Message,
    delivery: Delivery,
    packetId: number,
    dup: boolean,
    clock: Clock,
    topicName: TopicName | "",
    topicAlias: number,
  ): boolean {
    const publish: OutgoingPublish = {
      topicName,
      payload: message.payload,
      qos: delivery.qos,
      retain: delivery.retain,
      dup,
      packetId,
      topicAlias,
      messageExpiryInterval: message.expiresAt === 0 ? undefined : secondsLeft(message.expiresAt, clock),
      properties: message.properties,
      subscriptionIdentifiers: delivery.subscriptionIdentifiers,
    };
    const length = publishLength(publish, this.#version);
    if (this.#maximumPacketSize !== 0 && length > this.#maximumPacketSize) return false;
    if (message.payload.length >= BY_REFERENCE_BYTES) this.#sendByReference(publish, length);
    else {
      const buffer = this.#output.reserve(length);
      this.#output.advance(writePublish(buffer, this.#output.position, publish, this.#version));
    }
    return true;
  }

  #sendByReference(publish: OutgoingPublish, length: number): void {
    const buffer = this.#output.reserve(length - publish.payload.length);
    this.#output.advance(writePublishHead(buffer, this.#output.position, publish, this.#version));
    this.#output.reference(publish.payload);
  }
}

/** What is left of the Message Expiry Interval, at least one second [MQTT-3.3.2-6]. */
function secondsLeft(expiresAt: number, clock: Clock): number {
  return Math.max(1, Math.ceil((expiresAt - clock.now()) / 1000));
}
