/** One step of a conversation: bytes as hex, written by hand after the standard; spaces mean nothing. */
export type Step =
  | { readonly client: string }
  | { readonly server: string }
  /** What the broker says of itself: only the head is compared. */
  | { readonly serverBegins: string }
  | { readonly serverEnds: true };

export interface Exchange {
  /** A sentence, with its clause. */
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A frame (AMQP 0-9-1 §2.3.5): type, channel, size, payload, 0xCE. */
export function frame(type: 1 | 2 | 3 | 8, channel: number, payload: string): string {
  const bytes = payload.replaceAll(" ", "");
  const size = (bytes.length / 2).toString(16).padStart(8, "0");
  return `0${type} ${channel.toString(16).padStart(4, "0")} ${size} ${bytes} ce`;
}

/** A short string: its length in one byte, its bytes. */
export function short(text: string): string {
  return `${text.length.toString(16).padStart(2, "0")} ${Buffer.from(text).toString("hex")}`;
}

/** A long string: its length in four bytes, its bytes. */
export function long(text: string): string {
  return `${text.length.toString(16).padStart(8, "0")} ${Buffer.from(text).toString("hex")}`;
}

export const NO_TABLE = "00000000";

/** From nothing to channel 1. */
export const OPENED: readonly Step[] = [
  { client: "414d5150 00 00 09 01" },
  { serverBegins: "01 0000" },
  // connection.start-ok: no client properties, PLAIN, NUL guest NUL guest, en_US
  {
    client: frame(
      1,
      0,
      `000a 000b ${NO_TABLE} ${short("PLAIN")} ${long("\0guest\0guest")} ${short("en_US")}`,
    ),
  },
  // connection.tune: channel-max 2047, frame-max 131072, heartbeat 60
  { server: frame(1, 0, "000a 001e 07ff 00020000 003c") },
  { client: frame(1, 0, "000a 001f 07ff 00020000 0000") },
  { client: frame(1, 0, `000a 0028 ${short("/")} 00 00`) },
  { server: frame(1, 0, "000a 0029 00") },
  { client: frame(1, 1, "0014 000a 00") },
  { server: frame(1, 1, "0014 000b 00000000") },
];

/** queue.declare of a durable queue, and its answer. */
export function declared(queue: string): readonly Step[] {
  return [
    { client: frame(1, 1, `0032 000a 0000 ${short(queue)} 02 ${NO_TABLE}`) },
    { server: frame(1, 1, `0032 000b ${short(queue)} 00000000 00000000`) },
  ];
}
