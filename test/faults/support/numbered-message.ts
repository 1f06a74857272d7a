import type { QoS } from "mqtt-packet";

/** What tells a message apart: its topic belongs to one publisher, and counts from 1. */
export interface NumberedMessage {
  readonly topicName: string;
  readonly sequence: number;
  /** With which it was published. */
  readonly qos: QoS;
}

/** `bytes`: how long the payload is to be, at least. */
export function writeNumbered({ sequence, qos }: NumberedMessage, bytes = 0): string {
  return `${sequence} ${qos} `.padEnd(bytes, ".");
}

export function readNumbered(topicName: string, payload: Buffer | string): NumberedMessage {
  const [sequence, qos] = payload.toString().split(" ", 2).map(Number);
  return { topicName, sequence: sequence as number, qos: qos as QoS };
}
