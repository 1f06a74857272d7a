import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** A client of SCRAM-SHA-256 written from RFC 5802 §3, without a line of the broker's. */
export class ScramClient {
  readonly #password: string;
  readonly #header: string;
  readonly #bare: string;
  #serverSignature = "";

  constructor(user: string, password: string, { header = "n,,", nonce = "rOprNGfwEbeRWgbNEkqO" } = {}) {
    this.#password = password;
    this.#header = header;
    this.#bare = `n=${user},r=${nonce}`;
  }

  first(): Buffer {
    return Buffer.from(this.#header + this.#bare);
  }

  final(serverFirst: Buffer): Buffer {
    const { r = "", s = "", i = "" } = fields(serverFirst);
    const withoutProof = `c=${Buffer.from(this.#header).toString("base64")},r=${r}`;
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`;
    const salted = pbkdf2Sync(this.#password, Buffer.from(s, "base64"), Number(i), 32, "sha256");
    const clientKey = mac(salted, "Client Key");
    const signature = mac(createHash("sha256").update(clientKey).digest(), authMessage);
    this.#serverSignature = mac(mac(salted, "Server Key"), authMessage).toString("base64");
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] as number)));
    return Buffer.from(`${withoutProof},p=${proof.toString("base64")}`);
  }

  /** Whether the server knows the password too. */
  trusts(serverFinal: Buffer): boolean {
    return serverFinal.toString() === `v=${this.#serverSignature}`;
  }
}

/** `a=1,b=2` as an object. */
export function fields(message: Buffer): Record<string, string> {
  return Object.fromEntries(
    message
      .toString()
      .split(",")
      .map((part) => [part.slice(0, 1), part.slice(2)]),
  );
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
