import type { IConnectPacket, IPublishPacket, Packet } from "mqtt-packet";
import type { QoS } from "../../src/base/qos.ts";
import type { Home } from "./character.ts";
import { idOf, type SentMessage, textOf } from "./sent-message.ts";
import type { Wire } from "./wire.ts";

/** Told what a client is through with. */
export interface ClientObserver {
  /** The application of the client has the message. */
  received(client: SimulatedClient, id: string, packet: IPublishPacket): void;
  /** CONNACK came. */
  connected(client: SimulatedClient): void;
  /** It will not be sent any more. */
  closed(message: SentMessage): void;
  wrong(what: string): void;
}

interface Outgoing {
  readonly message: SentMessage;
  readonly packetId: number;
  isReleased: boolean;
  wasSent: boolean;
  /** Sent over the present connection, and so part of its Receive Maximum. */
  isUnderWay: boolean;
}

const PACKET_IDS = 6;
const SUBSCRIBE_IDS = { first: 100, count: 50 };

/** A client that follows the protocol: keeps its half of a session over connections, and answers when it talks. */
export class SimulatedClient {
  readonly id: string;
  readonly version: 4 | 5;
  wire: Wire | undefined;
  isConnected = false;
  /** Acknowledgements are held back while this is false. */
  isTalking = true;
  /** Asked for a clean start and was not answered: asks again until it is. */
  mustStartClean = false;
  lastNumber = 0;
  readonly #observer: ClientObserver;
  readonly #home: Home | undefined;
  #outgoing: Outgoing[] = [];
  #received = new Map<number, string>();
  #held: Packet[] = [];
  #quota = 0;
  #lastPacketId = 0;
  #lastSubscribeId = 0;

  constructor(id: string, version: 4 | 5, home: Home | undefined, observer: ClientObserver) {
    this.#home = home;
    this.id = id;
    this.version = version;
    this.#observer = observer;
  }

  get isDone(): boolean {
    return this.#outgoing.length === 0;
  }

