import type { ByteReceiver, ByteStream } from "../../base/byte-stream.ts";
import { describe, InvariantError } from "../../base/errors.ts";
import type { Message } from "../../base/message.ts";
import { type Flusher, Output } from "../../base/output.ts";
import type { Delivery } from "../../base/queued-message.ts";
import { Reading } from "../../base/reading.ts";
import { type AckType, PINGRESP, readAckPacketId, readAckReasonCode } from "../codec/acks.ts";
import { checkPingreq, decodeControl } from "../codec/control.ts";
import { mayTell } from "../codec/control-writer.ts";
import { Framer, type FrameSink } from "../codec/framer.ts";
import {
  type AuthPacket,
  type ClientControlPacket,
  type ConnectPacket,
  type DisconnectPacket,
  PacketType,
  type ProtocolVersion,
  type ServerControlPacket,
} from "../codec/packets.ts";
import { readPublish } from "../codec/publish.ts";
import type { TopicCache } from "../codec/topic-cache.ts";
import { handlePuback, handlePubcomp, handlePubrec, handlePubrel } from "../handlers/acknowledgements.ts";
import { authWithoutMethod } from "../handlers/auth.ts";
import type { Client } from "../handlers/client.ts";
import { type Admission, admit } from "../handlers/connect.ts";
import { RetainedReplays } from "../handlers/retained-replay.ts";
import { handleSubscribe } from "../handlers/subscribe.ts";
import { handleUnsubscribe } from "../handlers/unsubscribe.ts";
import { LimitError, MqttError } from "../mqtt-error.ts";
import type { AuthExchange, AuthOutcome, Identity, ListenerRules, MqttOptions, MqttPorts } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import type { Session, SessionLink } from "../session/session.ts";
import type { SessionRegistry } from "../session/session-registry.ts";
import { AckOrder, type AckWriter } from "./ack-order.ts";
import { type AckReceiver, AckSender } from "./ack-sender.ts";
import { AuthenticationExchange } from "./authentication-exchange.ts";
import type { ConnectedClients } from "./connected-clients.ts";
import { ControlSender } from "./control-sender.ts";
import { Hold } from "./hold.ts";
import { PublishIntake } from "./publish-intake.ts";
import { PublishSender } from "./publish-sender.ts";
import type { ReadShare } from "./read-share.ts";
import { TopicAliases } from "./topic-aliases.ts";

/** What all connections share. */
export interface ConnectionContext {
  readonly ports: MqttPorts;
  readonly options: MqttOptions;
  readonly sessions: SessionRegistry;
  readonly topics: TopicCache;
  readonly flusher: Flusher;
  readonly connected: ConnectedClients;
  readonly readShare: ReadShare;
  /** Called once, when the connection has ended. */
  closed(connection: Connection): void;
}

/** A client that has left this much of what was flushed unread is slow: QoS 0 is dropped, QoS 1 and 2 wait. */
const SLOW_RECEIVER_BYTES = 8 * 1024 * 1024;
/** A client that has left this much unread, answers included, is not read until it has taken all of it. */
const UNREAD_ANSWERS_BYTES = 2 * SLOW_RECEIVER_BYTES;

const REFUSAL_LOG_MS = 1000;
/** Before CONNECT nobody is acknowledged anything. */
const NOBODY: AckReceiver = { version: 4, maximumPacketSize: 0, wantsProblemInformation: false };

/** What clients are told that the entrance does not let in. */
const REFUSALS = {
  connect_rate: {
    reasonCode: ReasonCode.ConnectionRateExceeded,
    reason: "too many clients connect at the moment",
  },
  loop_delay: {
    reasonCode: ReasonCode.ServerBusy,
    reason: "the broker is behind with its work, try again later",
  },
} as const;

