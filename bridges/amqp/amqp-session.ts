import {
  type ChannelModel,
  type ConfirmChannel,
  connect,
  IllegalOperationError,
  type Message,
} from "amqplib";
import type { Cancel, Clock } from "../../src/base/clock.ts";
import { endsWithin } from "../deadline.ts";
import type { Publication } from "./amqp-mapping.ts";
import type { AmqpOptions } from "./amqp-options.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_MS = 1_000;

/** What the server said of one publication; `lost` when the channel ended before it said anything. */
export type Confirmation =
  | { readonly kind: "acknowledged" | "rejected" | "lost" }
  | { readonly kind: "returned" | "unencodable"; readonly reason: string };

/** One connection with one confirm channel, from its opening to its first failure; it is never used again after that. */
export class AmqpSession {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  /** Reasons of returned publications until their confirm comes, by bridge-seq. */
  readonly #returned = new Map<string, string>();
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;
  #failure: unknown;
  #blockedReason: string | undefined;
  #lastConfirmAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#channel !== undefined;
  }

  /** Why it ended; its `code` is the reply code when the server gave one. */
  get failure(): unknown {
    return this.#failure;
  }

  get blockedReason(): string | undefined {
    return this.#blockedReason;
  }

  async open(options: AmqpOptions): Promise<void> {
    const model = await connect(withHeartbeat(options), this.#socketOptions());
    this.#model = model;
    model.on("error", (error) => this.#ended(error));
    model.on("close", (error) => this.#ended(error));
    model.on("blocked", (reason) => {
      this.#blockedReason = reason;
    });
    model.on("unblocked", () => {
      this.#blockedReason = undefined;
    });
    const channel = await model.createConfirmChannel();
    channel.on("error", (error) => this.#ended(error));
    channel.prependListener("close", () => this.#ended(undefined)); // before amqplib fails what is unconfirmed
    channel.on("return", (message) => this.#noteReturn(message));
    for (const { name, type, durable } of options.assertExchanges ?? []) {
      await channel.assertExchange(name, type, { durable });
    }
    this.#channel = channel;
  }

  /** Never rejects; all publications are on their way before the first is confirmed. */
  publish(
    { exchange, routingKey, content, options, bridgeSeq }: Publication,
    mandatory: boolean,
  ): Promise<Confirmation> {
    return new Promise((resolve) => {
      const confirmed = (error: unknown): void => resolve(this.#confirmationOf(bridgeSeq, error));
      try {
        if (!this.#channel) resolve({ kind: "lost" });
        this.#channel?.publish(exchange, routingKey, content, { ...options, mandatory }, confirmed);
      } catch (error) {
        resolve(error instanceof IllegalOperationError ? { kind: "lost" } : unencodable(error));
      }
    });
  }

  /** Ends the session when no confirm comes for so long, unless the server said that it is blocked. */
  watchConfirms(timeoutMs: number): Cancel {
    this.#lastConfirmAt = this.#clock.now();
    let cancel: Cancel;
    const check = (): void => {
      const silentForMs = this.#clock.now() - this.#lastConfirmAt;
      if (silentForMs >= timeoutMs && this.#blockedReason === undefined) {
        this.#failure ??= new Error(`no confirm for ${timeoutMs} ms`);
        this.#abort.abort();
        return;
      }
      cancel = this.#clock.after(Math.max(timeoutMs - silentForMs, timeoutMs / 10), check);
    };
    cancel = this.#clock.after(timeoutMs, check);
    return () => cancel();
  }

  /** Ends politely if that is quick, else cuts the connection. */
  async close(): Promise<void> {
    if (this.#model) await endsWithin(this.#clock, CLOSE_MS, this.#model.close());
    this.#abort.abort();
  }

  #socketOptions(): object {
    return { noDelay: true, keepAlive: true, timeout: CONNECT_TIMEOUT_MS, signal: this.#abort.signal };
  }

  #ended(error: unknown): void {
    this.#failure ??= error;
    this.#channel = undefined;
    this.#blockedReason = undefined;
  }

  #noteReturn(message: Message): void {
    const bridgeSeq: unknown = message.properties.headers?.["bridge-seq"];
    const { replyText } = message.fields as unknown as { readonly replyText: string };
    this.#returned.set(String(bridgeSeq), replyText);
  }

  #confirmationOf(bridgeSeq: string, error: unknown): Confirmation {
    this.#lastConfirmAt = this.#clock.now();
    const reason = this.#returned.get(bridgeSeq);
    this.#returned.delete(bridgeSeq);
    if (error) return { kind: this.isOpen ? "rejected" : "lost" };
    return reason === undefined ? { kind: "acknowledged" } : { kind: "returned", reason };
  }
}

/** amqplib throws a RangeError for a header table of more than 64 KiB, before anything is sent. */
function unencodable(error: unknown): Confirmation {
  if (error instanceof RangeError) return { kind: "unencodable", reason: error.message };
  throw error;
}

function withHeartbeat({ url, heartbeat }: AmqpOptions): string {
  const withQuery = new URL(url);
  if (!withQuery.searchParams.has("heartbeat")) withQuery.searchParams.set("heartbeat", String(heartbeat));
  return withQuery.href;
}
