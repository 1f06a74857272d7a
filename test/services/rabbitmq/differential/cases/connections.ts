import { toProperties } from "../../../../../src/amqp/codec/basic-properties.ts";
import { encodeMethodFrame, HEARTBEAT_FRAME } from "../../../../../src/amqp/codec/frames.ts";
import { encodeContent } from "../../../../support/amqp-peer.ts";
import {
  at,
  bytes,
  type Case,
  closeChannel,
  closeConnection,
  connect,
  connectionClosed,
  declare,
  get,
  openChannel,
  passive,
  publish,
  send,
  settle,
} from "../script.ts";

const onZero = (...steps: Parameters<typeof at>[1][]) => at("a.0", ...steps);
const over = at("a.0", connectionClosed());
const content = encodeContent(1, { properties: toProperties({}), body: Buffer.from("x") });
const badEnd = Buffer.from(encodeMethodFrame(1, { kind: "tx.select" }));
badEnd[badEnd.length - 1] = 0;
const heartbeatOnOne = Buffer.from(HEARTBEAT_FRAME);
heartbeatOnOne[2] = 1;
const unknownMethod = Buffer.from([1, 0, 1, 0, 0, 0, 4, 0, 60, 0, 199, 0xce]);
const unknownType = Buffer.from([5, 0, 1, 0, 0, 0, 0, 0xce]);
const cutMethod = Buffer.from([1, 0, 1, 0, 0, 0, 6, 0, 50, 0, 10, 0, 0, 0xce]);
const tooLarge = Buffer.concat([
  Buffer.from([3, 0, 1, 0, 4, 0, 0]),
  Buffer.alloc(262_144),
  Buffer.from([0xce]),
]);

