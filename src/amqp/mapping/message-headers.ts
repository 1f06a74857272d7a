import type { FieldTable } from "../../base/field-table.ts";
import type { Message } from "../../base/message.ts";
import { BasicProperties } from "../codec/basic-properties.ts";
import { FieldReader } from "../codec/field-reader.ts";
import { FieldWriter } from "../codec/field-writer.ts";
import { readTable } from "../codec/table-reader.ts";
import { writeTable } from "../codec/table-writer.ts";
import { headersOfMqtt, propertiesOf } from "./to-content.ts";

/** What is to be different about a message that goes on under another address. */
export interface Readdressing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: FieldTable;
  /** It has expired once: it must not expire again on its way. */
  readonly withoutExpiration: boolean;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** Content headers for the queue engine, which knows no bytes. */
export const messageHeaders = {
  encodeTable(table: FieldTable): Buffer {
    const writer = new FieldWriter();
    writeTable(writer, table);
    return Buffer.from(writer.finish());
  },

  decodeTable(bytes: Buffer): FieldTable {
    return readTable(new FieldReader(bytes, 0, bytes.length));
  },

  /** The headers of a message: of its envelope, or made from what MQTT says. */
  headersOf(message: Message): FieldTable {
    const { envelope } = message;
    return envelope === undefined
      ? headersOfMqtt(message)
      : (new BasicProperties(envelope.header).headers ?? []);
  },

  priorityOf({ envelope }: Message): number {
    return envelope === undefined ? 0 : (new BasicProperties(envelope.header).priority ?? 0);
  },

  readdressed(message: Message, change: Readdressing): Message {
    const { exchange, routingKey, headers, receivedAt } = change;
    const expiration = change.withoutExpiration ? { expiration: undefined } : {};
    const header = propertiesOf(message, receivedAt).with({ headers, ...expiration }).raw;
    return {
      ...message,
      receivedAt,
      expiresAt: change.withoutExpiration ? 0 : message.expiresAt,
      envelope: { exchange, routingKey, header },
    };
  },
};
