import type { Clock } from "../../base/clock.ts";
import type { Message } from "../../base/message.ts";
import { BY_REFERENCE_BYTES, type Output } from "../../base/output.ts";
import type { Delivery } from "../../base/queued-message.ts";
import type { ProtocolVersion } from "../codec/packets.ts";
import {
  type OutgoingPublish,
  publishLength,
  writePublish,
  writePublishHead,
} from "../codec/publish-writer.ts";
import { OutgoingAliases } from "./outgoing-aliases.ts";

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
    const known = aliases === undefined ? 0 : aliases.of(message.topicName);
    const introduced = aliases === undefined || known !== 0 ? 0 : aliases.next(message.topicName);
    const publish: OutgoingPublish = {
      topicName: known === 0 ? message.topicName : "",
      payload: message.payload,
      qos: delivery.qos,
      retain: delivery.retain,
      dup,
      packetId,
      topicAlias: known === 0 ? introduced : known,
      messageExpiryInterval: message.expiresAt === 0 ? undefined : secondsLeft(message, clock),
      properties: message.properties,
      subscriptionIdentifiers: delivery.subscriptionIdentifiers,
    };
    if (introduced === 0) return this.#write(publish);
    if (!this.#write(publish)) return this.#write({ ...publish, topicAlias: 0 }); // it may fit without
    aliases?.introduced(message.topicName);
    return true;
  }

  #write(publish: OutgoingPublish): boolean {
    const length = publishLength(publish, this.#version);
    if (this.#maximumPacketSize !== 0 && length > this.#maximumPacketSize) return false;
    if (publish.payload.length >= BY_REFERENCE_BYTES) this.#sendByReference(publish, length);
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

/** What is left of the Message Expiry Interval [MQTT-3.3.2-6]: at least a second, at most all, however the clock is set. */
function secondsLeft({ expiresAt, receivedAt }: Message, clock: Clock): number {
  return Math.max(1, Math.ceil((expiresAt - Math.max(receivedAt, clock.now())) / 1000));
}
