import type { ByteReceiver, ByteStream } from "../../base/byte-stream.ts";
import { describe } from "../../base/errors.ts";
import { toClientId } from "../../base/ids.ts";
import { type Flusher, Output } from "../../base/output.ts";
import type { AmqpCounters } from "../amqp-counters.ts";
import { Channel } from "../channel/channel.ts";
import type { ChannelLink } from "../channel/channel-link.ts";
import type { Confirms } from "../channel/confirms.ts";
import type { AssemblyBudget, Content } from "../channel/content-assembly.ts";
import type { ReplyConsumers } from "../channel/reply-consumers.ts";
import { AmqpConnectionError, type AmqpError } from "../codec/amqp-error.ts";
import { FrameReader, type FrameSink } from "../codec/frame-reader.ts";
import { encodeMethodFrame, FrameType, HEARTBEAT_FRAME, PROTOCOL_HEADER } from "../codec/frames.ts";
import {
  type ConnectionOpen,
  type ConnectionStartOk,
  type ConnectionTuneOk,
  METHOD_IDS,
  type Method,
} from "../codec/methods.generated.ts";
import type { NameCache } from "../codec/name-cache.ts";
import { readMethod } from "../codec/read-method.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { handleMethod } from "../handlers/dispatch.ts";
import { handlePublish } from "../handlers/publish.ts";
import type { AmqpOptions, AmqpPorts, Identity, VirtualHost } from "../ports.ts";
import { toAmqpError } from "./failures.ts";
import { checkLogin, type Login, mechanismsFor, readLogin } from "./login.ts";
import { Hold, Reading } from "./reading.ts";
import {
  type ClientProperties,
  readClientProperties,
  serverProperties,
  UNKNOWN_CLIENT,
} from "./server-properties.ts";
import { agree, type Tuning, toTune } from "./tuning.ts";

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
/** Requests of one channel whose answers wait for the disk. */
const MAXIMUM_ANSWERS_OWED = 1024;
/** Publications of one channel that are not confirmed yet. */
const MAXIMUM_UNCONFIRMED = 16_384;
/** Messages whose bodies are on their way, of all channels, measured in largest messages. */
const UNFINISHED_MESSAGES = 4;
/** How long the client may take to answer a connection.close. */
const CLOSE_OK_MS = 10_000;
/** How long what comes after the client's connection.close is read and discarded. */
const DISCARD_MS = 30_000;