const Phase = { AwaitingConnect: 0, Connecting: 1, Connected: 2, Closed: 3 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** One network connection (MQTT 5 §4.2): turns bytes into packets for the handlers, and their answers into bytes. */
export class Connection implements ByteReceiver, FrameSink, AckWriter, Client, SessionLink {
  readonly stream: ByteStream;
  readonly acks: AckOrder;
  readonly rules: ListenerRules;
  readonly #context: ConnectionContext;
  readonly #framer: Framer;
  readonly #reading: Reading<Hold>;
  readonly #intake: PublishIntake;
  readonly #output: Output;
  #openedAt: number;
  #sender: PublishSender;
  #control: ControlSender;
  #ackSender: AckSender;
  #phase: Phase = Phase.AwaitingConnect;
  #version: ProtocolVersion = 4;
  #identity: Identity | undefined;
  /** CONNECT named a method. */
  #authentication: AuthenticationExchange | undefined;
  #session: Session | undefined;
  #receivedBefore = 0;
  #replays: RetainedReplays | undefined;
  #aliases: TopicAliases;
  /** Milliseconds; 0 = none. */
  #keepAliveMs = 0;
  #turn = 0;
  #lastReceivedAt: number;
  #expiryInterval = 0;
  #lastRefusalAt = 0;
  /** CONNECT asked for a session that outlives the connection. */
  #askedToLast = false;
  #isGraceful = false;
  #hasProblemInformation = true;

  constructor(stream: ByteStream, rules: ListenerRules, context: ConnectionContext) {
    const { maximumPacketSize, limits } = context.options;
    this.stream = stream;
    this.rules = rules;
    this.#context = context;
    this.#framer = new Framer(Math.min(limits.unauthenticatedPacketSize, maximumPacketSize));
    this.#reading = new Reading(stream, this.#framer, {
      sink: this,
      resumed: () => this.#heard(),
      failed: (error) => this.#fail(error),
    });
    this.#intake = new PublishIntake(this, this.#reading, context, (task) => this.#guarded(task));
    this.#output = new Output(stream, context.flusher, context.ports.counters);
    this.acks = new AckOrder(this);
    this.#aliases = new TopicAliases(0);
    this.#sender = new PublishSender(this.#output, 4, 0);
    this.#control = new ControlSender(this.#output, 4, 0);
    this.#ackSender = new AckSender(this.#output, NOBODY);
    this.#openedAt = this.#lastReceivedAt = context.ports.clock.now();
    context.ports.counters.connectionsOpened++;
  }

  get turn(): number {
    return this.#phase === Phase.Closed ? 0 : this.#turn;
  }

  get session(): Session {
    return this.#session as Session;
  }

  get receivedBefore(): number {
    return this.#receivedBefore;
  }

  get replays(): RetainedReplays {
    return this.#replays as RetainedReplays;
  }

  get identity(): Identity {
    return this.#identity as Identity;
  }

  get version(): ProtocolVersion {
    return this.#version;
  }

  get aliases(): TopicAliases {
    return this.#aliases;
  }

  get wantsProblemInformation(): boolean {
    return this.#hasProblemInformation;
  }

  get isConnected(): boolean {
    return this.#phase === Phase.Connected;
  }

  start(): void {
    this.stream.start(this);
  }

  // ---- bytes in

  bytes(chunk: Buffer): void {
    if (this.#phase === Phase.Closed) return;
    this.#heard();
    const { flusher, ports, readShare } = this.#context;
    const { counters } = ports;
    const packetsBefore = counters.packetsReceived;
    counters.bytesReceived += chunk.length;
    flusher.begin(this.#lastReceivedAt);
    readShare.begin();
    this.#reading.push(chunk); // what fails in there ends this connection, and is not thrown
    flusher.end();
    if (this.#output.waitingBytes > UNREAD_ANSWERS_BYTES) this.#reading.hold(Hold.AnswersUnread);
    readShare.took(this.#reading, chunk.length, counters.packetsReceived - packetsBefore);
  }

  /** hot: one packet. Returns false when reading must pause. */
  frame(firstByte: number, buffer: Buffer, start: number, end: number): boolean {
    const { ports, readShare } = this.#context;
    const { counters } = ports;
    counters.packetsReceived++;
    if (this.#phase !== Phase.Connected) return this.#handleFirst(firstByte, buffer, start, end);
    switch (firstByte >> 4) {
      case PacketType.Publish:
        return this.#handlePublish(firstByte, buffer, start, end);
      case PacketType.Puback:
        readShare.acknowledgements++;
        return this.#handlePuback(buffer, start, end);
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        readShare.acknowledgements++;
        return this.#handleQoS2(firstByte >> 4, buffer, start, end);
      case PacketType.Pingreq:
        checkPingreq(start, end);
        this.#output.write(PINGRESP); // [MQTT-3.12.4-1]
        counters.packetsSent++;
        return true;
      case PacketType.Connect: // whatever is in it: the reason codes of CONNACK are none of DISCONNECT's
        throw new MqttError(ReasonCode.ProtocolError, "a second CONNECT", "MQTT-3.1.0-2");
      default:
        return this.#handleControl(this.#decode(firstByte, buffer, start, end));
    }
  }

  drained(): void {
    this.#reading.release(Hold.AnswersUnread);
    this.#guarded(() => this.#session?.outbound.ready());
  }

  closed(error: Error | undefined): void {
    if (error !== undefined) this.#log("debug", { error }, "connection failed");
    this.#end();
  }

  // ---- packets out

  get isWritable(): boolean {
    return this.#phase === Phase.Connected && this.#output.waitingBytes < SLOW_RECEIVER_BYTES;
  }

  sendQoS0(message: Message, delivery: Delivery): void {
    const { counters, clock } = this.#context.ports;
    if (!this.isWritable) counters.drop("slow_receiver");
    else if (message.expiresAt !== 0 && message.expiresAt <= clock.now()) counters.drop("expired");
    else if (!this.#write(message, delivery, 0, false)) counters.drop("packet_too_large");
  }

  sendPublish(message: Message, delivery: Delivery, packetId: number, dup: boolean): boolean {
    return this.#write(message, delivery, packetId, dup);
  }

  /** A failure here is this connection's, not that of the publisher whose packet is being handled. */
  #write(message: Message, delivery: Delivery, packetId: number, dup: boolean): boolean {
    const { counters, clock } = this.#context.ports;
    try {
      if (!this.#sender.send(message, delivery, packetId, dup, clock)) return false;
      counters.packetsSent++;
      counters.messagesSent[delivery.qos]++;
      counters.payloadBytesSent += message.payload.length;
    } catch (error) {
      this.#failLater(error);
    }
    return true;
  }

  sendPubrel(packetId: number): void {
    this.writeAck(PacketType.Pubrel, packetId, ReasonCode.Success);
  }

  writeAck(type: AckType, packetId: number, reasonCode: ReasonCode): void {
    if (this.#phase !== Phase.Connected) return;
    this.#ackSender.send(type, packetId, reasonCode);
    this.#context.ports.counters.packetsSent++;
    if (this.acks.waitingCount * 2 < this.#context.options.receiveMaximum) {
      this.#reading.release(Hold.AnswersOwed);
    }
  }

  send(packet: ServerControlPacket): void {
    if (this.#phase === Phase.Closed) return;
    try {
      if (this.#control.send(packet)) this.#context.ports.counters.packetsSent++;
      else this.#endUnanswered(packet);
    } catch (error) {
      this.#failLater(error);
    }
  }

  refused(what: string, fields: object): void {
    this.noted(`${what} refused`, fields);
  }

  /** At most one line a second, however much there is to note. */
  noted(message: string, fields: object): void {
    const now = this.#context.ports.clock.now();
    if (now - this.#lastRefusalAt < REFUSAL_LOG_MS) return;
    this.#lastRefusalAt = now;
    this.#log("warn", fields, message);
  }

  // ---- endings

  takenOver(): void {
    this.close(ReasonCode.SessionTakenOver, "another connection uses this client id"); // [MQTT-3.1.4-3]
  }

  /** Ends the connection from our side; MQTT 5 clients are told why. */
  close(reasonCode: ReasonCode, reasonString: string, serverReference?: string): void {
    if (this.#phase === Phase.Closed) return;
    if (this.#phase === Phase.Connected && this.#version === 5) {
      const reason = this.#hasProblemInformation ? reasonString : undefined;
      this.send({
        type: PacketType.Disconnect,
        reasonCode,
        sessionExpiryInterval: undefined,
        reasonString: reason,
        serverReference,
      });
    }
    this.#finish();
  }

  /**
   * Called about once a second: keep alive [MQTT-3.1.2-22] and connect timeout. `jumpMs`: what the clock was set forward
   * or back since the last call; no client was silent for that long.
   */
  tick(now: number, jumpMs = 0): void {
    if (jumpMs !== 0) {
      this.#openedAt = Math.min(now, this.#openedAt + Math.max(0, jumpMs));
      this.#lastReceivedAt = Math.min(now, this.#lastReceivedAt + Math.max(0, jumpMs));
    }
    if (this.#phase === Phase.AwaitingConnect || this.#phase === Phase.Connecting) {
      if (now - this.#openedAt <= this.#context.options.connectTimeout * 1000) return;
      this.#context.ports.counters.limitReached("connect_timeout");
      this.#log("info", {}, this.#authentication ? "not authenticated in time" : "no CONNECT in time");
      this.#finish();
      return;
    }
    this.#intake.refill();
    if (this.#authentication?.isOverdue(now, this.#context.options.connectTimeout * 1000)) {
      this.#notReauthenticated("it took too long");
      return;
    }
    if (this.#keepAliveMs === 0 || now - this.#lastReceivedAt <= this.#keepAliveMs * 1.5) return;
    if (this.#reading.isHeld) return; // it is we who do not read
    this.#log("info", {}, "keep alive timeout");
    this.close(ReasonCode.KeepAliveTimeout, "nothing received for one and a half times the Keep Alive");
  }

  // ---- inside

  #handleFirst(firstByte: number, buffer: Buffer, start: number, end: number): boolean {
    if (this.#phase === Phase.Closed) return false;
    if (this.#phase === Phase.Connecting) return this.#handleUnauthenticated(firstByte, buffer, start, end);
    if (firstByte >> 4 !== PacketType.Connect) {
      throw new MqttError(ReasonCode.ProtocolError, "the first packet is no CONNECT", "MQTT-3.1.0-1");
    }
    this.#context.ports.counters.connectsReceived++;
    const packet = this.#decode(firstByte, buffer, start, end) as ConnectPacket;
    this.#phase = Phase.Connecting;
    this.#version = packet.protocolVersion;
    this.#hasProblemInformation = packet.requestProblemInformation;
    this.#askedToLast = packet.sessionExpiryInterval > 0;
    this.#control = new ControlSender(this.#output, this.#version, packet.maximumPacketSize);
    const refusal = this.#context.ports.entrance.refusalOf(this.stream);
    if (refusal !== undefined) {
      const { reasonCode, reason } = REFUSALS[refusal];
      this.#refuse(reasonCode, reason);
      return false;
    }
    this.#reading.hold(Hold.Handshake);
    void this.#connect(packet);
    return false; // what follows CONNECT is read when its session is there
  }

  #decode(firstByte: number, buffer: Buffer, start: number, end: number): ClientControlPacket {
    const { maximumFiltersPerPacket } = this.#context.options.limits;
    return decodeControl(firstByte, buffer, start, end, this.#version, maximumFiltersPerPacket);
  }

  async #connect(packet: ConnectPacket): Promise<void> {
    const { sessions, ports, options } = this.#context;
    this.#turn = sessions.nextTurn();
    try {
      const decision = await admit(packet, this.stream, sessions, ports, options, (...said) =>
        this.#authenticate(...said),
      );
      if (this.#phase !== Phase.Connecting) return;
      if ("reasonCode" in decision) {
        this.#log(
          "warn",
          { clientId: packet.clientId, reasonCode: decision.reasonCode },
          `connection refused: ${decision.reasonString}`,
        );
        this.#refuse(decision.reasonCode, decision.reasonString);
      } else {
        this.#identity = { clientId: decision.clientId, user: decision.user };
        sessions.attach(this, decision, (session, isPresent) =>
          this.#guarded(() => this.#connected(session, isPresent, packet, decision)),
        );
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #authenticate(method: string, exchange: AuthExchange, data: Buffer | undefined): Promise<AuthOutcome> {
    const { clock } = this.#context.ports;
    const ask = (packet: AuthPacket): void => {
      this.send(packet);
      this.#reading.release(Hold.Handshake);
    };
    this.#authentication = new AuthenticationExchange(method, { clock, ask });
    return this.#authentication.run(exchange, data);
  }

  /** The client was asked for more between CONNECT and CONNACK. */
  #handleUnauthenticated(firstByte: number, buffer: Buffer, start: number, end: number): boolean {
    const type = firstByte >> 4;
    if (type !== PacketType.Auth && type !== PacketType.Disconnect) {
      const detail = "neither AUTH nor DISCONNECT before CONNACK";
      throw new MqttError(ReasonCode.ProtocolError, detail, "MQTT-3.1.2-30");
    }
    this.#reading.hold(Hold.Handshake);
    this.#handleControl(this.#decode(firstByte, buffer, start, end));
    return false;
  }

  #handleAuth(packet: AuthPacket): void {
    const authentication = this.#authentication;
    if (authentication === undefined) throw authWithoutMethod();
    if (authentication.receive(packet)) {
      void this.#reauthenticate(authentication, packet.authenticationData);
    }
  }

  /** Other packets are served meanwhile, on the strength of the authentication before (MQTT 5 §4.12.1). */
  async #reauthenticate(authentication: AuthenticationExchange, data: Buffer | undefined): Promise<void> {
    try {
      const exchange = this.#context.ports.authorization.exchange(authentication.method);
      const outcome = await authentication.run(exchange, data);
      if (this.#phase !== Phase.Connected) return;
      if (outcome.kind === "refused") this.#notReauthenticated(outcome.detail);
      else if (outcome.user !== this.identity.user) this.#notReauthenticated("it is another user");
      else this.send(authentication.packet(ReasonCode.Success, outcome.data));
    } catch (error) {
      this.#fail(error);
    }
  }

  #notReauthenticated(why: string): void {
    this.#log("warn", {}, `re-authentication failed: ${why}`);
    this.close(ReasonCode.NotAuthorized, `re-authentication failed: ${why}`); // [MQTT-4.12.1-2]
  }

  #connected(session: Session, sessionPresent: boolean, packet: ConnectPacket, admission: Admission): void {
    this.#session = session;
    this.#expiryInterval = admission.expiryInterval;
    if (this.#phase === Phase.Closed) {
      this.#detach(); // gone while the session was being stored
      return;
    }
    const { options, ports } = this.#context;
    this.#phase = Phase.Connected;
    this.#context.connected.joined(this.stream.transport, this.#version);
    this.#receivedBefore = session.receivedCount;
    this.#replays = new RetainedReplays(session, ports, () => this.#reading.release(Hold.RetainedOwed));
    this.#keepAliveMs = admission.keepAlive * 1000;
    this.#aliases = new TopicAliases(packet.protocolVersion === 5 ? options.topicAliasMaximum : 0);
    this.#ackSender = new AckSender(this.#output, {
      version: this.#version,
      maximumPacketSize: packet.maximumPacketSize,
      wantsProblemInformation: packet.requestProblemInformation,
    });
    const topicAliases = Math.min(packet.topicAliasMaximum, options.outgoingTopicAliases); // [MQTT-3.3.2-11]
    this.#sender = new PublishSender(this.#output, this.#version, packet.maximumPacketSize, topicAliases);
    this.#framer.maximumPacketSize = options.maximumPacketSize;
    const { properties } = admission;
    this.send({ type: PacketType.Connack, sessionPresent, reasonCode: ReasonCode.Success, properties });
    if (!this.isConnected) return; // it accepts no packet as large as our CONNACK
    this.#log("debug", { sessionPresent, version: this.#version }, "connected");
    session.resume(this, Math.min(packet.receiveMaximum, options.maximumInflight));
    this.#reading.release(Hold.Handshake);
  }

  /** CONNACK with a refusal, then the end [MQTT-3.2.2-7]. */
  #refuse(reasonCode: ReasonCode, reasonString: string): void {
    this.#context.ports.counters.connectionsRefused++;
    const properties = { reasonString: this.#hasProblemInformation ? reasonString : undefined };
    if (mayTell(reasonCode, this.#version)) {
      this.send({ type: PacketType.Connack, sessionPresent: false, reasonCode, properties });
    }
    this.#finish();
  }

  #handlePublish(firstByte: number, buffer: Buffer, start: number, end: number): boolean {
    const packet = readPublish(firstByte, buffer, start, end, this.#version, this.#context.topics);
    const mayHaveToWait = this.#intake.take(packet);
    return mayHaveToWait ? this.#mayGoOn() : !this.#reading.isHeld;
  }

  #handlePuback(buffer: Buffer, start: number, end: number): boolean {
    const packetId = readAckPacketId(buffer, start, end, this.#version);
    readAckReasonCode(PacketType.Puback, buffer, start, end); // a refusal ends the delivery too [MQTT-4.4.0-2]
    handlePuback(this, packetId);
    return true;
  }

  #handleQoS2(type: number, buffer: Buffer, start: number, end: number): boolean {
    const packetId = readAckPacketId(buffer, start, end, this.#version);
    const reasonCode = readAckReasonCode(type as AckType, buffer, start, end);
    if (type === PacketType.Pubrel) handlePubrel(this, packetId);
    else if (type === PacketType.Pubcomp) handlePubcomp(this, packetId);
    else if (!handlePubrec(this, packetId, reasonCode) && reasonCode < 0x80) {
      const answer = this.#version === 5 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success;
      this.writeAck(PacketType.Pubrel, packetId, answer); // so that the client forgets it too
    }
    return this.#mayGoOn();
  }

  #handleControl(packet: ClientControlPacket): boolean {
    const { ports, options } = this.#context;
    switch (packet.type) {
      case PacketType.Connect:
        throw new InvariantError("CONNECT was handled before");
      case PacketType.Subscribe:
        handleSubscribe(this, packet, ports, options);
        return this.#mayGoOn();
      case PacketType.Unsubscribe:
        handleUnsubscribe(this, packet, ports);
        return this.#mayGoOn();
      case PacketType.Disconnect:
        this.#handleDisconnect(packet);
        return false;
      case PacketType.Auth:
        this.#handleAuth(packet);
        return true;
    }
  }

  #handleDisconnect({ reasonCode, sessionExpiryInterval }: DisconnectPacket): void {
    if (sessionExpiryInterval !== undefined) {
      if (!this.#askedToLast && sessionExpiryInterval > 0) {
        throw new MqttError(ReasonCode.ProtocolError, "Session Expiry Interval was 0 in CONNECT"); // MQTT 5 §3.14.2.2.2
      }
      this.#expiryInterval = Math.min(sessionExpiryInterval, this.#context.options.sessionExpiryMaximum);
    }
    this.#isGraceful = reasonCode === ReasonCode.Success; // 0x04 keeps the will [MQTT-3.14.4-3]
    this.#finish();
  }

  /** After a packet that may have left something to wait for. */
  #mayGoOn(): boolean {
    const { journal } = this.#context.ports;
    if (journal.isBehind) {
      this.#reading.hold(Hold.Journal);
      journal.whenCaughtUp(() => this.#reading.release(Hold.Journal));
    }
    if (this.acks.waitingCount >= this.#context.options.receiveMaximum) this.#reading.hold(Hold.AnswersOwed);
    if (this.replays.isFull) this.#reading.hold(Hold.RetainedOwed);
    return !this.#reading.isHeld;
  }

  #heard(): void {
    this.#lastReceivedAt = this.#context.ports.clock.now();
  }

  /** The client accepts no packet as large as this answer [MQTT-3.1.2-24]. */
  #endUnanswered(packet: ServerControlPacket): void {
    if (packet.type === PacketType.Connack && packet.properties !== undefined) {
      this.send({ ...packet, reasonCode: ReasonCode.PacketTooLarge, properties: undefined });
      this.#finish();
    } else if (packet.type !== PacketType.Disconnect) {
      this.close(ReasonCode.PacketTooLarge, "an answer is larger than the Maximum Packet Size");
    }
  }

  /** For what fails on behalf of others: not while their packet is handled. */
  #failLater(error: unknown): void {
    setImmediate(() => this.#fail(error));
  }

  #guarded(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whatever went wrong ends this connection, and no other [MQTT-4.13.1-1]. */
  #fail(error: unknown): void {
    if (this.#phase === Phase.Closed) return;
    const { counters } = this.#context.ports;
    if (error instanceof MqttError) {
      counters.protocolErrors++;
      this.#countLimit(error);
      const what = error instanceof LimitError ? "limit" : "protocol error";
      this.#log("warn", { reasonCode: error.reasonCode, clause: error.clause }, `${what}: ${error.message}`);
      if (this.#phase === Phase.Connected) this.close(error.reasonCode, error.message);
      else if (this.#mayAnswerConnect(error)) this.#refuse(error.reasonCode, error.message);
      else this.#finish();
      return;
    }
    this.#log("error", { error }, `internal error: ${describe(error)}`);
    this.close(ReasonCode.ImplementationSpecificError, "internal error");
    this.#finish();
  }

  #countLimit(error: MqttError): void {
    const { counters } = this.#context.ports;
    if (error instanceof LimitError) counters.limitReached(error.limit);
    else if (error.reasonCode === ReasonCode.PacketTooLarge) {
      counters.limitReached(this.isConnected ? "packet_size" : "unauthenticated_packet_size");
    }
  }

  /** An unsupported version is answered [MQTT-3.1.2-2]; other bytes that are no CONNECT get no answer. */
  #mayAnswerConnect(error: MqttError): boolean {
    return this.#phase === Phase.Connecting || error.reasonCode === ReasonCode.UnsupportedProtocolVersion;
  }

  /** Flushes, closes in order. */
  #finish(): void {
    if (this.#phase === Phase.Closed) return;
    this.#output.flush(this.#context.ports.clock.now());
    this.#end();
    this.stream.end();
  }

  #end(): void {
    if (this.#phase === Phase.Closed) return;
    if (this.isConnected) this.#context.connected.left(this.stream.transport, this.#version);
    this.#phase = Phase.Closed;
    this.#output.close();
    this.#reading.close();
    this.#intake.close();
    this.#context.ports.counters.connectionsClosed++;
    this.#detach();
    this.#context.closed(this);
  }

  #detach(): void {
    if (this.#session === undefined) return;
    this.#context.sessions.detach(this, this.#session, this.#expiryInterval, this.#isGraceful);
  }

  #log(level: "debug" | "info" | "warn" | "error", fields: object, message: string): void {
    const { logger } = this.#context.ports;
    if (level === "debug" && !logger.isLevelEnabled("debug")) return;
    const mayFlood = this.#session === undefined && (level === "info" || level === "warn");
    if (mayFlood && !this.#context.ports.entrance.mayReport()) return;
    const who = { clientId: this.#identity?.clientId, remoteAddress: this.stream.remoteAddress };
    logger[level]({ ...who, ...fields }, message);
  }
}
