import { z } from "zod";
import { hostAndPort } from "./host-and-port.ts";

const bind = hostAndPort("127.0.0.1:1883").describe(
  "Address and port; port 0 takes a free one, [::1]:1883 is IPv6",
);

const maximumConnections = z
  .int()
  .min(1)
  .max(1_000_000)
  .default(100_000)
  .describe("Connections beyond this are closed at once");

const tcpListener = z.strictObject({
  type: z.literal("tcp"),
  bind,
  maximumConnections,
});

const wsListener = z.strictObject({
  type: z.literal("ws"),
  bind,
  path: z
    .string()
    .regex(/^\//, { error: "must begin with /" })
    .default("/mqtt")
    .describe("Path of the WebSocket upgrade request"),
  allowedOrigins: z
    .array(z.string().min(1))
    .default([])
    .describe("Origins of the pages that may connect; empty allows every origin"),
  maximumConnections,
});

const adminListener = z.strictObject({
  type: z.literal("admin"),
  bind,
});

/** `listeners:` section, in the order in which they are opened. */
export const listenersSection = z
  .array(z.discriminatedUnion("type", [tcpListener, wsListener, adminListener]))
  .min(1)
  .prefault([
    { type: "tcp", bind: "127.0.0.1:1883" },
    { type: "ws", bind: "127.0.0.1:8083" },
    { type: "admin", bind: "127.0.0.1:18083" },
  ])
  .describe("Where the broker accepts connections: tcp and ws speak MQTT, admin serves /metrics and /health");
