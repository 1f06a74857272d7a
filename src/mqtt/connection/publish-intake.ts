import type { Reading } from "../../base/reading.ts";
import type { PublishPacket } from "../codec/packets.ts";
import type { Client } from "../handlers/client.ts";
import { handlePublish, handlePublishQoS0 } from "../handlers/publish.ts";
import type { FullQueue, MqttOptions, MqttPorts } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import { Hold } from "./hold.ts";

/** The client a PUBLISH came from. */
export interface PublishingClient extends Client {
  readonly isConnected: boolean;
  close(reasonCode: ReasonCode, reasonString: string): void;
}

/** Takes the PUBLISH packets of one connection: counts them against its rate, and keeps one that has to wait for room. */
export class PublishIntake {
  readonly #client: PublishingClient;
  readonly #reading: Reading<Hold>;
  readonly #ports: MqttPorts;
  readonly #options: MqttOptions;
  /** Runs what comes later, on the connection's account. */
  readonly #guarded: (task: () => void) => void;
  /** PUBLISH packets it may send before the next tick. */
  #messagesLeft: number;
  #wasThrottled = false;
  /** Waits for room in an outbox. */
  #blocked: PublishPacket | undefined;
  #cancelRoom: (() => void) | undefined;

  constructor(
    client: PublishingClient,
    reading: Reading<Hold>,
    { ports, options }: { readonly ports: MqttPorts; readonly options: MqttOptions },
    guarded: (task: () => void) => void,
  ) {
    this.#client = client;
    this.#reading = reading;
    this.#ports = ports;
    this.#options = options;
    this.#guarded = guarded;
    this.#messagesLeft = options.limits.messageRate || Number.POSITIVE_INFINITY;
  }

  /** hot: returns whether something durable may have to be waited for before more is read. */
  take(packet: PublishPacket): boolean {
    const { counters } = this.#ports;
    counters.messagesReceived[packet.qos]++;
    counters.payloadBytesReceived += packet.payload.length;
    if (--this.#messagesLeft <= 0) this.#sentTooMuch();
    if (!this.#client.isConnected) return false;
    if (packet.qos === 0) return handlePublishQoS0(this.#client, packet, this.#ports, this.#options);
    const full = handlePublish(this.#client, packet, this.#ports, this.#options);
    if (full !== undefined) this.#block(packet, full);
    return true;
  }

  /** Called once a second: it may send its share again. */
  refill(): void {
    this.#messagesLeft = this.#options.limits.messageRate || Number.POSITIVE_INFINITY;
    this.#reading.release(Hold.MessageRate);
  }

  close(): void {
    this.#cancelRoom?.();
    this.#blocked = undefined;
  }

  #block(packet: PublishPacket, full: FullQueue): void {
    this.#blocked = { ...packet, payload: Buffer.from(packet.payload) };
    this.#reading.hold(Hold.OutboxFull);
    this.#retryWhenRoom(full);
  }

  #retryWhenRoom(full: FullQueue): void {
    this.#cancelRoom = full.whenRoom(() => setImmediate(() => this.#guarded(() => this.#retry())));
  }

  #retry(): void {
    const packet = this.#blocked;
    if (packet === undefined || !this.#client.isConnected) return;
    const full = handlePublish(this.#client, packet, this.#ports, this.#options);
    if (full !== undefined) {
      this.#retryWhenRoom(full);
      return;
    }
    this.#blocked = undefined;
    this.#reading.release(Hold.OutboxFull);
  }

  #sentTooMuch(): void {
    const { messageRate, whenMessageRateExceeded: action } = this.#options.limits;
    if (action === "disconnect" && this.#messagesLeft === 0) return; // the last one it may send
    this.#ports.counters.limitReached("message_rate");
    if (!this.#wasThrottled) this.#client.noted("limits.messageRate exceeded", { messageRate, action });
    this.#wasThrottled = true;
    if (action === "disconnect") {
      this.#client.close(ReasonCode.MessageRateTooHigh, "too many messages per second");
    } else {
      this.#reading.hold(Hold.MessageRate);
    }
  }
}
