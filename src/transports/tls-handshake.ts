import { constants, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { ClientCertificate } from "../base/byte-stream.ts";
import { describe } from "../base/errors.ts";
import type { Arrival } from "./arrival.ts";
import { type CertificateUser, identityIn } from "./client-certificate.ts";
import type { TlsMaterial } from "./tls-files.ts";

/** Whether clients are not asked for a certificate, may show one or must; one that is shown must be good. */
export type RequestCert = false | "optional" | "required";

export interface TlsHandshakeOptions {
  readonly requestCert: RequestCert;
  readonly certificateUser: CertificateUser;
  readonly handshakeTimeoutMs: number;
}

/** A connection that is encrypted now. */
export interface SecuredArrival {
  readonly arrival: Arrival;
  readonly socket: TLSSocket;
  readonly clientCertificate: ClientCertificate | undefined;
}

const TICKET_KEY_BYTES = 48;

/** Turns arrivals into encrypted connections. */
export class TlsHandshake {
  readonly #options: TlsHandshakeOptions;
  readonly #onSecured: (secured: SecuredArrival) => void;
  readonly #arrivals = new Map<string, Arrival>();
  readonly #server: Server; // never listens: connections are handed to it

  constructor(options: TlsHandshakeOptions, onSecured: (secured: SecuredArrival) => void) {
    this.#options = options;
    this.#onSecured = onSecured;
    this.#server = createServer({
      requestCert: options.requestCert !== false,
      rejectUnauthorized: false, // we decide in #certificateOf: Node would close without saying why
      handshakeTimeout: options.handshakeTimeoutMs,
    });
    this.#server.on("secureConnection", (socket) => this.#secured(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#failed(error, socket));
  }

  /** For handshakes that begin from now on; open connections keep what they have. */
  use({ cert, key, ca, crl, minVersion }: TlsMaterial): void {
    const context: TlsOptions = {
      cert,
      key,
      minVersion,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      // A session resumed with a ticket is not verified again: what was revoked must not come back with an old one.
      ticketKeys: randomBytes(TICKET_KEY_BYTES),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(crl === undefined ? {} : { crl: [...crl] }),
    };
    this.#server.setSecureContext(context);
  }

  start(arrival: Arrival): void {
    const { socket } = arrival;
    const key = keyOf(socket);
    this.#arrivals.set(key, arrival);
    socket.once("close", () => {
      if (this.#arrivals.get(key) === arrival) this.#arrivals.delete(key);
    });
    this.#server.emit("connection", socket);
  }

  #secured(socket: TLSSocket): void {
    const arrival = this.#take(socket);
    if (arrival === undefined) {
      socket.destroy(); // reset at the moment its handshake was done
      return;
    }
    const certificate = this.#certificateOf(socket);
    if (typeof certificate === "string") arrival.refuse(certificate);
    else this.#onSecured({ arrival, socket, clientCertificate: certificate });
  }

  /** What the client is by its certificate, or why it may not come in. */
  #certificateOf(socket: TLSSocket): ClientCertificate | undefined | string {
    const { requestCert, certificateUser } = this.#options;
    if (requestCert === false) return undefined;
    const certificate = socket.getPeerCertificate();
    const isShown = Object.keys(certificate).length > 0;
    if (!isShown) return requestCert === "required" ? "the client shows no certificate" : undefined;
    if (!socket.authorized)
      return `the client's certificate is not accepted: ${String(socket.authorizationError)}`;
    const identity = identityIn(certificate, certificateUser);
    if (certificateUser === "none" || identity.user !== undefined) return identity;
    return `the client's certificate has no usable ${certificateUser}`;
  }

  #failed(error: Error, socket: TLSSocket): void {
    const fields = "code" in error ? { code: error.code } : {};
    this.#take(socket)?.refuse(`TLS handshake failed: ${describe(error)}`, fields);
    socket.destroy();
  }

  #take(socket: Socket): Arrival | undefined {
    const key = keyOf(socket);
    const arrival = this.#arrivals.get(key);
    this.#arrivals.delete(key);
    return arrival;
  }
}

/** The four numbers no two open connections share: Node does not tell which socket a TLS socket was made of. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
