import { describe } from "../../src/base/errors.ts";
import type { BridgePorts, BridgeRecord, SendResult, Sink } from "../bridge.ts";
import { TemplateError } from "../template-input.ts";
import { isPoison, toBridgeError } from "./amqp-failure.ts";
import { type ParsedMapping, type Publication, toPublication } from "./amqp-mapping.ts";
import type { AmqpOptions } from "./amqp-options.ts";
import { AmqpSession, type Confirmation } from "./amqp-session.ts";

const CONFIRM_TIMEOUT_MS = 30_000;

/**
 * Publishes the batches of one lane, each pipelined and confirmed as a whole. A lane has a connection of its own: it
 * alone decides when to reconnect, and one lane that the server closes or blocks does not stop the others.
 */
export class AmqpSink implements Sink {
  readonly #options: AmqpOptions;
  readonly #mappings: readonly ParsedMapping[];
  readonly #ports: BridgePorts;
  #session: AmqpSession | undefined;

  constructor(options: AmqpOptions, mappings: readonly ParsedMapping[], ports: BridgePorts) {
    this.#options = options;
    this.#mappings = mappings;
    this.#ports = ports;
  }

  get blockedReason(): string | undefined {
    return this.#session?.blockedReason;
  }

  async connect(): Promise<void> {
    await this.#openSession();
  }

  async send(batch: readonly BridgeRecord[]): Promise<readonly SendResult[]> {
    const session = await this.#openSession();
    const stopWatching = session.watchConfirms(CONFIRM_TIMEOUT_MS);
    const now = this.#ports.clock.now();
    const outcomes = await Promise.all(batch.map((record) => this.#publish(session, record, now)));
    stopWatching();
    if (session.isOpen) return outcomes.map((outcome) => this.#toResult(outcome, undefined));
    return await this.#afterFailure(session, outcomes);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #openSession(): Promise<AmqpSession> {
    if (this.#session?.isOpen) return this.#session;
    await this.close();
    const session = new AmqpSession(this.#ports.clock);
    this.#session = session;
    try {
      await session.open(this.#options);
    } catch (error) {
      await this.close();
      throw toBridgeError(session.failure ?? error);
    }
    return session;
  }

  async #publish(
    session: AmqpSession,
    record: BridgeRecord,
    now: number,
  ): Promise<Confirmation | SendResult> {
    const publication = this.#render(record, now);
    if ("outcome" in publication) return publication;
    return await session.publish(publication, this.#options.mandatory);
  }

  #render(record: BridgeRecord, now: number): Publication | SendResult {
    const mapping = this.#mappings[record.mapping - 1];
    if (!mapping) return { outcome: "poison", reason: `the bridge has no mapping ${record.mapping}` };
    try {
      return toPublication(record, mapping, now);
    } catch (error) {
      if (error instanceof TemplateError) return { outcome: "poison", reason: error.message };
      throw error;
    }
  }

  /** What was confirmed stays known; when nothing was, the failure itself is the answer. */
  async #afterFailure(
    session: AmqpSession,
    outcomes: readonly (Confirmation | SendResult)[],
  ): Promise<readonly SendResult[]> {
    await this.close();
    const isNothingKnown = outcomes.every((outcome) => "kind" in outcome && outcome.kind === "lost");
    if (isNothingKnown && !isPoison(session.failure)) throw toBridgeError(session.failure);
    return outcomes.map((outcome) => this.#toResult(outcome, session.failure));
  }

  #toResult(outcome: Confirmation | SendResult, failure: unknown): SendResult {
    if ("outcome" in outcome) return outcome;
    switch (outcome.kind) {
      case "acknowledged":
        return { outcome: "delivered" };
      case "returned":
        return this.#unroutable(outcome.reason);
      case "unencodable":
        return { outcome: "poison", reason: outcome.reason };
      case "rejected":
        return { outcome: "retry", reason: "the server rejected the message" };
      case "lost":
        return { outcome: isPoison(failure) ? "split" : "retry", reason: describe(toBridgeError(failure)) };
    }
  }

  #unroutable(replyText: string): SendResult {
    const reason = `unroutable: ${replyText}`;
    switch (this.#options.unroutable) {
      case "deadLetter":
        return { outcome: "poison", reason };
      case "retry":
        return { outcome: "retry", reason };
      case "drop":
        return { outcome: "dropped", reason: "unroutable" };
    }
  }
}
