import type { IConnectPacket, IPublishPacket, Packet } from "mqtt-packet";
import type { QoS } from "../../src/base/qos.ts";
import { NEVER_EXPIRES } from "../../src/base/session-expiry.ts";
import type { MessageLog } from "./message-log.ts";
import { ModelInstance, type ModelSubscription, type SubscriptionTerms } from "./model-instance.ts";
import { ModelSession } from "./model-session.ts";
import { ModelWill } from "./model-will.ts";
import { ModelWire } from "./model-wire.ts";
import { idOf, type SentMessage } from "./sent-message.ts";
import type { Wire, WireObserver } from "./wire.ts";

/** What the model needs to know of the world. */
export interface ModelPorts {
  now(): number;
  wrong(what: string): void;
  /** Undefined: this run keeps no log. */
  readonly log: MessageLog | undefined;
  /** Brings the log up to what is on disk. */
  readLog(): void;
  readonly messages: ReadonlyMap<string, SentMessage>;
  /** Seconds. */
  readonly sessionExpiryMaximum: number;
  readonly maximumInflight: number;
  /** Session queues are so short that they go without messages. */
  readonly mayMiss: boolean;
  /** The client cannot know any more which session it has: MQTT has no answer, and the run ends. */
  ambiguous(): void;
  /** Whether the client remembers QoS 2 messages of its session. */
  holdsState(clientId: string): boolean;
}

interface ModelClient {
  readonly session: ModelSession;
  instance: ModelInstance | undefined;
  wires: ModelWire[];
  readonly wills: ModelWill[];
  /** A CONNECT whose CONNACK has not left may have made a new session. */
  isUnanswered: boolean;
  /** A CONNACK that said so has not come to the client. */
  isUnheard: boolean;
}

/** The broker looks at what fell due about once a second, and rounds up to seconds. */
const SLACK_MS = 2000;

const Disconnect = { SessionTakenOver: 0x8e, KeepAliveTimeout: 0x8d } as const;

/**
 * What must hold, as far as it follows from what passes the border between network and broker: which packets came in
 * whole, and which went out. Knows nothing of the broker's inside but what its log queue has on disk.
 */
export class Model implements WireObserver {
  readonly #ports: ModelPorts;
  readonly #clients = new Map<string, ModelClient>();
  readonly #wires = new Map<Wire, ModelWire>();
  /** The broker may have them without having read them. */
  #unread: SentMessage[] = [];
  #moment = 1;
  #crashes = 0;

  constructor(ports: ModelPorts) {
    this.#ports = ports;
  }

  get moment(): number {
    return this.#moment;
  }

