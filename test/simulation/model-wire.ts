import type { QoS } from "../../src/base/qos.ts";
import type { ModelInstance, ModelSubscription } from "./model-instance.ts";
import type { ModelWill } from "./model-will.ts";
import type { SentMessage } from "./sent-message.ts";

interface Incoming {
  readonly packetId: number;
  readonly message: SentMessage;
  /** The moment it arrived. */
  readonly at: number;
}

type OutgoingState = "awaiting puback" | "awaiting pubrec" | "received" | "released";

/** What the border of one connection has seen: packet ids in use both ways, and what is asked and not answered. */
export class ModelWire {
  readonly clientId: string;
  /** The moment its CONNECT arrived. */
  readonly connectAt: number;
  readonly isClean: boolean;
  /** As asked for, capped by the broker. */
  readonly expiryMs: number;
  readonly receiveMaximum: number;
  readonly mayBePresent: ReadonlySet<boolean>;
  readonly will: ModelWill | undefined;
  /** Set when CONNACK left. */
  instance: ModelInstance | undefined;
  /** The moment. */
  connackAt = 0;
  isDurable = false;
  isEnded = false;
  /** A DISCONNECT arrived: how it ends the connection once the broker reads it. */
  disconnect: { readonly isGraceful: boolean; readonly expiryMs: number } | undefined;
  /** The Reason Code of the broker's DISCONNECT. */
  disconnectReason: number | undefined;
  /** SUBSCRIBE and UNSUBSCRIBE without their answers, by packet id. */
  readonly asked = new Map<
    number,
    { readonly subscriptions: readonly ModelSubscription[]; readonly at: number }
  >();
  readonly #incoming: { 1: Incoming[]; 2: Incoming[] } = { 1: [], 2: [] };
  readonly #outgoing = new Map<number, OutgoingState>();
  #unacknowledged = 0;

  constructor(
    given: Pick<
      ModelWire,
      "clientId" | "connectAt" | "isClean" | "expiryMs" | "receiveMaximum" | "mayBePresent" | "will"
    >,
  ) {
    this.clientId = given.clientId;
    this.connectAt = given.connectAt;
    this.isClean = given.isClean;
    this.expiryMs = given.expiryMs;
    this.receiveMaximum = given.receiveMaximum;
    this.mayBePresent = given.mayBePresent;
    this.will = given.will;
  }

  publishArrived(message: SentMessage, packetId: number, at: number): void {
    if (message.qos > 0) this.#incoming[message.qos as 1 | 2].push({ packetId, message, at });
  }

  /** PUBACK or PUBREC left: must be for what came first. */
  acknowledged(qos: 1 | 2, packetId: number): Incoming | string {
    const first = this.#incoming[qos].shift();
    if (first === undefined) return `acknowledges ${packetId}, which was not sent`;
    if (first.packetId !== packetId) return `acknowledges ${packetId} before ${first.packetId}`;
    return first;
  }

  /** The broker wrote a PUBLISH. Returns what is wrong with that. */
  publishLeft(packetId: number, qos: QoS): string | undefined {
    if (qos === 0) return undefined;
    if (this.#outgoing.has(packetId)) return `uses packet id ${packetId}, which is in use`;
    this.#outgoing.set(packetId, qos === 1 ? "awaiting puback" : "awaiting pubrec");
    this.#unacknowledged++;
    if (this.#unacknowledged > this.receiveMaximum)
      return `exceeds the Receive Maximum of ${this.receiveMaximum}`;
    return undefined;
  }

  pubrelLeft(packetId: number): string | undefined {
    const state = this.#outgoing.get(packetId);
    if (state === "awaiting puback" || state === "awaiting pubrec")
      return `sends PUBREL ${packetId} before PUBREC`;
    if (state === "received") this.#outgoing.set(packetId, "released");
    return undefined;
  }

  acknowledgementArrived(packet: "puback" | "pubrec" | "pubcomp", packetId: number): void {
    const state = this.#outgoing.get(packetId);
    if (state === undefined) return;
    if (packet === "pubrec") {
      if (state === "awaiting pubrec") this.#outgoing.set(packetId, "received");
      return;
    }
    this.#outgoing.delete(packetId);
    this.#unacknowledged--;
  }
}
