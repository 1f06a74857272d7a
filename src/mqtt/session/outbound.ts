import type { Message } from "../../base/message.ts";
import type { Delivery, QueuedMessage } from "../../base/queued-message.ts";
import type { DeliverySource, SharedDelivery, SourceConsumer } from "../ports.ts";

/** The connection as the sending half of a session sees it. */
export interface OutboundLink {
  /** False while the client reads more slowly than it is sent to. */
  readonly isWritable: boolean;
  /** Returns false when the packet is larger than the client accepts: then it is as good as delivered [MQTT-3.1.2-25]. */
  sendPublish(message: Message, delivery: Delivery, packetId: number, dup: boolean): boolean;
  sendPubrel(packetId: number): void;
}

/** What the sender does with messages it is through with. */
export interface OutboundPorts {
  now(): number;
  /** The message needs no more: acknowledged, expired, too large. */
  settle(seq: number): void;
  /** PUBREC came: calls `Outbound.released` when that is durable. */
  release(seq: number, packetId: number): void;
  dropped(reason: "expired" | "packet_too_large" | "not_authorized"): void;
  /** Asked again when a message has waited: the rules may have changed since it was queued. */
  mayReceive(message: Message): boolean;
  /** There may be room for messages of shared subscriptions. */
  hasRoom(): void;
}

/** Where one QoS 1 or 2 message stands: the sender of MQTT 5 §4.3. */
const State = { AwaitingPuback: 0, AwaitingPubrec: 1, Releasing: 2, AwaitingPubcomp: 3 } as const;
type State = (typeof State)[keyof typeof State];

/**
 * Sends a session's QoS 1 and 2 messages in order, at most `limit` unacknowledged at a time. The packet id follows
 * from the place in the queue, so that it is the same when the message is sent again, even by another process.
 */
export class Outbound implements SourceConsumer {
  readonly committedOnly = false;
  readonly #source: DeliverySource;
  readonly #ports: OutboundPorts;
  /** By packet id: seq * 4 + state. No object per message. */
  readonly #inflight = new Map<number, number>();
  /** Messages of shared subscriptions, by packet id; they belong to their group until they are acknowledged. */
  readonly #shared = new Map<number, SharedDelivery>();
  #lastSharedId = 0;
  #link: OutboundLink | undefined;
  #limit = 0;
  /** Entries below went out over an earlier connection. */
  #dupEnd = 0;
  /** Taken, but its packet id is still in use. */
  #held: QueuedMessage | undefined;

  constructor(source: DeliverySource, ports: OutboundPorts) {
    this.#source = source;
    this.#ports = ports;
  }

  /** Messages sent and not acknowledged. */
  get inflightCount(): number {
    return this.#inflight.size + this.#shared.size;
  }

  /** Whether a connection carries the session, past its CONNACK. */
  get isAttached(): boolean {
    return this.#link !== undefined;
  }

  /** Whether one more message may go out now. */
  get hasRoom(): boolean {
    return this.#link?.isWritable === true && this.inflightCount < this.#limit;
  }

  /** Whether a message may go out at once, ahead of nothing. */
  get isIdle(): boolean {
    return this.hasRoom && this.#held === undefined && this.#source.count === 0;
  }

  /** A connection carries the session now: sends again what was not acknowledged [MQTT-4.4.0-1], then the rest. */
  attach(link: OutboundLink, limit: number): void {
    this.#link = link;
    this.#limit = limit;
    this.#inflight.clear();
    this.#held = undefined;
    this.#dupEnd = this.#source.sentEnd;
    this.#source.attach(this);
    this.ready();
  }

