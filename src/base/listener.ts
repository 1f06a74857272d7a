/** Something that accepts connections: opened by compose, closed on shutdown. */
export interface Listener {
  /** For the readiness line: `tcp 127.0.0.1:1883`. */
  readonly description: string;
  /** Resolves when connections are accepted, to the port really bound; rejects with a ListenError or ConfigError. */
  open(): Promise<number>;
  /** Reads again what can change while it runs, certificates say; never rejects. */
  reload?(): Promise<void>;
  /** Stops accepting; open connections are their owners' business. */
  close(): Promise<void>;
}
