import { isUtf8 } from "node:buffer";
import { fromBase64 } from "./base64.ts";

/** client-first-message => gs2-header bare (RFC 5802 §7). */
export interface ClientFirst {
  /** `n,,` and the like: client-final repeats it. */
  readonly gs2Header: string;
  readonly bare: string;
  readonly user: string;
  readonly nonce: string;
}

/** client-final-message => without-proof ",p=" proof. */
export interface ClientFinal {
  readonly withoutProof: string;
  readonly gs2Header: string;
  readonly nonce: string;
  readonly proof: Buffer;
}

/** What is wrong with a message, in a few words for the client's developer. */
export class ScramProblem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Both messages of a client are far shorter. */
const LONGEST_MESSAGE_BYTES = 4096;

const GS2_HEADER = /^(?<binding>[ny]|p=[A-Za-z0-9.-]+),(?:a=(?<authorizationId>[^,]*))?,/u;
const BARE = /^n=(?<name>[^,\0]+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*$/u;
const FINAL =
  /^(?<withoutProof>c=(?<binding>[^,]+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*),p=(?<proof>[^,]+)$/u;

export function readClientFirst(data: Buffer): ClientFirst | ScramProblem {
  const text = toText(data);
  const header = GS2_HEADER.exec(text);
  if (header?.groups === undefined) return new ScramProblem("the client's first message is malformed");
  const [gs2Header] = header;
  const { binding = "", authorizationId } = header.groups;
  if (binding.startsWith("p=")) return new ScramProblem("channel binding is not offered");
  const bare = text.slice(gs2Header.length);
  if (bare.startsWith("m=")) return new ScramProblem("mandatory extensions are not supported");
  const { name = "", nonce = "" } = BARE.exec(bare)?.groups ?? {};
  const user = toName(name);
  if (user === undefined) return new ScramProblem("the client's first message is malformed");
  if (authorizationId !== undefined && toName(authorizationId) !== user) {
    return new ScramProblem("nobody may act as another user");
  }
  return { gs2Header, bare, user, nonce };
}

export function readClientFinal(data: Buffer): ClientFinal | ScramProblem {
  const { withoutProof = "", binding = "", nonce = "", proof = "" } = FINAL.exec(toText(data))?.groups ?? {};
  const gs2Header = fromBase64(binding)?.toString();
  const proofBytes = fromBase64(proof);
  if (withoutProof === "" || gs2Header === undefined || proofBytes === undefined) {
    return new ScramProblem("the client's final message is malformed");
  }
  return { withoutProof, gs2Header, nonce, proof: proofBytes };
}

/** "" for what is no text or too long: it matches nothing. */
function toText(data: Buffer): string {
  return data.length <= LONGEST_MESSAGE_BYTES && isUtf8(data) ? data.toString() : "";
}

/** saslname: `=2C` stands for a comma, `=3D` for an equals sign, and no other `=` may stand. */
function toName(escaped: string): string | undefined {
  if (escaped === "" || /=(?!2C|3D)/.test(escaped)) return undefined;
  return escaped.replaceAll("=2C", ",").replaceAll("=3D", "=");
}
