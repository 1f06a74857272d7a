import type { Arrival } from "./arrival.ts";
import type { CertificateUser } from "./client-certificate.ts";
import { TlsContext, type TlsContextPorts } from "./tls-context.ts";
import type { TlsFiles } from "./tls-files.ts";
import { type RequestCert, type SecuredArrival, TlsHandshake } from "./tls-handshake.ts";

/** The `tls:` section of a listener. */
export interface TlsOptions extends TlsFiles {
  readonly requestCert: RequestCert;
  readonly certificateUser: CertificateUser;
}

/** What a listener with TLS has beyond one without: the files kept current, and the handshakes made with them. */
export class TlsEntrance {
  readonly #context: TlsContext;
  readonly #handshake: TlsHandshake;

  constructor(
    options: TlsOptions,
    handshakeTimeoutMs: number,
    ports: TlsContextPorts,
    onSecured: (secured: SecuredArrival) => void,
  ) {
    this.#handshake = new TlsHandshake({ ...options, handshakeTimeoutMs }, onSecured);
    this.#context = new TlsContext(options, ports, (material) => this.#handshake.use(material));
  }

  /** Loads the files, then listens; rejects with a ConfigError when a file cannot be used. */
  async open(listen: () => Promise<number>): Promise<number> {
    await this.#context.load();
    try {
      return await listen();
    } catch (error) {
      this.#context.close();
      throw error;
    }
  }

  start(arrival: Arrival): void {
    this.#handshake.start(arrival);
  }

  reload(): Promise<void> {
    return this.#context.reload();
  }

  close(): void {
    this.#context.close();
  }
}