  instances(): (ModelInstance | undefined)[] {
    return [...this.#clients.values()].map(({ instance }) => instance);
  }

  // ---- what comes in

  arrived(wire: Wire, packet: Packet): void {
    this.#moment++;
    if (packet.cmd === "connect") wire.connectAt = this.#moment;
    const known = this.#wires.get(wire);
    if (known === undefined || known.isEnded) return;
    const messageId = packet.messageId ?? 0;
    switch (packet.cmd) {
      case "publish":
        this.#publishArrived(known, packet);
        break;
      case "puback":
      case "pubrec":
      case "pubcomp":
        known.acknowledgementArrived(packet.cmd, messageId);
        break;
      case "subscribe": {
        const { topic, qos, nl } = packet.subscriptions[0] as { topic: string; qos: QoS; nl?: boolean };
        this.#subscribeArrived(known, messageId, topic, { qos, noLocal: nl === true });
        break;
      }
      case "unsubscribe":
        this.#unsubscribeArrived(known, messageId, packet.unsubscriptions[0] as string);
        break;
      case "disconnect": {
        const seconds = packet.properties?.sessionExpiryInterval;
        known.disconnect = {
          isGraceful: (packet.reasonCode ?? 0) === 0,
          expiryMs: seconds === undefined ? known.expiryMs : this.#capped(seconds),
        };
        break;
      }
      default:
    }
  }

  /** The broker knows who it is: from here on its CONNECT counts. */
  admitted(wire: Wire): void {
    const client = this.#client(wire.clientId);
    const isLate = client.wires.some(({ isEnded, connectAt }) => !isEnded && connectAt > wire.connectAt);
    if (wire.stream.isEnded || isLate) return;
    this.#moment++;
    const packet = wire.connect as IConnectPacket;
    const now = this.#ports.now();
    for (const before of client.wires) {
      if (before.instance === undefined) this.#endEarly(before);
      else this.#end(before, before.disconnect === undefined ? false : undefined);
    }
    const isClean = packet.clean === true;
    for (const will of client.wills) will.connect(isClean, now);
    const expiryMs = this.#capped(expiryOf(packet));
    const mayBePresent = client.session.connect(isClean, expiryMs, now);
    const receiveMaximum = Math.min(packet.properties?.receiveMaximum ?? 65_535, this.#ports.maximumInflight);
    const delayMs = (packet.will?.properties?.willDelayInterval ?? 0) * 1000;
    if (mayBePresent.has(false) && expiryMs > 0) client.isUnanswered = true;
    const will = packet.will && new ModelWill(idOf(packet.will.payload), delayMs);
    if (will !== undefined) client.wills.push(will);
    const known = new ModelWire({
      clientId: wire.clientId,
      connectAt: wire.connectAt,
      isClean,
      expiryMs,
      receiveMaximum,
      mayBePresent,
      will,
    });
    client.wires = [known];
    this.#wires.set(wire, known);
  }

  #capped(seconds: number): number {
    const capped = Math.min(seconds, this.#ports.sessionExpiryMaximum);
    return capped === NEVER_EXPIRES ? Number.POSITIVE_INFINITY : capped * 1000;
  }

  #publishArrived(wire: ModelWire, packet: IPublishPacket): void {
    const message = this.#ports.messages.get(idOf(packet.payload)) as SentMessage;
    message.arrivals++;
    message.readByMs = Number.POSITIVE_INFINITY;
    this.#unread.push(message);
    if (message.firstArrivedAt === 0) {
      message.firstArrivedAt = this.#moment;
      message.firstArrivedAtMs = this.#ports.now();
    }
    wire.publishArrived(message, packet.messageId ?? 0, this.#moment);
  }

  #subscribeArrived(wire: ModelWire, messageId: number, topicFilter: string, terms: SubscriptionTerms): void {
    const { instance } = wire;
    if (instance === undefined) return;
    let subscription = instance.current(topicFilter);
    if (subscription === undefined) {
      subscription = {
        topicFilter,
        terms: [],
        requestedAt: this.#moment,
        grantedAt: 0,
        unsubscribedAt: 0,
        goneAt: 0,
      };
      instance.subscriptions.push(subscription);
    }
    subscription.terms.push(terms);
    wire.asked.set(messageId, { subscriptions: [subscription], at: this.#moment });
  }

  #unsubscribeArrived(wire: ModelWire, messageId: number, topicFilter: string): void {
    const subscriptions = (wire.instance?.subscriptions ?? []).filter(
      (one) => one.topicFilter === topicFilter,
    );
    for (const one of subscriptions) if (one.unsubscribedAt === 0) one.unsubscribedAt = this.#moment;
    wire.asked.set(messageId, { subscriptions, at: this.#moment });
  }

  // ---- what goes out

  left(wire: Wire, packet: Packet): void {
    this.#moment++;
    const known = this.#wires.get(wire);
    const wrong = known === undefined ? `writes ${packet.cmd} before CONNECT` : this.#left(known, packet);
    if (wrong !== undefined) this.#ports.wrong(`the broker ${wrong} (${wire.clientId}#${wire.number})`);
  }

  #left(wire: ModelWire, packet: Packet): string | undefined {
    const messageId = packet.messageId ?? 0;
    switch (packet.cmd) {
      case "connack":
        return this.#connackLeft(wire, packet.sessionPresent, packet.returnCode ?? packet.reasonCode ?? 0);
      case "puback":
        return this.#acknowledgementLeft(wire, 1, messageId, packet.reasonCode ?? 0);
      case "pubrec":
        return this.#acknowledgementLeft(wire, 2, messageId, packet.reasonCode ?? 0);
      case "publish":
        return this.#publishLeft(wire, packet);
      case "pubrel":
        return wire.pubrelLeft(messageId);
      case "suback":
        return this.#subackLeft(wire, messageId, packet.granted[0] as number);
      case "unsuback":
        return this.#unsubackLeft(wire, messageId);
      case "disconnect":
        wire.disconnectReason = packet.reasonCode ?? 0;
        return wire.disconnectReason === Disconnect.SessionTakenOver ||
          wire.disconnectReason === Disconnect.KeepAliveTimeout
          ? undefined
          : `disconnects with ${wire.disconnectReason}`;
      default:
        return undefined;
    }
  }

  #connackLeft(wire: ModelWire, isPresent: boolean, code: number): string | undefined {
    if (code !== 0) return `refuses a CONNECT with ${code}`;
    const client = this.#client(wire.clientId);
    if (!wire.isEnded) this.#accepted(client, wire, isPresent); // else it was taken over before its CONNACK left
    if (!isPresent || client.instance === undefined) client.instance = new ModelInstance(this.#ports.mayMiss);
    else if (client.isUnanswered) this.#ports.ambiguous();
    else if (client.isUnheard && this.#ports.holdsState(wire.clientId)) this.#ports.ambiguous();
    client.isUnanswered = false;
    client.isUnheard ||= !isPresent;
    wire.instance = client.instance;
    wire.connackAt = this.#moment;
    return wire.mayBePresent.has(isPresent) ? undefined : `says Session Present = ${isPresent}`;
  }

  #accepted({ session, wills }: ModelClient, wire: ModelWire, isPresent: boolean): void {
    wire.isDurable = session.accepted(isPresent, wire.expiryMs);
    wire.will?.accepted(wire.isDurable, wire.expiryMs);
    if (wire.isDurable) for (const will of wills) if (will !== wire.will) will.onDisk();
  }

  #acknowledgementLeft(wire: ModelWire, qos: 1 | 2, packetId: number, code: number): string | undefined {
    const incoming = wire.acknowledged(qos, packetId);
    if (typeof incoming === "string") return incoming;
    if (code >= 0x80) return `refuses a message with ${code}`;
    const { message } = incoming;
    if (message.acknowledgedAt === 0) message.acknowledgedAt = this.#moment;
    message.readByMs = Math.min(message.readByMs, this.#ports.now());
    this.#ports.readLog();
    if (this.#ports.log?.countOf(message.id) === 0) return `acknowledges ${message.id} before it is on disk`;
    const routedFrom = qos === 1 ? incoming.at : message.firstArrivedAt;
    let isOwed = false;
    for (const [clientId, client] of this.#clients) {
      if (!client.instance?.acknowledged(message, clientId, routedFrom)) continue;
      if (this.#isThere(client)) isOwed = true;
    }
    return isOwed && code !== 0 ? `says ${code} of ${message.id}, which matches` : undefined;
  }

  /** Whether the session the client was last answered for is there for certain. */
  #isThere({ session, wires, instance }: ModelClient): boolean {
    if (wires.some((wire) => wire.instance !== instance)) return false;
    return wires.some(({ isEnded }) => !isEnded) || !session.presence(this.#ports.now()).has(false);
  }

  #publishLeft(wire: ModelWire, packet: IPublishPacket): string | undefined {
    const { qos, dup, retain, messageId = 0 } = packet;
    const { instance } = wire;
    const message = this.#ports.messages.get(idOf(packet.payload));
    if (message === undefined || instance === undefined) return "writes a PUBLISH out of nothing";
    const terms = instance.termsFor(message, wire.clientId, retain);
    if (terms.length === 0) return `sends ${message.id}, which matches nothing`;
    if (retain && !message.retain) return `sends ${message.id} as a retained message`;
    if (qos > Math.min(message.qos, Math.max(...terms.map((one) => one.qos))))
      return `sends ${message.id} with ${qos}`;
    const isNew = message.firstArrivedAt > wire.connackAt && !instance.written.has(message.id);
    if (dup && isNew) return `sends ${message.id} first with DUP`;
    const isLive = qos === 2 && !retain;
    if (isLive && !dup && instance.writtenWithQoS2.has(message.id))
      return `repeats ${message.id} without DUP`;
    instance.written.add(message.id);
    if (isLive) instance.writtenWithQoS2.add(message.id);
    const expiresAt = message.readByMs + message.expiryMs;
    if (message.expiryMs > 0 && !dup && this.#ports.now() >= expiresAt)
      return `sends ${message.id}, which has expired`;
    const wrong = wire.publishLeft(messageId, qos);
    return wrong === undefined ? undefined : `${wrong}, for ${message.id}`;
  }

  #subackLeft(wire: ModelWire, messageId: number, granted: number): string | undefined {
    const asked = wire.asked.get(messageId);
    if (asked === undefined) return "writes a SUBACK for nothing";
    wire.asked.delete(messageId);
    const subscription = asked.subscriptions[0] as ModelSubscription;
    if (subscription.grantedAt === 0) subscription.grantedAt = this.#moment;
    return subscription.terms.some(({ qos }) => qos === granted) ? undefined : `grants QoS ${granted}`;
  }

  #unsubackLeft(wire: ModelWire, messageId: number): string | undefined {
    const asked = wire.asked.get(messageId);
    if (asked === undefined) return "writes an UNSUBACK for nothing";
    wire.asked.delete(messageId);
    for (const one of asked.subscriptions) if (one.goneAt === 0) one.goneAt = this.#moment;
    return undefined;
  }

  // ---- endings

  ended(wire: Wire, byWhom: "broker" | "network"): void {
    const known = this.#wires.get(wire);
    if (known === undefined) return;
    if (known.isEnded) {
      this.#checkTakeover(wire, known, byWhom);
      return;
    }
    if (known.instance === undefined) this.#endEarly(known);
    else if (known.disconnect === undefined) this.#end(known, false);
    else this.#end(known, byWhom === "broker" ? known.disconnect.isGraceful : undefined);
  }

  #checkTakeover(wire: Wire, known: ModelWire, byWhom: "broker" | "network"): void {
    if (byWhom !== "broker" || wire.version !== 5 || known.instance === undefined || known.disconnect) return;
    if (known.disconnectReason === Disconnect.SessionTakenOver) return;
    this.#ports.wrong(`${wire.clientId}#${wire.number} is taken over and not told`);
  }

  /** Its CONNACK has not left: perhaps it never had the session, perhaps it had it for a moment. */
  #endEarly(wire: ModelWire): void {
    if (wire.isEnded) return;
    wire.isEnded = true;
    this.#client(wire.clientId).session.endedEarly(this.#ports.now());
  }

  /** `isGraceful` undefined: a DISCONNECT arrived, but it is not known whether the broker read it. */
  #end(wire: ModelWire, isGraceful: boolean | undefined): void {
    if (wire.isEnded) return;
    wire.isEnded = true;
    const now = this.#ports.now();
    const last = wire.disconnect?.expiryMs ?? wire.expiryMs;
    const isRead = wire.disconnect === undefined || isGraceful !== undefined;
    const { session } = this.#client(wire.clientId);
    session.ended(wire.isDurable, isRead ? [last] : [last, wire.expiryMs], now);
    wire.will?.ended(isGraceful, isRead ? last : undefined, now);
  }