  detach(): void {
    this.#link = undefined;
    this.#inflight.clear();
    this.#held = undefined;
    this.#source.detach();
    const shared = [...this.#shared.values()];
    this.#shared.clear();
    for (const delivery of shared) delivery.returned();
  }

  /** Sends what may be sent now. */
  ready(): void {
    const link = this.#link;
    while (link !== undefined && this.hasRoom) {
      const queued = this.#held ?? this.#source.take();
      if (queued === undefined) {
        this.#ports.hasRoom();
        return;
      }
      this.#held = undefined;
      if (this.#isInUse(packetIdOf(queued.seq))) {
        this.#held = queued;
        return;
      }
      this.#send(link, queued);
    }
  }

  /** hot: a message that did not have to wait in the source (`isIdle` was true). Returns false when its id is in use. */
  sendNow(message: Message, delivery: Delivery, seq: number): boolean {
    const packetId = packetIdOf(seq);
    if (this.#isInUse(packetId)) return false;
    this.#sendPublish(this.#link as OutboundLink, message, delivery, seq, packetId);
    return true;
  }

  /** A message of a shared subscription, QoS 1; `hasRoom` was true. */
  sendShared(message: Message, delivery: Delivery, shared: SharedDelivery): void {
    const packetId = this.#freePacketId();
    if (this.#link?.sendPublish(message, delivery, packetId, false)) {
      this.#shared.set(packetId, shared);
      return;
    }
    shared.settled();
    this.#ports.dropped("packet_too_large");
  }

  /** PUBACK. Returns false when no such message awaits it. */
  acknowledged(packetId: number): boolean {
    const shared = this.#shared.get(packetId);
    if (shared !== undefined) {
      this.#shared.delete(packetId);
      shared.settled();
      this.ready();
      return true;
    }
    const entry = this.#inflight.get(packetId);
    if (entry === undefined || stateOf(entry) !== State.AwaitingPuback) return false;
    return this.#done(packetId, entry);
  }

  /** PUBREC. A refusal ends the delivery; else PUBREL follows when the change is durable [MQTT-4.3.3-4]. */
  received(packetId: number, isRefused: boolean): boolean {
    const entry = this.#inflight.get(packetId);
    if (entry === undefined) return false;
    const state = stateOf(entry);
    if (state === State.AwaitingPuback) return false;
    if (state === State.AwaitingPubcomp) this.#link?.sendPubrel(packetId); // a repeat [MQTT-4.3.3-6]
    if (state !== State.AwaitingPubrec) return true;
    if (isRefused) return this.#done(packetId, entry);
    this.#inflight.set(packetId, pack(seqOf(entry), State.Releasing));
    this.#ports.release(seqOf(entry), packetId);
    return true;
  }

  /** The PUBREC is durable: PUBREL may leave. */
  released(packetId: number): void {
    const entry = this.#inflight.get(packetId);
    if (entry === undefined || stateOf(entry) !== State.Releasing) return;
    this.#inflight.set(packetId, pack(seqOf(entry), State.AwaitingPubcomp));
    this.#link?.sendPubrel(packetId);
  }

  /** PUBCOMP. */
  completed(packetId: number): boolean {
    const entry = this.#inflight.get(packetId);
    if (entry === undefined || stateOf(entry) !== State.AwaitingPubcomp) return false;
    return this.#done(packetId, entry);
  }

  #isInUse(packetId: number): boolean {
    return this.#inflight.has(packetId) || this.#shared.has(packetId);
  }

  /** From the top down: those that follow from a place in the queue mostly come from elsewhere. */
  #freePacketId(): number {
    do {
      this.#lastSharedId = this.#lastSharedId <= 1 ? 65535 : this.#lastSharedId - 1;
    } while (this.#isInUse(this.#lastSharedId));
    return this.#lastSharedId;
  }

  #done(packetId: number, entry: number): true {
    this.#inflight.delete(packetId);
    this.#ports.settle(seqOf(entry));
    this.ready();
    return true;
  }

  #send(link: OutboundLink, { seq, message, delivery }: QueuedMessage): void {
    const packetId = packetIdOf(seq);
    if (message === undefined) {
      this.#inflight.set(packetId, pack(seq, State.AwaitingPubcomp));
      link.sendPubrel(packetId);
    } else if (message.expiresAt !== 0 && message.expiresAt <= this.#ports.now() && seq >= this.#dupEnd) {
      this.#drop(seq, "expired"); // delivery had not begun [MQTT-3.3.2-5]
    } else if (!this.#ports.mayReceive(message)) {
      this.#drop(seq, "not_authorized");
    } else {
      this.#sendPublish(link, message, delivery, seq, packetId);
    }
  }

  #sendPublish(
    link: OutboundLink,
    message: Message,
    delivery: Delivery,
    seq: number,
    packetId: number,
  ): void {
    if (!link.sendPublish(message, delivery, packetId, seq < this.#dupEnd)) {
      this.#drop(seq, "packet_too_large");
      return;
    }
    const state = delivery.qos === 1 ? State.AwaitingPuback : State.AwaitingPubrec;
    this.#inflight.set(packetId, pack(seq, state));
  }

  #drop(seq: number, reason: Parameters<OutboundPorts["dropped"]>[0]): void {
    this.#ports.settle(seq);
    this.#ports.dropped(reason);
  }
}

/** 1..65535, the same for the same place in the queue wherever it is computed. */
function packetIdOf(seq: number): number {
  return 1 + (seq % 65535);
}

function pack(seq: number, state: State): number {
  return seq * 4 + state;
}

function seqOf(entry: number): number {
  return Math.floor(entry / 4);
}

function stateOf(entry: number): State {
  return (entry % 4) as State;
}
