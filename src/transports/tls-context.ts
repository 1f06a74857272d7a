import type { Clock } from "../base/clock.ts";
import { describe } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { FileWatch } from "./file-watch.ts";
import { loadTlsFiles, type TlsFiles, type TlsMaterial } from "./tls-files.ts";

export interface TlsContextPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Certificates, key and revocation lists of one listener, kept current. */
export class TlsContext {
  readonly #files: TlsFiles;
  readonly #ports: TlsContextPorts;
  readonly #use: (material: TlsMaterial) => void;
  readonly #watch: FileWatch;
  #loading: Promise<void> = Promise.resolve();

  /** `use` is given what was loaded: first by `load`, then whenever it has changed. */
  constructor(files: TlsFiles, ports: TlsContextPorts, use: (material: TlsMaterial) => void) {
    this.#files = files;
    this.#ports = ports;
    this.#use = use;
    const { cert, key, ca, crl } = files;
    const paths = [cert, key, ca, crl].filter((path) => path !== null);
    this.#watch = new FileWatch(paths, ports.clock, () => this.reload());
  }

  /** Loads for the first time; rejects with a ConfigError that names key and file. */
  async load(): Promise<void> {
    await this.#watch.start(); // first, so that a change while loading is seen
    try {
      await this.#load();
    } catch (error) {
      this.#watch.stop();
      throw error;
    }
  }

  /** Loads again, on SIGHUP or because a file has changed. What cannot be used is logged; the last good one stays. */
  reload(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#reload()); // in turn: the last one asked for wins
    return this.#loading;
  }

  close(): void {
    this.#watch.stop();
  }

  async #load(): Promise<TlsMaterial> {
    const material = await loadTlsFiles(this.#files);
    this.#use(material);
    this.#warnAbout(material);
    return material;
  }

  async #reload(): Promise<void> {
    const { logger } = this.#ports;
    try {
      const { certificate } = await this.#load();
      const { subject, validTo } = certificate;
      logger.info({ subject, validTo }, `${this.#files.configKey}: certificates reloaded`);
    } catch (error) {
      logger.error({}, `certificates not reloaded, the last good ones stay in use: ${describe(error)}`);
    }
  }

  #warnAbout({ certificate }: TlsMaterial): void {
    const { clock, logger } = this.#ports;
    const { validFrom, validTo } = certificate;
    const isValid = Date.parse(validFrom) <= clock.now() && clock.now() <= Date.parse(validTo);
    if (isValid) return;
    logger.warn(
      { validFrom, validTo },
      `${this.#files.configKey}.cert: ${this.#files.cert} is not valid today`,
    );
  }
}