const Phase = {
  AwaitingHeader: 0,
  AwaitingStartOk: 1,
  LoggingIn: 2,
  AwaitingTuneOk: 3,
  AwaitingOpen: 4,
  Open: 5,
  /** We have sent connection.close. */
  Closing: 6,
  /** The client has closed; what it sent before is discarded. */
  Discarding: 7,
  Closed: 8,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

const START_OK_ID = METHOD_IDS["connection.start-ok"];
const PUBLISH_ID = METHOD_IDS["basic.publish"];

/** One AMQP connection (AMQP 0-9-1 §2.2.4): turns bytes into methods for the handlers, and what they send into bytes. */
export class AmqpConnection implements ByteReceiver, FrameSink, ChannelLink {
  readonly stream: ByteStream;
  readonly output: Output;
  readonly assemblyBudget: AssemblyBudget;
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly #context: ConnectionContext;
  readonly #frames = new FrameReader("client");
  readonly #reading: Reading;
  readonly #channels = new Map<number, Channel>();
  #phase: Phase = Phase.AwaitingHeader;
  #user = "";
  #userName = "";
  #client: ClientProperties = UNKNOWN_CLIENT;
  #tuning: Tuning = { channelMax: 0, frameMax: 4096, heartbeatMs: 0 };
  #host: VirtualHost | undefined;
  #lastReceivedAt: number;
  /** When a connection that ends is ended without its client. */
  #deadline = Number.POSITIVE_INFINITY;
  #isPublisher = false;
  /** The client was told connection.blocked. */
  #isBlocked = false;
  #confirmsReady: Confirms[] = [];
  readonly #flushConfirms = (): void => {
    const ready = this.#confirmsReady;
    this.#confirmsReady = [];
    for (const confirms of ready) {
      const before = confirms.waitingCount;
      confirms.flush();
      this.#context.counters.confirmed += before - confirms.waitingCount;
    }
    if (this.#reading.isHeldFor(Hold.Unconfirmed)) this.#releaseUnconfirmed();
  };

  constructor(stream: ByteStream, context: ConnectionContext) {
    const { ports, options } = context;
    this.stream = stream;
    this.#context = context;
    this.output = new Output(stream, context.flusher, context.counters);
    this.assemblyBudget = { bytes: 0, maximumBytes: UNFINISHED_MESSAGES * options.maximumMessageSize };
    this.#reading = new Reading(stream, this.#frames, {
      sink: this,
      resumed: () => this.#heard(),
      failed: (error) => this.#unreadable(error),
    });
    this.openedAt = this.#lastReceivedAt = ports.clock.now();
    const clientId = toClientId(`amqp-${ports.randomId().slice(0, 12)}`);
    const connection = this;
    this.identity = {
      clientId,
      get user() {
        return connection.#user;
      },
    };
  }

  // what operators see

  get remoteAddress(): string {
    return this.stream.remoteAddress;
  }

  /** "" for who came without a user name of ours. */
  get user(): string {
    return this.#user;
  }

  /** Undefined until it is open. */
  get virtualHost(): string | undefined {
    return this.#host?.name;
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** What the client calls itself. */
  get clientName(): string {
    return this.#client.name;
  }

  channels(): IterableIterator<Channel> {
    return this.#channels.values();
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

  get host(): VirtualHost {
    return this.#host as VirtualHost;
  }

  get userName(): string {
    return this.#userName;
  }

  get frameMax(): number {
    return this.#tuning.frameMax;
  }

  get wantsCancel(): boolean {
    return this.#client.wantsCancel;
  }

  get isWritable(): boolean {
    return this.#phase === Phase.Open && this.output.waitingBytes < SLOW_RECEIVER_BYTES;
  }

  send(channelNumber: number, method: Method): void {
    if (this.#phase < Phase.Closed) this.output.write(encodeMethodFrame(channelNumber, method));
  }

  answered(waitingCount: number): void {
    if (waitingCount * 2 < MAXIMUM_ANSWERS_OWED) this.#reading.release(Hold.AnswersOwed);
  }

  confirmsReady(confirms: Confirms): void {
    if (this.#confirmsReady.push(confirms) === 1) process.nextTick(this.#flushConfirms);
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
    for (const channel of this.#channels.values()) channel.wakeConsumers();
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
    this.#phase = Phase.AwaitingStartOk;
    this.send(0, {
      kind: "connection.start",
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: serverProperties(this.#context.options),
      mechanisms: Buffer.from(mechanismsFor(this.stream)),
      locales: Buffer.from("en_US"),
    });
  }

  /** hot: one frame. Returns false when reading must pause. */
  frame(type: FrameType, channelNumber: number, buffer: Buffer, start: number, end: number): boolean {
    if (this.#phase === Phase.Open && channelNumber !== 0) {
      const channel = this.#channels.get(channelNumber);
      if (channel === undefined) this.#openChannel(type, channelNumber, buffer, start, end);
      else this.#channelFrame(channel, type, buffer, start, end);
    } else if (type === FrameType.Method) {
      this.#connectionFrame(channelNumber, buffer, start, end);
    } else if (type !== FrameType.Heartbeat && this.#phase < Phase.Closing) {
      this.#failed(
        new AmqpConnectionError(ReplyCode.UnexpectedFrame, "content before the connection is open"),
        0,
        0,
      );
    }
    return !this.#reading.isHeld && this.#phase < Phase.Discarding;
  }

  // channels

  #channelFrame(channel: Channel, type: FrameType, buffer: Buffer, start: number, end: number): void {
    let failing = PUBLISH_ID;
    try {
      if (type === FrameType.Method) {
        const method = readMethod(buffer, start, end, this.#context.names);
        failing = METHOD_IDS[method.kind];
        this.#channelMethod(channel, method, failing);
      } else if (!channel.isClosed) {
        const { assembly } = channel;
        const content =
          type === FrameType.Body ? assembly.body(buffer, start, end) : assembly.header(buffer, start, end);
        if (content !== undefined) this.#publish(channel, content);
      }
    } catch (error) {
      this.#failed(error, channel.number, failing);
    }
  }

  #channelMethod(channel: Channel, method: Method, failing: number): void {
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
        this.#endChannel(channel);
        this.send(channel.number, { kind: "channel.close-ok" });
        return;
      case "channel.close-ok":
        return;
    }
    handleMethod(channel, method);
    if (channel.answers.waitingCount > MAXIMUM_ANSWERS_OWED) this.#reading.hold(Hold.AnswersOwed);
  }

  /** We have sent channel.close: all else is discarded until it is answered (AMQP 0-9-1 §1.5.2.6). */
  #afterClose(channel: Channel, { kind }: Method): void {
    if (kind === "channel.close") this.send(channel.number, { kind: "channel.close-ok" });
    else if (kind === "channel.close-ok") this.#channels.delete(channel.number);
  }

  #openChannel(type: FrameType, number: number, buffer: Buffer, start: number, end: number): void {
    let failing = 0;
    try {
      if (type !== FrameType.Method) throw notOpen(0);
      const { kind } = readMethod(buffer, start, end);
      failing = METHOD_IDS[kind];
      if (kind !== "channel.open") throw notOpen(failing);
      const { channelMax } = this.#tuning;
      if (number > channelMax) {
        const detail = `channel number ${number} is above the negotiated channel_max (${channelMax})`;
        throw new AmqpConnectionError(ReplyCode.NotAllowed, detail, failing);
      }
      this.#channels.set(number, new Channel(number, this));
      this.send(number, { kind: "channel.open-ok" });
    } catch (error) {
      this.#failed(error, 0, failing);
    }
  }

  #publish(channel: Channel, content: Content): void {
    if (!this.#isPublisher) {
      this.#isPublisher = true;
      this.alarmChanged(this.#context.alarm);
    }
    handlePublish(channel, content);
    const { journal } = this.#context.ports;
    if (journal.isBehind && !this.#reading.isHeldFor(Hold.Journal)) {
      this.#reading.hold(Hold.Journal);
      journal.whenCaughtUp(() => this.#reading.release(Hold.Journal));
    }
    if ((channel.confirms?.waitingCount ?? 0) > MAXIMUM_UNCONFIRMED) this.#reading.hold(Hold.Unconfirmed);
  }

  #releaseUnconfirmed(): void {
    for (const { confirms } of this.#channels.values()) {
      if (confirms !== undefined && confirms.waitingCount * 2 > MAXIMUM_UNCONFIRMED) return;
    }
    this.#reading.release(Hold.Unconfirmed);
  }

  /** Its client has closed it. */
  #endChannel(channel: Channel): void {
    this.#channels.delete(channel.number);
    channel.stop();
    channel.giveBack();
  }

  // the connection's own methods

  #connectionFrame(channelNumber: number, buffer: Buffer, start: number, end: number): void {
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
    switch (method.kind) {
      case "connection.close":
        this.#closedByClient();
        return;
      case "connection.start-ok":
        if (this.#phase !== Phase.AwaitingStartOk) break;
        this.#startLogin(method);
        return;
      case "connection.tune-ok":
        if (this.#phase !== Phase.AwaitingTuneOk) break;
        this.#tuned(method);
        return;
      case "connection.open":
        if (this.#phase !== Phase.AwaitingOpen) break;
        this.#open(method);
        return;
      case "connection.update-secret":
        if (this.#phase !== Phase.Open) break;
        this.send(0, { kind: "connection.update-secret-ok" }); // no login here expires
        return;
    }
    throw unexpected(method, failing);
  }

  #startLogin({ clientProperties, mechanism, response }: ConnectionStartOk): void {
    this.#client = readClientProperties(clientProperties);
    const login = readLogin(mechanism, response, this.stream);
    this.#phase = Phase.LoggingIn;
    this.#reading.hold(Hold.Handshake);
    void this.#login(login, mechanism);
  }

  async #login(login: Login, mechanism: string): Promise<void> {
    try {
      const { authorization } = this.#context.ports;
      const result = await checkLogin(login, this.identity.clientId, this.stream, authorization);
      if (this.#phase !== Phase.LoggingIn) return;
      this.#reading.release(Hold.Handshake);
      if (!result.accepted) {
        this.#refuseLogin(login.userName, mechanism);
        return;
      }
      this.#user = result.user;
      this.#userName = login.userName;
      this.#phase = Phase.AwaitingTuneOk;
      this.send(0, toTune(this.#context.options));
    } catch (error) {
      this.#failed(error, 0, START_OK_ID);
    }
  }

  /** Clients that do not know better are told by the end of the stream alone. */
  #refuseLogin(user: string, mechanism: string): void {
    this.#context.counters.connectionsRefused++;
    const detail = `Login was refused using authentication mechanism ${mechanism}`;
    const error = new AmqpConnectionError(ReplyCode.AccessRefused, detail);
    if (this.#client.wantsLoginFailure) this.#closeWith(error);
    else this.#endStream();
    this.#log("warn", { user }, "connection refused: bad user name or password, or not authorized");
  }

  #tuned(method: ConnectionTuneOk): void {
    this.#tuning = agree(method, this.#context.options);
    this.#frames.maximumFrameBytes = this.#tuning.frameMax;
    this.#phase = Phase.AwaitingOpen;
  }

  #open({ virtualHost }: ConnectionOpen): void {
    const host = this.#context.ports.hosts.get(virtualHost);
    if (host === undefined) {
      const detail = `vhost ${virtualHost} not found`;
      throw new AmqpConnectionError(ReplyCode.NotAllowed, detail, METHOD_IDS["connection.open"]);
    }
    this.#host = host;
    this.#phase = Phase.Open;
    this.send(0, { kind: "connection.open-ok" });
    this.#log("debug", { user: this.#user, virtualHost, client: this.#client.name }, "connected");
  }

  // alarms

  /** Publishers wait while there is a reason, and are told it when they want to be. */
  alarmChanged(reason: string | undefined): void {
    if (reason === undefined) {
      this.#reading.release(Hold.Alarm);
      if (this.#isBlocked) this.send(0, { kind: "connection.unblocked" });
      this.#isBlocked = false;
      return;
    }
    if (!this.#isPublisher || this.#phase !== Phase.Open) return;
    this.#reading.hold(Hold.Alarm);
    if (this.#isBlocked || !this.#client.wantsBlocked) return;
    this.#isBlocked = true;
    this.send(0, { kind: "connection.blocked", reason });
  }

  // time

  /** Called by one timer for all connections. */
  tick(now: number): void {
    if (this.#phase < Phase.Open && now - this.openedAt > this.#context.options.connectTimeout * 1000) {
      this.#log("info", {}, "connection not opened in time");
      this.stream.destroy();
    } else if (now >= this.#deadline) this.stream.destroy();
    else if (this.#phase === Phase.Open && this.#tuning.heartbeatMs > 0) this.#heartbeat(now);
  }

  /** Sent after half the interval without other traffic, missed after two (AMQP 0-9-1 §4.2.7). */
  #heartbeat(now: number): void {
    const { heartbeatMs } = this.#tuning;
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
    if (this.#phase < Phase.AwaitingStartOk) this.#endStream();
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
    const channel = known.scope === "channel" ? this.#channels.get(channelNumber) : undefined;
    this.#log("info", { channel: channelNumber }, known.message);
    if (channel === undefined) this.#closeWith(known);
    else this.#closeChannel(channel, known);
  }

  /** Where the next frame begins is unknown: a close-ok could not be read either. */
  #unreadable(error: unknown): void {
    this.#failed(error, 0, 0);
    this.#endStream();
  }

  #closeChannel(channel: Channel, error: AmqpError): void {
    this.#context.counters.channelErrors++;
    if (channel.isClosed) return;
    channel.stop();
    this.send(channel.number, { kind: "channel.close", ...reasonOf(error) });
    channel.giveBack();
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
    if (kind === "connection.close") this.send(0, { kind: "connection.close-ok" });
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
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) channel.stop(); // first: none of them gets what another gives back
    this.#host?.release(this);
    for (const channel of channels) channel.giveBack();
  }

  #endStream(): void {
    this.#phase = Phase.Discarding;
    this.#deadline = this.#context.ports.clock.now() + CLOSE_OK_MS;
    this.output.flush(this.#context.ports.clock.now());
    this.stream.end();
  }

  #log(level: "debug" | "info" | "warn" | "error", fields: object, message: string): void {
    const { logger } = this.#context.ports;
    if (level === "debug" && !logger.isLevelEnabled("debug")) return;
    const { remoteAddress } = this.stream;
    logger[level]({ protocol: "amqp", remoteAddress, ...fields }, message);
  }
}

function reasonOf({ replyCode, replyText, classId, methodId }: AmqpError) {
  return { replyCode, replyText, classId, methodId };
}

function notOpen(failing: number): AmqpConnectionError {
  return new AmqpConnectionError(ReplyCode.ChannelError, "expected 'channel.open'", failing);
}

function unexpected({ kind }: Method, failing: number): AmqpConnectionError {
  return new AmqpConnectionError(ReplyCode.ChannelError, `unexpected method ${kind}`, failing);
}