/** Handshake, channels, frames, and what ends a connection. */
export const connections: readonly Case[] = [
  { name: "a handshake", isOrdered: true, steps: [connect({})] },
  { name: "another protocol", steps: [connect({ protocolHeader: Buffer.from("AMQP\0\x01\0\0", "latin1") })] },
  {
    name: "no protocol at all",
    steps: [connect({ protocolHeader: Buffer.from("GET / HTTP/1.1\r\n\r\n", "latin1") })],
  },
  { name: "a mechanism nobody knows", steps: [connect({ startOk: { mechanism: "KERBEROS" } })] },
  { name: "a wrong password", steps: [connect({ startOk: { response: Buffer.from("\0guest\0wrong") } })] },
  {
    name: "a wrong password of a client that wants no 403",
    steps: [connect({ startOk: { response: Buffer.from("\0guest\0wrong"), clientProperties: [] } })],
  },
  {
    name: "the mechanism AMQPLAIN",
    steps: [
      connect({
        startOk: {
          mechanism: "AMQPLAIN",
          response: Buffer.concat([
            Buffer.from([5]),
            Buffer.from("LOGINS\0\0\0\x05guest"),
            Buffer.from([8]),
            Buffer.from("PASSWORDS\0\0\0\x05guest"),
          ]),
        },
      }),
    ],
  },
  { name: "a virtual host that is not there", steps: [connect({ open: { virtualHost: "nowhere" } })] },
  { name: "more channels than offered", steps: [connect({ tuneOk: { channelMax: 5000 } })] },
  { name: "as many channels as there are", steps: [connect({ tuneOk: { channelMax: 0 } })] },
  { name: "larger frames than offered", steps: [connect({ tuneOk: { frameMax: 200_000 } })] },
  { name: "frames without a limit", steps: [connect({ tuneOk: { frameMax: 0 } })] },
  { name: "frames of 4096 bytes", steps: [connect({ tuneOk: { frameMax: 4096 } })] },
  { name: "frames of 4095 bytes", steps: [connect({ tuneOk: { frameMax: 4095 } })] },
  {
    name: "more channels than agreed",
    steps: [connect({ tuneOk: { channelMax: 1 } }), declare("q"), ...at("a.2", openChannel), ...over],
  },
  {
    name: "messages in frames of 4096 bytes",
    steps: [
      connect({ tuneOk: { frameMax: 4096 } }),
      declare("q"),
      ...at("b.1", publish("", "q", "x".repeat(10_000))),
      settle,
      get("q"),
    ],
  },
  { name: "closing a connection", steps: [declare("q"), ...closeConnection] },
  { name: "closing a channel", steps: [declare("q"), closeChannel, openChannel, declare("q")] },
  {
    name: "a method on a channel that was never opened",
    steps: [bytes(encodeMethodFrame(7, { kind: "tx.select" })), ...over],
  },
  {
    name: "a method on a channel that was closed",
    steps: [declare("q"), closeChannel, bytes(encodeMethodFrame(1, { kind: "tx.select" })), ...over],
  },
  {
    name: "a channel opened twice",
    steps: [declare("q"), bytes(encodeMethodFrame(1, { kind: "channel.open" })), ...over],
  },
  {
    name: "channel.open on channel 0",
    steps: [bytes(encodeMethodFrame(0, { kind: "channel.open" })), ...over],
  },
  {
    name: "a queue method on channel 0",
    steps: [bytes(encodeMethodFrame(0, { kind: "tx.select" })), ...over],
  },
  {
    name: "a connection method on channel 1",
    steps: [declare("q"), bytes(encodeMethodFrame(1, { kind: "connection.close-ok" })), ...over],
  },
  {
    name: "connection.open twice",
    steps: [
      declare("q"),
      bytes(encodeMethodFrame(0, { kind: "connection.open", virtualHost: "/" })),
      ...over,
    ],
  },
  {
    name: "a server's method",
    steps: [
      declare("q"),
      bytes(
        encodeMethodFrame(1, { kind: "queue.declare-ok", queue: "q", messageCount: 0, consumerCount: 0 }),
      ),
      ...over,
    ],
  },
  { name: "a method nobody knows", steps: [declare("q"), bytes(unknownMethod), ...over] },
  { name: "a method that is cut short", steps: [declare("q"), bytes(cutMethod), ...over] },
  { name: "a frame type nobody knows", steps: [declare("q"), bytes(unknownType), ...over] },
  { name: "a frame without its end", steps: [declare("q"), bytes(badEnd), ...over] },
  { name: "a frame that is too large", steps: [declare("q"), bytes(tooLarge), ...over] },
  { name: "a heartbeat", steps: [declare("q"), bytes(HEARTBEAT_FRAME), passive("q")] },
  { name: "a heartbeat on channel 1", steps: [declare("q"), bytes(heartbeatOnOne), ...over] },
  { name: "content without a method", steps: [declare("q"), bytes(content), ...over] },
  {
    name: "a method in place of content",
    steps: [
      declare("q"),
      bytes(
        Buffer.concat([
          encodeMethodFrame(1, {
            kind: "basic.publish",
            exchange: "",
            routingKey: "q",
            mandatory: false,
            immediate: false,
          }),
          encodeMethodFrame(1, { kind: "tx.select" }),
        ]),
      ),
      ...over,
    ],
  },
  {
    name: "a message that is cut off by the end of its channel",
    steps: [
      declare("q"),
      bytes(
        Buffer.concat([
          encodeMethodFrame(1, {
            kind: "basic.publish",
            exchange: "",
            routingKey: "q",
            mandatory: false,
            immediate: false,
          }),
          content.subarray(0, content.length - 9),
        ]),
      ),
      closeChannel,
      ...over,
    ],
  },
  {
    name: "access.request",
    steps: [
      send({
        kind: "access.request",
        realm: "/data",
        exclusive: false,
        passive: true,
        active: true,
        write: true,
        read: true,
      }),
    ],
  },
  {
    name: "connection.update-secret",
    steps: [
      ...onZero(
        send({ kind: "connection.update-secret", newSecret: Buffer.from("guest"), reason: "renewal" }),
      ),
    ],
  },
  {
    name: "one channel's error leaves the others alone",
    steps: [declare("q"), ...at("a.2", passive("absent")), passive("q")],
  },
  {
    name: "a method on channel 0 of nothing",
    steps: [...onZero(send({ kind: "channel.flow", active: true })), ...over],
  },
];
