import { roomFor } from "../../base/gathering.ts";
import { AmqpChannelError, AmqpConnectionError } from "../codec/amqp-error.ts";
import type { BasicProperties } from "../codec/basic-properties.ts";
import { readContentHeader } from "../codec/content-header.ts";
import { type BasicPublish, METHOD_IDS } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { Budget } from "./budget.ts";

const PUBLISH_ID = METHOD_IDS["basic.publish"];
const NOTHING = Buffer.alloc(0);

/** A message as it was published, in buffers of its own. */
export interface Content {
  readonly method: BasicPublish;
  readonly properties: BasicProperties;
  readonly body: Buffer;
}

/** Puts a message together from method, content header and body frames (AMQP 0-9-1 §4.2.6). */
export class ContentAssembly {
  readonly #maximumBytes: number;
  readonly #budget: Budget;
  #method: BasicPublish | undefined;
  #properties: BasicProperties | undefined;
  #bodyBytes = 0;
  #body = NOTHING;
  #received = 0;
  /** Of the budget: properties, and what the body has reserved. */
  #takenBytes = 0;

  constructor(maximumBytes: number, budget: Budget) {
    this.#maximumBytes = maximumBytes;
    this.#budget = budget;
  }

  /** A method came that content follows. */
  begin(method: BasicPublish): void {
    this.#method = method;
  }

  /** No other method may come before the content is there; the one that lacks it is named. */
  refuseMethod(): void {
    if (this.#method === undefined) return;
    const what = this.#properties === undefined ? "content header" : "content body";
    throw new AmqpConnectionError(
      ReplyCode.UnexpectedFrame,
      `expected ${what} for class 60, got a method frame instead`,
      PUBLISH_ID,
    );
  }

  /** Returns the message when it has no body. */
  header(buffer: Buffer, start: number, end: number): Content | undefined {
    if (this.#method === undefined || this.#properties !== undefined) throw unexpected("content header");
    const { bodyBytes, properties } = readContentHeader(buffer, start, end);
    if (bodyBytes > this.#maximumBytes) {
      this.clear();
      throw new AmqpChannelError(
        ReplyCode.PreconditionFailed,
        `message size ${bodyBytes} is larger than configured max size ${this.#maximumBytes}`,
        PUBLISH_ID,
      );
    }
    if (bodyBytes > 0) this.#take(properties.byteLength);
    this.#properties = properties.owned();
    this.#bodyBytes = bodyBytes;
    return bodyBytes === 0 ? this.#finish(NOTHING) : undefined;
  }

  /** hot: returns the message when its body is complete. */
  body(buffer: Buffer, start: number, end: number): Content | undefined {
    if (this.#properties === undefined) throw unexpected("content body");
    const length = end - start;
    if (this.#received + length > this.#bodyBytes) {
      throw new AmqpConnectionError(
        ReplyCode.FrameError,
        "more content than its header announced",
        PUBLISH_ID,
      );
    }
    if (this.#received === 0 && length === this.#bodyBytes) {
      return this.#finish(Buffer.from(buffer.subarray(start, end)));
    }
    this.#gather(buffer, start, end);
    return this.#received === this.#bodyBytes ? this.#finish(this.#body) : undefined;
  }

  clear(): void {
    this.#budget.giveBack(this.#takenBytes);
    this.#takenBytes = 0;
    this.#method = undefined;
    this.#properties = undefined;
    this.#body = NOTHING;
    this.#received = 0;
  }

  #finish(body: Buffer): Content {
    const content = {
      method: this.#method as BasicPublish,
      properties: this.#properties as BasicProperties,
      body,
    };
    this.clear();
    return content;
  }

  #gather(buffer: Buffer, start: number, end: number): void {
    const needed = this.#received + end - start;
    if (needed > this.#body.length) this.#grow(needed);
    buffer.copy(this.#body, this.#received, start, end);
    this.#received = needed;
  }

  #grow(needed: number): void {
    const size = roomFor(needed, this.#bodyBytes);
    this.#take(size - this.#body.length);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#body.copy(larger, 0, 0, this.#received);
    this.#body = larger;
  }

  #take(bytes: number): void {
    if (!this.#budget.take(bytes)) {
      throw new AmqpConnectionError(
        ReplyCode.ResourceError,
        `unfinished messages of all channels take more than ${this.#budget.maximum} bytes`,
        PUBLISH_ID,
      );
    }
    this.#takenBytes += bytes;
  }
}

function unexpected(what: string): AmqpConnectionError {
  return new AmqpConnectionError(
    ReplyCode.UnexpectedFrame,
    `expected method frame, got ${what} frame instead`,
  );
}
