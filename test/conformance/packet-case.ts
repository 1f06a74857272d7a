import type { ServerControlPacket } from "../../src/mqtt/codec/packets.ts";
import type { ReasonCode } from "../../src/mqtt/reason-code.ts";

/** Bytes written by hand from the standard's text and what reading them must give. */
export interface ReadCase {
  /** A sentence about the behaviour, with its clause. */
  readonly name: string;
  /** Hexadecimal; spaces are for the reader. */
  readonly bytes: string;
  /** Keys that the packet must have, or the Reason Code that must end the connection. */
  readonly expected: object | ReasonCode;
}

/** A packet of the server and the bytes it must become. */
export interface WriteCase {
  readonly name: string;
  readonly packet: ServerControlPacket;
  readonly bytes: string;
}
