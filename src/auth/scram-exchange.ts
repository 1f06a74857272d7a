import { timingSafeEqual } from "node:crypto";
import type { AuthExchange, AuthStep } from "./authenticator.ts";
import {
  type ClientFinal,
  type ClientFirst,
  readClientFinal,
  readClientFirst,
  ScramProblem,
} from "./scram-messages.ts";
import { hmac, SCRAM_KEY_BYTES, type ScramVerifier, sha256 } from "./scram-verifier.ts";

export const SCRAM_SHA_256 = "SCRAM-SHA-256";

/** A user, or somebody who looks like one until the last message. */
export interface ScramAccount {
  readonly verifier: ScramVerifier;
  readonly isKnown: boolean;
}

export interface ScramPorts {
  /** Always answers, and in the same time, so that nobody learns which users there are. */
  find(user: string): ScramAccount;
  /** Printable ASCII without commas, never the same twice. */
  nonce(): string;
}

/** What was said so far, once the server has asked for the proof. */
interface Asked {
  readonly first: ClientFirst;
  readonly account: ScramAccount;
  /** The client's and the server's. */
  readonly nonce: string;
  readonly serverFirst: string;
}

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding:
 *
 *     client-first => continue(server-first);  client-final => accepted(user, server-final)
 *
 * anything else is refused and ends it.
 */
export class ScramExchange implements AuthExchange {
  readonly #ports: ScramPorts;
  #asked: Asked | undefined;
  #isOver = false;

  constructor(ports: ScramPorts) {
    this.#ports = ports;
  }

  next(data: Buffer | undefined): AuthStep {
    if (data === undefined || this.#isOver) return this.#refuse("a SCRAM message was expected");
    return this.#asked === undefined ? this.#ask(data) : this.#decide(data, this.#asked);
  }

  #ask(data: Buffer): AuthStep {
    const first = readClientFirst(data);
    if (first instanceof ScramProblem) return this.#refuse(first.text);
    const account = this.#ports.find(first.user);
    const nonce = first.nonce + this.#ports.nonce();
    const { salt, iterations } = account.verifier;
    const serverFirst = `r=${nonce},s=${salt.toString("base64")},i=${iterations}`;
    this.#asked = { first, account, nonce, serverFirst };
    return { kind: "continue", data: Buffer.from(serverFirst) };
  }

  #decide(data: Buffer, asked: Asked): AuthStep {
    const final = readClientFinal(data);
    if (final instanceof ScramProblem) return this.#refuse(final.text);
    const { first, account, nonce } = asked;
    if (final.nonce !== nonce) return this.#refuse("the nonce is not the one agreed on");
    if (final.gs2Header !== first.gs2Header) return this.#refuse("the channel binding differs");
    this.#isOver = true;
    const authMessage = `${first.bare},${asked.serverFirst},${final.withoutProof}`;
    const isProven = proves(final, authMessage, account.verifier);
    if (!isProven || !account.isKnown) {
      return { kind: "refused", reason: "badUserNameOrPassword", detail: "bad user name or password" };
    }
    const signature = hmac(account.verifier.serverKey, authMessage);
    return { kind: "accepted", user: first.user, data: Buffer.from(`v=${signature.toString("base64")}`) };
  }

  #refuse(problem: string): AuthStep {
    this.#isOver = true;
    return { kind: "refused", reason: "notAuthorized", detail: `${SCRAM_SHA_256}: ${problem}` };
  }
}

/** ClientKey := ClientProof XOR ClientSignature; only who knows the password has one that hashes to StoredKey. */
function proves({ proof }: ClientFinal, authMessage: string, { storedKey }: ScramVerifier): boolean {
  if (proof.length !== SCRAM_KEY_BYTES) return false;
  const signature = hmac(storedKey, authMessage);
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] as number)));
  return timingSafeEqual(sha256(clientKey), storedKey);
}
