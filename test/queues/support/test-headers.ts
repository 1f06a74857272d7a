import type { FieldTable } from "../../../src/base/field-table.ts";
import type { Message } from "../../../src/base/message.ts";
import type { HeaderCodec } from "../../../src/queues/ports.ts";

interface Content {
  readonly headers: FieldTable;
  readonly priority: number;
}

/** A codec whose content headers are numbers: what they stand for is kept beside. */
export class TestHeaders implements HeaderCodec {
  readonly #contents: Content[] = [];

  /** A content header with this content. */
  encode(content: Content): Buffer {
    this.#contents.push(content);
    return Buffer.from(String(this.#contents.length - 1));
  }

  encodeTable(): Buffer {
    throw new Error("queues encode no tables");
  }

  decodeTable(): FieldTable {
    throw new Error("queues decode no tables");
  }

  headersOf(message: Message): FieldTable {
    return this.#contentOf(message)?.headers ?? [];
  }

  priorityOf(message: Message): number {
    return this.#contentOf(message)?.priority ?? 0;
  }

  readdressed(message: Message, change: Parameters<HeaderCodec["readdressed"]>[1]): Message {
    const { exchange, routingKey, headers, withoutExpiration, receivedAt } = change;
    return {
      ...message,
      receivedAt,
      expiresAt: withoutExpiration ? 0 : message.expiresAt,
      envelope: {
        exchange,
        routingKey,
        header: this.encode({ headers, priority: this.priorityOf(message) }),
      },
    };
  }

  #contentOf({ envelope }: Message): Content | undefined {
    return envelope === undefined ? undefined : this.#contents[Number(envelope.header.toString())];
  }
}