  /** Whether it would be misled by a session that is not the one it takes it for. */
  get holdsState(): boolean {
    return (
      this.#received.size > 0 || this.#outgoing.some(({ message, wasSent }) => message.qos === 2 && wasSent)
    );
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** `sessionExpiryInterval` in seconds, for MQTT 5. */
  connectPacket(sessionExpiryInterval: number): IConnectPacket {
    return {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: this.version,
      clientId: this.id,
      clean: this.mustStartClean,
      keepalive: 0,
      ...(this.version === 5 && { properties: { sessionExpiryInterval } }),
    };
  }

  dialled(wire: Wire, connect: Packet): void {
    this.abandon();
    this.wire = wire;
    wire.send(connect);
  }

  /** Forgets the connection; the broker may not know yet. */
  abandon(): void {
    if (this.wire !== undefined) this.wire.isOpenAtClient = false;
    this.wire = undefined;
    this.isConnected = false;
    this.#held = [];
    for (const outgoing of this.#outgoing) outgoing.isUnderWay = false;
  }

  /** Takes a packet id, or none: then there is nothing to publish with. */
  freePacketId(): number | undefined {
    for (let i = 0; i < PACKET_IDS; i++) {
      this.#lastPacketId = 1 + (this.#lastPacketId % PACKET_IDS);
      if (!this.#outgoing.some(({ packetId }) => packetId === this.#lastPacketId)) return this.#lastPacketId;
    }
    return undefined;
  }

  /** QoS 1 and 2 also while there is no connection: they are sent when there is one. */
  publish(message: SentMessage, packetId: number): void {
    if (message.qos === 0) this.wire?.send(publishOf(message, 0, false));
    else {
      this.#outgoing.push({ message, packetId, isReleased: false, wasSent: false, isUnderWay: false });
      this.#sendMore();
    }
  }

  subscribe(topic: string, qos: QoS, noLocal: boolean): void {
    this.wire?.send({
      cmd: "subscribe",
      messageId: this.#nextSubscribeId(),
      subscriptions: [{ topic, qos, ...(this.version === 5 && { nl: noLocal, rap: false, rh: 0 }) }],
    });
  }

  unsubscribe(topic: string): void {
    this.wire?.send({ cmd: "unsubscribe", messageId: this.#nextSubscribeId(), unsubscriptions: [topic] });
  }

  talk(): void {
    this.isTalking = true;
    for (const packet of this.#held.splice(0)) this.wire?.send(packet);
  }

  react(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        this.#connected(packet.sessionPresent, packet.properties?.receiveMaximum ?? 65_535);
        return;
      case "publish":
        this.#receive(packet);
        return;
      case "puback":
      case "pubcomp":
        this.#finished(packet.messageId ?? 0);
        return;
      case "pubrec":
        this.#release(packet.messageId ?? 0);
        return;
      case "pubrel":
        this.#received.delete(packet.messageId ?? 0);
        this.#answer({ cmd: "pubcomp", messageId: packet.messageId ?? 0 });
        return;
      case "suback":
      case "unsuback":
      case "disconnect":
        return;
      default:
        this.#observer.wrong(`${this.id} is sent ${packet.cmd}`);
    }
  }

  #connected(isPresent: boolean, receiveMaximum: number): void {
    this.#observer.connected(this);
    this.isConnected = true;
    this.mustStartClean = false;
    this.#quota = receiveMaximum;
    if (!isPresent) this.#sessionLost();
    for (const { packetId, isReleased } of this.#outgoing) {
      if (isReleased) this.wire?.send({ cmd: "pubrel", messageId: packetId });
    }
    this.#sendMore();
  }

  /** What may have been taken with QoS 2 is given up, QoS 1 is sent anew. */
  #sessionLost(): void {
    this.#received.clear();
    const givenUp = this.#outgoing.filter(({ message, wasSent }) => message.qos === 2 && wasSent);
    for (const { message } of givenUp) this.#observer.closed(message);
    this.#outgoing = this.#outgoing.filter((outgoing) => !givenUp.includes(outgoing));
    for (const outgoing of this.#outgoing) outgoing.wasSent = false;
    if (this.#home !== undefined) this.subscribe(this.#home.topicFilter, this.#home.qos, false);
  }

  /** In the order of publishing, as far as the broker's Receive Maximum goes [MQTT-4.6.0-1]. */
  #sendMore(): void {
    if (!this.isConnected) return;
    for (const outgoing of this.#outgoing) {
      if (outgoing.isReleased || outgoing.isUnderWay) continue;
      if (this.#quota === 0) return;
      this.#quota--;
      this.wire?.send(publishOf(outgoing.message, outgoing.packetId, outgoing.wasSent));
      outgoing.isUnderWay = outgoing.wasSent = true;
    }
  }

  #release(packetId: number): void {
    const outgoing = this.#outgoing.find((one) => one.packetId === packetId);
    if (outgoing === undefined) {
      this.#observer.wrong(`${this.id} is sent PUBREC ${packetId} for nothing`);
      return;
    }
    if (!outgoing.isReleased) this.#observer.closed(outgoing.message);
    outgoing.isReleased = true;
    this.wire?.send({ cmd: "pubrel", messageId: packetId });
  }

  #finished(packetId: number): void {
    const outgoing = this.#outgoing.find((one) => one.packetId === packetId);
    if (outgoing === undefined) {
      this.#observer.wrong(`${this.id} is sent an acknowledgement of ${packetId} for nothing`);
      return;
    }
    if (!outgoing.isReleased) this.#observer.closed(outgoing.message);
    this.#outgoing = this.#outgoing.filter((one) => one !== outgoing);
    if (outgoing.isUnderWay) this.#quota++;
    this.#sendMore();
  }

  /** QoS 2 as the standard asks of a receiver [MQTT-4.3.3-10]. */
  #receive(packet: IPublishPacket): void {
    const { qos, messageId = 0 } = packet;
    const id = idOf(packet.payload);
    const known = this.#received.get(messageId);
    if (qos < 2 || known === undefined) this.#observer.received(this, id, packet);
    else if (known !== id) this.#observer.wrong(`packet id ${messageId} of ${known} now carries ${id}`);
    if (qos === 2) this.#received.set(messageId, id);
    if (qos > 0) this.#answer({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
  }

  #answer(packet: Packet): void {
    if (this.isTalking) this.wire?.send(packet);
    else this.#held.push(packet);
  }

  #nextSubscribeId(): number {
    this.#lastSubscribeId = (this.#lastSubscribeId + 1) % SUBSCRIBE_IDS.count;
    return SUBSCRIBE_IDS.first + this.#lastSubscribeId;
  }
}

function publishOf(message: SentMessage, messageId: number, dup: boolean): Packet {
  const { topic, qos, retain, expiryMs } = message;
  return {
    cmd: "publish",
    topic,
    payload: textOf(message),
    qos,
    retain,
    dup,
    ...(qos > 0 && { messageId }),
    ...(expiryMs > 0 && { properties: { messageExpiryInterval: expiryMs / 1000 } }),
  };
}
