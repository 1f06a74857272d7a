import type { Message } from "../../base/message.ts";
import type { Delivery, QueuedMessage } from "../../base/queued-message.ts";
import type { DeliverySource, SharedDelivery, SourceConsumer } from "../ports.ts";
import { DeliveryState, InflightWindow, packetIdOf } from "./inflight-window.ts";

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

/** Of a shared subscription's messages one member holds no more unacknowledged: others may be quicker. */
const SHARED_INFLIGHT = 1024;

/**
 * Sends a session's QoS 1 and 2 messages in order, at most `limit` unacknowledged at a time. The packet id follows
 * from the place in the queue, so that it is the same when the message is sent again, even by another process.
 */
export class Outbound implements SourceConsumer {
  readonly committedOnly = false;
  readonly #source: DeliverySource;
  readonly #ports: OutboundPorts;
  readonly #inflight = new InflightWindow();
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
    return this.#inflight.count + this.#shared.size;
  }

  /** Whether a connection carries the session, past its CONNACK. */
  get isAttached(): boolean {
    return this.#link !== undefined;
  }

  /** Whether one more message may go out now. */
  get hasRoom(): boolean {
    return this.#link?.isWritable === true && this.inflightCount < this.#limit;
  }

  /** The same for a message of a shared subscription. */
  get hasSharedRoom(): boolean {
    return this.#shared.size < SHARED_INFLIGHT && this.hasRoom;
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
      if (!this.#mayAdd(queued.seq)) {
        this.#held = queued;
        return;
      }
      this.#send(link, queued);
    }
  }

  /** hot: a message that did not have to wait in the source (`isIdle` was true). Returns false when its id is in use. */
  sendNow(message: Message, delivery: Delivery, seq: number): boolean {
    if (!this.#mayAdd(seq)) return false;
    this.#sendPublish(this.#link as OutboundLink, message, delivery, seq);
    return true;
  }

  /** A message of a shared subscription, QoS 1; `hasSharedRoom` was true. */
  sendShared(message: Message, delivery: Delivery, shared: SharedDelivery): void {
    const packetId = this.#freePacketId();
    if (this.#link?.sendPublish(message, delivery, packetId, false)) {
      this.#shared.set(packetId, shared);
      return;
    }
    shared.settled();
    this.#ports.dropped("packet_too_large");
  }

  /** hot: PUBACK. Returns false when no such message awaits it. */
  acknowledged(packetId: number): boolean {
    const shared = this.#shared.size === 0 ? undefined : this.#shared.get(packetId);
    if (shared !== undefined) {
      this.#shared.delete(packetId);
      shared.settled();
      this.ready();
      return true;
    }
    const seq = this.#inflight.find(packetId);
    if (seq < 0 || this.#inflight.stateOf(seq) !== DeliveryState.AwaitingPuback) return false;
    return this.#done(seq);
  }

  /** PUBREC. A refusal ends the delivery; else PUBREL follows when the change is durable [MQTT-4.3.3-4]. */
  received(packetId: number, isRefused: boolean): boolean {
    const seq = this.#inflight.find(packetId);
    if (seq < 0) return false;
    const state = this.#inflight.stateOf(seq);
    if (state === DeliveryState.AwaitingPuback) return false;
    if (state === DeliveryState.AwaitingPubcomp) this.#link?.sendPubrel(packetId); // a repeat [MQTT-4.3.3-6]
    if (state !== DeliveryState.AwaitingPubrec) return true;
    if (isRefused) return this.#done(seq);
    this.#inflight.advance(seq, DeliveryState.Releasing);
    this.#ports.release(seq, packetId);
    return true;
  }

  /** The PUBREC is durable: PUBREL may leave. */
  released(packetId: number): void {
    const seq = this.#inflight.find(packetId);
    if (seq < 0 || this.#inflight.stateOf(seq) !== DeliveryState.Releasing) return;
    this.#inflight.advance(seq, DeliveryState.AwaitingPubcomp);
    this.#link?.sendPubrel(packetId);
  }

  /** PUBCOMP. */
  completed(packetId: number): boolean {
    const seq = this.#inflight.find(packetId);
    if (seq < 0 || this.#inflight.stateOf(seq) !== DeliveryState.AwaitingPubcomp) return false;
    return this.#done(seq);
  }

  /** Whether the packet id of this place is free. */
  #mayAdd(seq: number): boolean {
    return this.#inflight.mayAdd(seq) && (this.#shared.size === 0 || !this.#shared.has(packetIdOf(seq)));
  }

  /** From the top down: those that follow from a place in the queue mostly come from elsewhere. */
  #freePacketId(): number {
    do {
      this.#lastSharedId = this.#lastSharedId <= 1 ? 65535 : this.#lastSharedId - 1;
    } while (this.#shared.has(this.#lastSharedId) || this.#inflight.find(this.#lastSharedId) >= 0);
    return this.#lastSharedId;
  }

  #done(seq: number): true {
    this.#inflight.remove(seq);
    this.#ports.settle(seq);
    this.ready();
    return true;
  }

  #send(link: OutboundLink, { seq, message, delivery }: QueuedMessage): void {
    if (message === undefined) {
      this.#inflight.add(seq, DeliveryState.AwaitingPubcomp);
      link.sendPubrel(packetIdOf(seq));
    } else if (message.expiresAt !== 0 && message.expiresAt <= this.#ports.now() && seq >= this.#dupEnd) {
      this.#drop(seq, "expired"); // delivery had not begun [MQTT-3.3.2-5]
    } else if (!this.#ports.mayReceive(message)) {
      this.#drop(seq, "not_authorized");
    } else {
      this.#sendPublish(link, message, delivery, seq);
    }
  }

  #sendPublish(link: OutboundLink, message: Message, delivery: Delivery, seq: number): void {
    if (!link.sendPublish(message, delivery, packetIdOf(seq), seq < this.#dupEnd)) {
      this.#drop(seq, "packet_too_large");
      return;
    }
    const isQoS1 = delivery.qos === 1;
    this.#inflight.add(seq, isQoS1 ? DeliveryState.AwaitingPuback : DeliveryState.AwaitingPubrec);
  }

  #drop(seq: number, reason: Parameters<OutboundPorts["dropped"]>[0]): void {
    this.#ports.settle(seq);
    this.#ports.dropped(reason);
  }
}
