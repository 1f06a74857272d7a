/** Tag of a value in a table, in RabbitMQ's reading of AMQP 0-9-1 §4.2.1. */
export type FieldType = FieldValue["type"];

/** A fixed-point number: digits / 10^scale. */
export interface Decimal {
  readonly scale: number;
  readonly digits: number;
}

/** A value with its wire type, so that what was received can be sent on unchanged and 10 stays other than 10.0. */
export type FieldValue =
  | { readonly type: "t"; readonly value: boolean }
  /** Signed and unsigned octet, short, long; float, double. */
  | { readonly type: "b" | "B" | "s" | "u" | "I" | "i" | "f" | "d"; readonly value: number }
  /** Signed 64 bits; seconds since the epoch, unsigned. */
  | { readonly type: "l" | "T"; readonly value: bigint }
  | { readonly type: "D"; readonly value: Decimal }
  /** Text or bytes of any kind; bytes. */
  | { readonly type: "S" | "x"; readonly value: Buffer }
  | { readonly type: "A"; readonly value: readonly FieldValue[] }
  | { readonly type: "F"; readonly value: Table }
  | { readonly type: "V"; readonly value: null };

export interface TableEntry {
  readonly name: string;
  readonly field: FieldValue;
}

/** A field table: entries in the order of the wire, repeated names kept. */
export type Table = readonly TableEntry[];

export const EMPTY_TABLE: Table = [];

/** Tables and arrays inside each other; deeper ones are refused. */
export const DEEPEST_TABLE = 32;
