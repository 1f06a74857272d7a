/** Something that accepts connections: opened by compose, closed on shutdown. */
export interface Listener {
  /** For the readiness line: `tcp 127.0.0.1:1883`. */
  readonly description: string;
  /** Resolves when connections are accepted; rejects with a ListenError. Returns the port really bound. */
  open(): Promise<number>;
  /** Stops accepting; open connections are their owners' business. */
  close(): Promise<void>;
}
