import type { ByteReceiver, ByteStream } from "../../base/byte-stream.ts";
import { describe } from "../../base/errors.ts";
import { toClientId } from "../../base/ids.ts";
import { type Flusher, Output } from "../../base/output.ts";
import { Reading } from "../../base/reading.ts";
import type { AmqpCounters } from "../amqp-counters.ts";
import { Budget } from "../channel/budget.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelLink } from "../channel/channel-link.ts";
import type { Confirms } from "../channel/confirms.ts";
import type { ReplyConsumers } from "../channel/reply-consumers.ts";
import { AmqpChannelError, AmqpConnectionError, type AmqpError } from "../codec/amqp-error.ts";
import { FrameReader, type FrameSink } from "../codec/frame-reader.ts";
import { encodeMethodFrame, FrameType, HEARTBEAT_FRAME, PROTOCOL_HEADER } from "../codec/frames.ts";
import { METHOD_IDS, type Method } from "../codec/methods.generated.ts";
import type { NameCache } from "../codec/name-cache.ts";
import { readMethod } from "../codec/read-method.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { AmqpOptions, AmqpPorts, Identity, VirtualHost } from "../ports.ts";
import { toAmqpError } from "./failures.ts";
import { Handshake } from "./handshake.ts";
import { Hold } from "./hold.ts";
import { OpenChannels } from "./open-channels.ts";
import { PublisherPace } from "./publisher-pace.ts";

/** What all connections share. */
export interface ConnectionContext {
  readonly ports: AmqpPorts;
  readonly options: AmqpOptions;
  readonly counters: AmqpCounters;
  readonly names: NameCache;
  readonly flusher: Flusher;
  readonly replyConsumers: ReplyConsumers;
  /** Why publishers have to wait; undefined = they need not. */
  readonly alarm: string | undefined;
  /** Called once, when the connection has ended. */
  closed(connection: AmqpConnection): void;
}

/** A client that has left this much of what was flushed unread gets no deliveries until it has taken all of it. */
const SLOW_RECEIVER_BYTES = 4 * 1024 * 1024;
/** A client that has left this much unread, answers included, is not read until it has taken all of it. */
const UNREAD_ANSWERS_BYTES = 2 * SLOW_RECEIVER_BYTES;
/** Messages whose bodies are on their way, of all channels, measured in largest messages. */
const UNFINISHED_MESSAGES = 4;
/** What waits for commits, of all channels, all steps together. */
const MAXIMUM_TRANSACTION_BYTES = 64 * 1024 * 1024;
/** Consumers of all channels. */
const MAXIMUM_CONSUMERS = 65_536;
/** A client whose frames took so long in one go lets others go first. */
const LONGEST_GO_MS = 20;
/** After so many frames it is looked how long they took. */
const FRAMES_BETWEEN_LOOKS = 4;
/** How long the client may take to answer a connection.close. */
const CLOSE_OK_MS = 10_000;
/** How long what comes after the client's connection.close is read and discarded. */
const DISCARD_MS = 30_000;