  /** The process was killed at `from` and another one began at `restart`. */
  crashed(from: number, restart: number): void {
    this.#crashes++;
    for (const { session, wires, wills } of this.#clients.values()) {
      session.crashed(from, restart);
      for (const will of wills) will.crashed(from, restart);
      for (const wire of wires) wire.isEnded = true;
    }
  }

  /** The broker has nothing left to do, and all is on disk. */
  settled(): void {
    this.#ports.readLog();
    const { log } = this.#ports;
    const now = this.#ports.now();
    for (const message of this.#unread.splice(0)) {
      message.readByMs = Math.min(message.readByMs, now);
      if (message.qos === 0) message.closedAt = this.#moment;
    }
    for (const { session, wills } of this.#clients.values()) {
      session.settled(now);
      for (const will of wills) will.settled(now, SLACK_MS);
      if (log === undefined) continue;
      for (const will of wills) {
        const count = will.certainCount(now);
        if (count !== undefined && log.countOf(will.id) !== count) {
          this.#ports.wrong(`the will ${will.id} is published ${log.countOf(will.id)} times, not ${count}`);
        }
      }
    }
  }

  connackReceived(clientId: string): void {
    this.#client(clientId).isUnheard = false;
  }

  received(clientId: string, id: string, packet: IPublishPacket): void {
    this.#moment++;
    const message = this.#ports.messages.get(id);
    const { instance } = this.#client(clientId);
    if (packet.retain || message === undefined || instance === undefined) return;
    const wrong = instance.received(message, packet.qos, packet.dup, this.#crashes);
    if (wrong !== undefined) this.#ports.wrong(`${id} ${wrong}, to ${clientId}`);
  }

  #client(clientId: string): ModelClient {
    const known = this.#clients.get(clientId);
    if (known !== undefined) return known;
    const client = {
      session: new ModelSession(),
      instance: undefined,
      wires: [],
      wills: [],
      isUnanswered: false,
      isUnheard: false,
    };
    this.#clients.set(clientId, client);
    return client;
  }
}

/** Seconds. MQTT 3.1.1 knows a session for one connection, and one for ever. */
function expiryOf({ protocolVersion, clean, properties }: IConnectPacket): number {
  if (protocolVersion === 5) return properties?.sessionExpiryInterval ?? 0;
  return clean ? 0 : NEVER_EXPIRES;
}
