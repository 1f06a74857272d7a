import type { BridgeRecord } from "../../../bridges/bridge.ts";
import { TemplateInput } from "../../../bridges/template-input.ts";
import { type ClientId, type TopicName, toClientId } from "../../../src/base/ids.ts";
import type { Message, MessageProperties } from "../../../src/base/message.ts";
import { QoS } from "../../../src/base/qos.ts";
import type { QueuedMessage } from "../../../src/base/queued-message.ts";

export interface MessageChoices {
  readonly topic?: string;
  readonly payload?: string | Buffer;
  readonly qos?: QoS;
  readonly clientId?: string;
  readonly expiresAt?: number;
  readonly receivedAt?: number;
  readonly retain?: boolean;
  readonly properties?: Partial<MessageProperties>;
}

export function aMessage(choices: MessageChoices = {}): Message {
  return {
    topicName: (choices.topic ?? "sensors/7/temp") as TopicName,
    payload: Buffer.from(choices.payload ?? "21.5"),
    qos: choices.qos ?? QoS.AtLeastOnce,
    retain: choices.retain ?? false,
    properties: choices.properties && { ...NO_PROPERTIES, ...choices.properties },
    publisherId: toClientId(choices.clientId ?? "device-7") as ClientId,
    receivedAt: choices.receivedAt ?? 1_000,
    expiresAt: choices.expiresAt ?? 0,
    envelope: undefined,
  };
}

export function aRecord(choices: MessageChoices = {}, seq = 1, mapping = 1): BridgeRecord {
  const message = aMessage(choices);
  return {
    queued: aQueued(message, seq, mapping),
    message,
    input: new TemplateInput(message),
    mapping,
    bridgeSeq: `test/e1/0/${seq}`,
  };
}

export function aQueued(message: Message | undefined, seq: number, mapping = 1): QueuedMessage {
  return {
    seq,
    message,
    delivery: { qos: message?.qos ?? 0, retain: false, subscriptionIdentifiers: [mapping] },
  };
}

const NO_PROPERTIES: MessageProperties = {
  payloadFormatIndicator: undefined,
  contentType: undefined,
  responseTopic: undefined,
  correlationData: undefined,
  userProperties: [],
};
