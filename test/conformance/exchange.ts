import type { z } from "zod";
import type { brokerConfigSchema } from "../../src/config/broker-config.ts";

/**
 * One thing a client does or must see. A client connects when it is first named. Bytes are hexadecimal, `'text'` is
 * ASCII, spaces are for the reader. What a client gets is one whole packet; there `..` is any byte, `*` any number of
 * bytes, `(x|y)` a choice, `<n>` a Packet Identifier the server chose (two bytes, the same wherever `<n>` stands again,
 * also in what is sent) and `<n!m>` one that differs from `<m>`.
 */
export type Step =
  | readonly [client: string, does: "sends", bytes: string]
  | readonly [client: string, does: "gets", packet: string]
  /** Proven by the answer to a PINGREQ that comes next: the client must be able to send one. */
  | readonly [client: string, does: "gets nothing"]
  /** By the broker, with nothing said before. */
  | readonly [client: string, does: "is closed"]
  /** Its connection is gone without a DISCONNECT. */
  | readonly [client: string, does: "vanishes"];

/** Bytes on the wire between clients and a fresh broker, written by hand from the standard's text. */
export interface Exchange {
  /** A sentence about the behaviour, with its clauses. */
  readonly name: string;
  /** Sections of the configuration that differ from the defaults. */
  readonly config?: Partial<z.input<typeof brokerConfigSchema>>;
  readonly steps: readonly Step[];
}
