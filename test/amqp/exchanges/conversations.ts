import { declared, type Exchange, frame, NO_TABLE, OPENED, short } from "./exchange.ts";

/** Conversations as the standard has them. */
export const CONVERSATIONS: readonly Exchange[] = [
  {
    name: "opens a connection and a channel, and closes both (AMQP 0-9-1 §2.2.4, §2.2.5)",
    steps: [
      ...OPENED,
      { client: frame(1, 1, "0014 0028 00c8 00 0000 0000") },
      { server: frame(1, 1, "0014 0029") },
      { client: frame(1, 0, "000a 0032 00c8 00 0000 0000") },
      { server: frame(1, 0, "000a 0033") },
    ],
  },
  {
    name: "answers another protocol with the one it speaks and closes (AMQP 0-9-1 §4.2.2)",
    steps: [{ client: "414d5150 03 01 00 00" }, { server: "414d5150 00 00 09 01" }, { serverEnds: true }],
  },
  {
    name: "delivers what was published, with the properties as they came (AMQP 0-9-1 §4.2.6)",
    steps: [
      ...OPENED,
      ...declared("q"),
      { client: frame(1, 1, `003c 0014 0000 ${short("q")} ${short("c")} 02 ${NO_TABLE}`) },
      { server: frame(1, 1, `003c 0015 ${short("c")}`) },
      { client: frame(1, 1, `003c 0028 0000 00 ${short("q")} 00`) },
      // content-type text/plain and delivery-mode 2
      { client: frame(2, 1, `003c 0000 0000000000000005 9000 ${short("text/plain")} 02`) },
      { client: frame(3, 1, "68656c6c6f") },
      {
        server:
          frame(1, 1, `003c 003c ${short("c")} 0000000000000001 00 00 ${short("q")}`) +
          frame(2, 1, `003c 0000 0000000000000005 9000 ${short("text/plain")} 02`) +
          frame(3, 1, "68656c6c6f"),
      },
    ],
  },
  {
    name: "sends no body frame for an empty message (AMQP 0-9-1 §4.2.6.2)",
    steps: [
      ...OPENED,
      ...declared("q"),
      { client: frame(1, 1, `003c 0028 0000 00 ${short("q")} 00`) },
      { client: frame(2, 1, "003c 0000 0000000000000000 0000") },
      { client: frame(1, 1, `003c 0046 0000 ${short("q")} 01`) },
      {
        server:
          frame(1, 1, `003c 0047 0000000000000001 00 00 ${short("q")} 00000000`) +
          frame(2, 1, "003c 0000 0000000000000000 0000"),
      },
      { client: frame(1, 1, `003c 0046 0000 ${short("q")} 01`) },
      { server: frame(1, 1, "003c 0048 00") },
    ],
  },
  {
    name: "confirms a publication that nobody gets, after it was returned",
    steps: [
      ...OPENED,
      { client: frame(1, 1, "0055 000a 00") },
      { server: frame(1, 1, "0055 000b") },
      { client: frame(1, 1, `003c 0028 0000 00 ${short("nowhere")} 01`) },
      { client: frame(2, 1, "003c 0000 0000000000000001 0000") },
      { client: frame(3, 1, "78") },
      {
        server:
          frame(1, 1, `003c 0032 0138 ${short("NO_ROUTE")} 00 ${short("nowhere")}`) +
          frame(2, 1, "003c 0000 0000000000000001 0000") +
          frame(3, 1, "78") +
          frame(1, 1, "003c 0050 0000000000000001 00"),
      },
    ],
  },
  {
    name: "closes the channel, not the connection, for a queue that is not there (AMQP 0-9-1 §4.8)",
    steps: [
      ...OPENED,
      { client: frame(1, 1, `0032 000a 0000 ${short("q")} 01 ${NO_TABLE}`) },
      {
        server: frame(1, 1, `0014 0028 0194 ${short("NOT_FOUND - no queue 'q' in vhost '/'")} 0032 000a`),
      },
      // whatever comes before close-ok is discarded
      { client: frame(1, 1, `0032 000a 0000 ${short("q")} 02 ${NO_TABLE}`) },
      { client: frame(1, 1, "0014 0029") },
      { client: frame(1, 1, "0014 000a 00") },
      { server: frame(1, 1, "0014 000b 00000000") },
    ],
  },
  {
    name: "closes the connection for a frame that does not end with 0xCE (AMQP 0-9-1 §4.2.3)",
    steps: [
      ...OPENED,
      { client: "01 0001 00000005 0014000a00 cd" },
      {
        server: frame(
          1,
          0,
          `000a 0032 01f5 ${short("FRAME_ERROR - a frame does not end with 0xCE")} 0000 0000`,
        ),
      },
    ],
  },
  {
    name: "closes the connection for a method on a channel that is not open (AMQP 0-9-1 §4.8)",
    steps: [
      ...OPENED,
      { client: frame(1, 2, "0055 000a 00") },
      {
        server: frame(1, 0, `000a 0032 01f8 ${short("CHANNEL_ERROR - expected 'channel.open'")} 0055 000a`),
      },
      { client: frame(1, 0, "000a 0033") },
      { serverEnds: true },
    ],
  },
];