const Phase = {
  AwaitingHeader: 0,
  Handshaking: 1,
  Open: 2,
  /** We have sent connection.close. */
  Closing: 3,
  /** The client has closed; what it sent before is discarded. */
  Discarding: 4,
  Closed: 5,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** One AMQP connection (AMQP 0-9-1 §2.2.4): turns bytes into methods for the handlers, and what they send into bytes. */
export class AmqpConnection implements ByteReceiver, FrameSink, ChannelLink {
  readonly stream: ByteStream;
  readonly output: Output;
  readonly assemblyBudget: Budget;
  readonly transactionBudget = new Budget(MAXIMUM_TRANSACTION_BYTES);
  readonly consumerBudget = new Budget(MAXIMUM_CONSUMERS);
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly #context: ConnectionContext;
  readonly #frames = new FrameReader("client");
  readonly #reading: Reading<Hold>;
  readonly #channels: OpenChannels;
  #phase: Phase = Phase.AwaitingHeader;
  readonly #handshake: Handshake;
  readonly #pace: PublisherPace;
  /** When bytes came, or were read on after a pause. */
  #lastReceivedAt: number;
  #framesToLook = FRAMES_BETWEEN_LOOKS;
  /** The client's connection.close has met ours. */
  #hasCrossed = false;
  /** When a connection that ends is ended without its client. */
  #deadline = Number.POSITIVE_INFINITY;
  constructor(stream: ByteStream, context: ConnectionContext) {
    const { ports, options } = context;
    this.stream = stream;
    this.#context = context;
    this.output = new Output(stream, context.flusher, context.counters);
    this.assemblyBudget = new Budget(assemblyBytes(options));
    this.#reading = new Reading(stream, this.#frames, {
      sink: this,
      resumed: () => this.#heard(),
      failed: (error) => this.#unreadable(error),
    });
    this.openedAt = this.#lastReceivedAt = ports.clock.now();
    this.#handshake = this.#createHandshake();
    this.#channels = new OpenChannels({
      link: this,
      names: context.names,
      reading: this.#reading,
      pace: () => this.#pace,
      channelMax: () => this.#handshake.tuning.channelMax,
      failed: (error, channelNumber, failing) => this.#failed(error, channelNumber, failing),
    });
    this.#pace = new PublisherPace({
      reading: this.#reading,
      journal: ports.journal,
      counters: context.counters,
      alarm: () => context.alarm,
      channels: () => this.#channels.all(),
      tell: (method) => {
        if (this.#phase === Phase.Open && this.#handshake.client.wantsBlocked) this.send(0, method);
      },
    });
  }

  // what operators see

  get remoteAddress(): string {
    return this.stream.remoteAddress;
  }

  /** "" for who came without a user name of ours. */
  get user(): string {
    return this.#handshake.user;
  }

  /** Undefined until it is open. */
  get virtualHost(): string | undefined {
    return this.#handshake.host?.name;
  }

  /** What the client calls itself. */
  get clientName(): string {
    return this.#handshake.client.name;
  }

  channels(): IterableIterator<Channel> {
    return this.#channels.all();
  }

  // as its channels see it

  get ports(): AmqpPorts {
    return this.#context.ports;
  }

  get options(): AmqpOptions {
    return this.#context.options;
  }

  get counters(): AmqpCounters {
    return this.#context.counters;
  }

  get replyConsumers(): ReplyConsumers {
    return this.#context.replyConsumers;
  }

  get identity(): Identity {
    return this.#handshake;
  }

  get host(): VirtualHost {
    return this.#handshake.host as VirtualHost;
  }

  get userName(): string {
    return this.#handshake.userName;
  }

  get frameMax(): number {
    return this.#handshake.tuning.frameMax;
  }

  get wantsCancel(): boolean {
    return this.#handshake.client.wantsCancel;
  }

  get isWritable(): boolean {
    return this.#phase === Phase.Open && this.output.waitingBytes < SLOW_RECEIVER_BYTES;
  }

  send(channelNumber: number, method: Method): void {
    if (this.#phase < Phase.Closed) this.output.write(encodeMethodFrame(channelNumber, method));
  }

  answered(waitingCount: number): void {
    this.#channels.answered(waitingCount);
  }

  confirmsReady(confirms: Confirms): void {
    this.#pace.confirmsReady(confirms);
  }

  /** Later: not in the turn of the queue or the publisher it happened in. */
  fail(error: unknown, channelNumber: number): void {
    setImmediate(() => {
      if (this.#phase === Phase.Open) this.#failed(error, channelNumber, 0);
    });
  }

  // bytes in

  start(): void {
    this.stream.start(this);
  }

  bytes(chunk: Buffer): void {
    this.#context.counters.bytesReceived += chunk.length;
    if (this.#phase >= Phase.Discarding) return;
    this.#heard();
    this.#reading.push(chunk);
    if (this.output.waitingBytes > UNREAD_ANSWERS_BYTES) this.#reading.hold(Hold.AnswersUnread);
  }

  drained(): void {
    this.#reading.release(Hold.AnswersUnread);
    for (const channel of this.#channels.all()) channel.wakeConsumers();
  }

  closed(error: Error | undefined): void {
    if (this.#phase === Phase.Closed) return;
    if (error !== undefined) this.#log("debug", { err: error }, "connection failed");
    this.#leave();
    this.#phase = Phase.Closed;
    this.#reading.close();
    this.output.close();
    this.#context.counters.connectionsClosed++;
    this.#context.closed(this);
  }

  protocolHeader(isSupported: boolean): void {
    if (!isSupported) {
      this.output.write(PROTOCOL_HEADER); // what is spoken here (AMQP 0-9-1 §4.2.2)
      this.#log("info", {}, "a client that does not speak AMQP 0-9-1");
      this.#endStream();
      return;
    }
    if (this.#context.ports.entrance.refusalOf(this.stream) !== undefined) {
      this.#context.counters.connectionsRefused++;
      this.#endStream(); // the header is not answered: every client takes that for a server that is not there
      return;
    }
    this.#phase = Phase.Handshaking;
    this.#handshake.begin();
  }

  /** hot: one frame. Returns false when reading must pause. */
  frame(type: FrameType, channelNumber: number, buffer: Buffer, start: number, end: number): boolean {
    if (this.#phase === Phase.Open && channelNumber !== 0) {
      this.#channels.take(type, channelNumber, buffer, start, end);
    } else if (type === FrameType.Method) {
      this.#connectionFrame(channelNumber, buffer, start, end);
    } else if (type !== FrameType.Heartbeat && this.#phase < Phase.Closing) {
      this.#failed(
        new AmqpConnectionError(ReplyCode.UnexpectedFrame, "content before the connection is open"),
        0,
        0,
      );
    }
    if (--this.#framesToLook === 0) this.#lookHowLong();
    return !this.#reading.isHeld && this.#phase < Phase.Discarding;
  }

  #lookHowLong(): void {
    this.#framesToLook = FRAMES_BETWEEN_LOOKS;
    if (this.#context.ports.clock.now() - this.#lastReceivedAt <= LONGEST_GO_MS) return;
    this.#reading.hold(Hold.OthersFirst);
    setImmediate(() => this.#reading.release(Hold.OthersFirst));
  }

  // the connection's own methods

  #connectionFrame(channelNumber: number, buffer: Buffer, start: number, end: number): void {
    if (this.#phase >= Phase.Discarding) return; // came with a protocol header that was refused
    let failing = 0;
    try {
      const method = readMethod(buffer, start, end);
      failing = METHOD_IDS[method.kind];
      if (this.#phase === Phase.Closing) this.#awaitCloseOk(channelNumber, method);
      else if (channelNumber !== 0) throw unexpected(method, failing);
      else this.#connectionMethod(method, failing);
    } catch (error) {
      if (this.#phase < Phase.Closing) this.#failed(error, 0, failing);
    }
  }

  #connectionMethod(method: Method, failing: number): void {
    if (method.kind === "connection.close") this.#closedByClient();
    else if (method.kind === "connection.update-secret" && this.#phase === Phase.Open) {
      this.send(0, { kind: "connection.update-secret-ok" }); // no login here expires
    } else if (!this.#handshake.take(method)) throw unexpected(method, failing);
  }

  #createHandshake(): Handshake {
    const { ports, options, counters } = this.#context;
    return new Handshake(toClientId(`amqp-${ports.randomId().slice(0, 12)}`), {
      stream: this.stream,
      ports,
      options,
      send: (method) => this.send(0, method),
      setWaiting: (isWaiting) => {
        if (isWaiting) this.#reading.hold(Hold.Handshake);
        else this.#reading.release(Hold.Handshake);
      },
      tuned: ({ frameMax }) => {
        this.#frames.maximumFrameBytes = frameMax;
      },
      opened: () => {
        this.#phase = Phase.Open;
        const { user, virtualHost, clientName } = this;
        this.#log("debug", { user, virtualHost, clientName }, "connected");
      },
      loginRefused: (error, user, isTold) => {
        counters.connectionsRefused++;
        if (isTold) this.#closeWith(error);
        else this.#endStream();
        this.#log("warn", { user }, "connection refused: bad user name or password, or not authorized");
      },
      failed: (error, failing) => this.#failed(error, 0, failing),
    });
  }

  /** Publishers wait while there is a reason, and are told it when they want to be. */
  alarmChanged(reason: string | undefined): void {
    this.#pace.alarmChanged(reason);
  }

  // time

  /** Called by one timer for all connections. */
  tick(now: number): void {
    if (this.#phase < Phase.Open && now - this.openedAt > this.#context.options.connectTimeout * 1000) {
      this.#context.ports.counters.limitReached("connect_timeout");
      this.#log("info", {}, "connection not opened in time");
      this.stream.destroy();
    } else if (now >= this.#deadline) this.stream.destroy();
    else if (this.#phase === Phase.Open && this.#handshake.tuning.heartbeatMs > 0) this.#heartbeat(now);
  }

  /** Sent after half the interval without other traffic, missed after two (AMQP 0-9-1 §4.2.7). */
  #heartbeat(now: number): void {
    const { heartbeatMs } = this.#handshake.tuning;
    if (now - this.output.flushedAt >= heartbeatMs / 2) this.output.write(HEARTBEAT_FRAME);
    if (now - this.#lastReceivedAt <= heartbeatMs * 2 || this.#reading.isHeld) return;
    this.#log("info", {}, "missed heartbeats from client");
    this.stream.destroy();
  }

  #heard(): void {
    this.#lastReceivedAt = this.#context.ports.clock.now();
  }

  // endings

  /** Ends the connection from our side (AMQP 0-9-1 §1.4.2.9). */
  close(replyCode: typeof ReplyCode.ConnectionForced, detail: string): void {
    if (this.#phase === Phase.AwaitingHeader) this.#endStream();
    else if (this.#phase < Phase.Closing) this.#closeWith(new AmqpConnectionError(replyCode, detail));
  }

  destroy(): void {
    this.stream.destroy();
  }

  #failed(error: unknown, channelNumber: number, failing: number): void {
    if (this.#phase >= Phase.Closing) return;
    const known = toAmqpError(error, failing);
    if (known === undefined) {
      this.#log("error", { err: error }, `connection closed by an error of the broker: ${describe(error)}`);
      this.#closeWith(new AmqpConnectionError(ReplyCode.InternalError, "an error of the broker", failing));
      return;
    }
    const channel = this.#channels.get(channelNumber);
    this.#log("info", { channel: channelNumber }, known.message);
    if (known instanceof AmqpChannelError && channel !== undefined) {
      this.#context.counters.channelErrors++;
      this.#channels.close(channel, known);
    } else this.#closeWith(known);
  }

  /** Where the next frame begins is unknown: a close-ok could not be read either. */
  #unreadable(error: unknown): void {
    this.#failed(error, 0, 0);
    this.#endStream();
  }

  #closeWith(error: AmqpError): void {
    this.#context.counters.connectionErrors++;
    this.#leave();
    this.send(0, { kind: "connection.close", ...reasonOf(error) });
    this.#phase = Phase.Closing;
    this.#deadline = this.#context.ports.clock.now() + CLOSE_OK_MS;
    this.#reading.readToTheEnd();
  }

  #awaitCloseOk(channelNumber: number, { kind }: Method): void {
    if (channelNumber !== 0) return;
    if (kind === "connection.close" && !this.#hasCrossed) this.send(0, { kind: "connection.close-ok" });
    this.#hasCrossed ||= kind === "connection.close"; // once: who repeats it fills no output
    if (kind === "connection.close-ok") this.#endStream();
  }

  /** Exclusive queues go before the answer; what the client had sent before its close is read and discarded. */
  #closedByClient(): void {
    this.#leave();
    this.send(0, { kind: "connection.close-ok" });
    this.#phase = Phase.Discarding;
    this.#deadline = this.#context.ports.clock.now() + DISCARD_MS;
    this.#reading.readToTheEnd();
  }

  /** Nothing of the connection is left in the queues: consumers, messages in hands, exclusive queues. */
  #leave(): void {
    this.#handshake.end();
    const channels = this.#channels.stopAll(); // first: none of them gets what another gives back
    this.#handshake.host?.release(this);
    for (const channel of channels) channel.giveBack();
  }

  #endStream(): void {
    this.#phase = Phase.Discarding;
    this.#deadline = this.#context.ports.clock.now() + CLOSE_OK_MS;
    this.output.flush(this.#context.ports.clock.now());
    this.stream.end();
  }

  #log(level: "debug" | "info" | "warn" | "error", fields: object, message: string): void {
    const { logger, entrance } = this.#context.ports;
    if (level === "debug" && !logger.isLevelEnabled("debug")) return;
    const mayFlood = this.#handshake.host === undefined && (level === "info" || level === "warn");
    if (mayFlood && !entrance.mayReport()) return;
    const { remoteAddress } = this.stream;
    logger[level]({ protocol: "amqp", remoteAddress, ...fields }, message);
  }
}

/** Room for a largest message with the largest properties at least. */
function assemblyBytes({ maximumMessageSize, maximumFrameSize }: AmqpOptions): number {
  return Math.max(UNFINISHED_MESSAGES * maximumMessageSize, maximumMessageSize + maximumFrameSize);
}

function reasonOf({ replyCode, replyText, classId, methodId }: AmqpError) {
  return { replyCode, replyText, classId, methodId };
}

function unexpected({ kind }: Method, failing: number): AmqpConnectionError {
  return new AmqpConnectionError(ReplyCode.ChannelError, `unexpected method ${kind}`, failing);
}
