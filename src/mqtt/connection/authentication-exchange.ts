import type { Clock } from "../../base/clock.ts";
import { type AuthPacket, type AuthReasonCode, PacketType } from "../codec/packets.ts";
import { type AwaitedAuth, checkAuth } from "../handlers/auth.ts";
import type { AuthExchange, AuthOutcome } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";

export interface AuthenticationPorts {
  readonly clock: Clock;
  /** The client is asked for more: what it says comes to `receive`. */
  ask(packet: AuthPacket): void;
}

const METHOD_GONE: AuthOutcome = {
  kind: "refused",
  reason: "notAuthorized",
  detail: "the authentication method is no longer offered",
};

/**
 * Enhanced authentication on one connection (MQTT 5 §4.12): one conversation with CONNECT, and perhaps others later.
 * One runs at a time, and in it the client speaks only when it was asked.
 */
export class AuthenticationExchange {
  /** That of CONNECT: it cannot change. */
  readonly method: string;
  readonly #ports: AuthenticationPorts;
  #answer: ((data: Buffer | undefined) => void) | undefined;
  #isRunning = false;
  #startedAt = 0;

  constructor(method: string, ports: AuthenticationPorts) {
    this.method = method;
    this.#ports = ports;
  }

  /** Resolves when the method has decided; never, when the client falls silent. */
  async run(exchange: AuthExchange | undefined, data: Buffer | undefined): Promise<AuthOutcome> {
    if (exchange === undefined) return METHOD_GONE;
    this.#isRunning = true;
    this.#startedAt = this.#ports.clock.now();
    let said = data;
    for (;;) {
      const step = await exchange.next(said);
      if (step.kind !== "continue") {
        this.#isRunning = false;
        return step;
      }
      const answer = new Promise<Buffer | undefined>((resolve) => {
        this.#answer = resolve;
      });
      this.#ports.ask(this.packet(ReasonCode.ContinueAuthentication, step.data)); // [MQTT-4.12.0-2]
      said = await answer;
    }
  }

  /** AUTH from the client. Returns whether it begins a re-authentication: what it asks for is then run. */
  receive(packet: AuthPacket): boolean {
    const answer = this.#answer;
    checkAuth(packet, this.method, this.#awaited());
    if (answer === undefined) return true;
    this.#answer = undefined;
    answer(packet.authenticationData);
    return false;
  }

  /** With the method of CONNECT [MQTT-4.12.0-5]. */
  packet(reasonCode: AuthReasonCode, authenticationData: Buffer): AuthPacket {
    return { type: PacketType.Auth, reasonCode, authenticationMethod: this.method, authenticationData };
  }

  /** Whether a conversation has been going on for longer than this. */
  isOverdue(now: number, limitMs: number): boolean {
    return this.#isRunning && now - this.#startedAt > limitMs;
  }

  #awaited(): AwaitedAuth | undefined {
    if (this.#answer !== undefined) return ReasonCode.ContinueAuthentication;
    return this.#isRunning ? undefined : ReasonCode.ReAuthenticate;
  }
}
