import type { Reading } from "../../base/reading.ts";
import { Channel } from "../channel/channel.ts";
import type { ChannelLink } from "../channel/channel-link.ts";
import { type AmqpChannelError, AmqpConnectionError } from "../codec/amqp-error.ts";
import { FrameType } from "../codec/frames.ts";
import { METHOD_IDS, type Method } from "../codec/methods.generated.ts";
import type { NameCache } from "../codec/name-cache.ts";
import { readMethod } from "../codec/read-method.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { handleMethod } from "../handlers/dispatch.ts";
import { handlePublish } from "../handlers/publish.ts";
import { Hold } from "./hold.ts";
import type { PublisherPace } from "./publisher-pace.ts";

export interface OpenChannelsPorts {
  readonly link: ChannelLink;
  readonly names: NameCache;
  readonly reading: Reading<Hold>;
  pace(): PublisherPace;
  channelMax(): number;
  /** `failing` is the method at hand, 0 = none. */
  failed(error: unknown, channelNumber: number, failing: number): void;
}

const PUBLISH_ID = METHOD_IDS["basic.publish"];
/** Requests of one channel whose answers wait for the disk. */
const MAXIMUM_ANSWERS_OWED = 1024;

/** The channels of a connection: opens and closes them, and hands each what comes for it (AMQP 0-9-1 §2.2.5). */
export class OpenChannels {
  readonly #ports: OpenChannelsPorts;
  readonly #byNumber = new Map<number, Channel>();

  constructor(ports: OpenChannelsPorts) {
    this.#ports = ports;
  }

  get(number: number): Channel | undefined {
    return this.#byNumber.get(number);
  }

  all(): IterableIterator<Channel> {
    return this.#byNumber.values();
  }

  /** hot: one frame for a channel. */
  take(type: FrameType, number: number, buffer: Buffer, start: number, end: number): void {
    const channel = this.#byNumber.get(number);
    if (channel === undefined) this.#open(type, number, buffer, start, end);
    else this.#takeFor(channel, type, buffer, start, end);
  }

  /** An answer has left; so many are still owed on its channel. */
  answered(waitingCount: number): void {
    if (waitingCount * 2 < MAXIMUM_ANSWERS_OWED) this.#ports.reading.release(Hold.AnswersOwed);
  }

  /** Ends a channel from our side. */
  close(channel: Channel, { replyCode, replyText, classId, methodId }: AmqpChannelError): void {
    if (channel.isClosed) return;
    channel.stop();
    const reason = { replyCode, replyText, classId, methodId };
    this.#ports.link.send(channel.number, { kind: "channel.close", ...reason });
    channel.giveBack();
  }

  /** Nobody is delivered to any more. Returns what is to be told to give back what it holds. */
  stopAll(): Channel[] {
    const channels = [...this.#byNumber.values()];
    for (const channel of channels) {
      this.#forget(channel.number);
      channel.stop();
    }
    return channels;
  }

  #open(type: FrameType, number: number, buffer: Buffer, start: number, end: number): void {
    const { link, channelMax, failed } = this.#ports;
    let failing = 0;
    try {
      if (type !== FrameType.Method) throw notOpen(0);
      const { kind } = readMethod(buffer, start, end);
      failing = METHOD_IDS[kind];
      if (kind !== "channel.open") throw notOpen(failing);
      if (number > channelMax()) {
        const detail = `channel number ${number} is above the negotiated channel_max (${channelMax()})`;
        throw new AmqpConnectionError(ReplyCode.NotAllowed, detail, failing);
      }
      this.#byNumber.set(number, new Channel(number, link));
      link.counters.channelsOpened++;
      link.send(number, { kind: "channel.open-ok" });
    } catch (error) {
      failed(error, 0, failing);
    }
  }

  #takeFor(channel: Channel, type: FrameType, buffer: Buffer, start: number, end: number): void {
    let failing = PUBLISH_ID;
    try {
      if (type === FrameType.Method) {
        const method = readMethod(buffer, start, end, this.#ports.names);
        failing = METHOD_IDS[method.kind];
        this.#method(channel, method, failing);
      } else if (!channel.isClosed) this.#content(channel, type, buffer, start, end);
    } catch (error) {
      this.#ports.failed(error, channel.number, failing);
    }
  }

  #content(channel: Channel, type: FrameType, buffer: Buffer, start: number, end: number): void {
    const { assembly } = channel;
    const isBody = type === FrameType.Body;
    const content = isBody ? assembly.body(buffer, start, end) : assembly.header(buffer, start, end);
    if (content === undefined) return;
    const pace = this.#ports.pace();
    pace.publishing();
    handlePublish(channel, content);
    pace.published(channel);
  }

  #method(channel: Channel, method: Method, failing: number): void {
    if (channel.isClosed) {
      this.#afterClose(channel, method);
      return;
    }
    channel.assembly.refuseMethod();
    switch (method.kind) {
      case "basic.publish":
        channel.assembly.begin(method);
        return;
      case "channel.open":
        throw new AmqpConnectionError(ReplyCode.ChannelError, "second 'channel.open' seen", failing);
      case "channel.close":
        this.#closedByClient(channel);
        return;
      case "channel.close-ok":
        return;
    }
    handleMethod(channel, method);
    if (channel.answers.waitingCount > MAXIMUM_ANSWERS_OWED) this.#ports.reading.hold(Hold.AnswersOwed);
  }

  #closedByClient(channel: Channel): void {
    this.#forget(channel.number);
    channel.stop();
    channel.giveBack();
    this.#ports.link.send(channel.number, { kind: "channel.close-ok" });
  }

  /** We have sent channel.close: all else is discarded until it is answered (AMQP 0-9-1 §1.5.2.6). */
  #afterClose({ number }: Channel, { kind }: Method): void {
    if (kind === "channel.close") this.#ports.link.send(number, { kind: "channel.close-ok" });
    else if (kind === "channel.close-ok") this.#forget(number);
  }

  #forget(number: number): void {
    if (this.#byNumber.delete(number)) this.#ports.link.counters.channelsClosed++;
  }
}

function notOpen(failing: number): AmqpConnectionError {
  return new AmqpConnectionError(ReplyCode.ChannelError, "expected 'channel.open'", failing);
}
