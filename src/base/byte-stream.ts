export type TransportKind = "tcp" | "tls" | "ws" | "wss" | "unix";

/** What a client's certificate says of it; the transport has verified the certificate. */
export interface ClientCertificate {
  /** The subject's common name; undefined when it has none, several, or one with control characters. */
  readonly commonName: string | undefined;
  /** Values of the subject alternative names of the kinds DNS, email and URI, in their order. */
  readonly subjectAltNames: readonly string[];
  /** The user the listener takes the client for; undefined: the client says itself who it is. */
  readonly user: string | undefined;
}

/** A bidirectional stream of bytes, whatever carries it. The transport hands it over; one connection owns it. */
export interface ByteStream {
  readonly transport: TransportKind;
  /** `address:port` of the peer, for logs. */
  readonly remoteAddress: string;
  /** True when the peer is on this machine's loopback. */
  readonly isLoopback: boolean;
  /** Undefined without TLS, and when the client showed none. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Bytes written that the kernel has not taken yet: a slow receiver's measure. At 0 all that was written is free. */
  readonly bufferedBytes: number;
  /** Starts reading; call once. */
  start(receiver: ByteReceiver): void;
  /** Takes the bytes over: the caller must not change them until `onWritten` ran or `bufferedBytes` is 0. */
  write(bytes: Buffer, onWritten?: () => void): void;
  /** Between cork and uncork writes are gathered into one writev. */
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes in order. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a connection is told by its stream. */
export interface ByteReceiver {
  /**
   * Nobody writes to the chunk again: parts of it may be sent on by reference. A view kept for long pins all of it, and
   * what others sent at the same time: 64 KiB.
   */
  bytes(chunk: Buffer): void;
  /** `bufferedBytes` has fallen to zero again after it was above the high-water mark. */
  drained(): void;
  /** Called exactly once, last. */
  closed(error: Error | undefined): void;
}
