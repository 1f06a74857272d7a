import { z } from "zod";
import { hostAndPort } from "./host-and-port.ts";
import { certificateUser, listenerTls } from "./listener-tls.ts";
import { proxyProtocol } from "./proxy-protocol.ts";

const bind = hostAndPort("127.0.0.1:1883").describe(
  "Address and port; port 0 takes a free one, [::1]:1883 is IPv6",
);

const maximumConnections = z
  .int()
  .min(1)
  .max(1_000_000)
  .default(100_000)
  .describe("Connections beyond this are closed at once");

const strict = z
  .enum(["enforce", "warn"])
  .default("enforce")
  .describe("enforce (0x93 ends who exceeds receiveMaximum) or warn (such a client is counted and reported)");

const webSocketKeys = {
  path: z
    .string()
    .regex(/^\//, { error: "must begin with /" })
    .default("/mqtt")
    .describe("Path of the WebSocket upgrade request"),
  allowedOrigins: z
    .array(z.string().min(1))
    .default([])
    .describe("Origins of the pages that may connect; empty allows every origin"),
};

const common = { maximumConnections, strict, proxyProtocol };

const tcpListener = z.strictObject({ type: z.literal("tcp"), bind, ...common });
const wsListener = z.strictObject({ type: z.literal("ws"), bind, ...webSocketKeys, ...common });

interface WithCertificates {
  readonly tls: { readonly requestCert: unknown };
  readonly certificateUser: string;
}

const asksForWhatItUses = ({ tls, certificateUser }: WithCertificates): boolean =>
  certificateUser === "none" || tls.requestCert !== false;
const needsRequestCert = {
  path: ["certificateUser"],
  error: "needs tls.requestCert: without it no client shows a certificate",
};

const tlsListener = z
  .strictObject({ type: z.literal("tls"), bind, tls: listenerTls, certificateUser, ...common })
  .refine(asksForWhatItUses, needsRequestCert);

const wssListener = z
  .strictObject({
    type: z.literal("wss"),
    bind,
    ...webSocketKeys,
    tls: listenerTls,
    certificateUser,
    ...common,
  })
  .refine(asksForWhatItUses, needsRequestCert);

const unixListener = z.strictObject({
  type: z.literal("unix"),
  path: z.string().min(1).max(107).describe("Path of the socket; what a dead process left there is removed"),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, { error: 'must be octal digits in quotes, such as "0660"' })
    .default("0660")
    .describe("Permissions of the socket, in quotes: who may write to it may connect, as from the loopback"),
  maximumConnections,
  strict,
});

const amqpListener = z.strictObject({
  type: z.literal("amqp"),
  bind,
  maximumConnections,
  proxyProtocol,
});

const amqpsListener = z
  .strictObject({
    type: z.literal("amqps"),
    bind,
    tls: listenerTls,
    certificateUser,
    maximumConnections,
    proxyProtocol,
  })
  .refine(asksForWhatItUses, needsRequestCert);

const adminListener = z.strictObject({
  type: z.literal("admin"),
  bind,
});

/** `listeners:` section, in the order in which they are opened. */
export const listenersSection = z
  .array(
    z.discriminatedUnion("type", [
      tcpListener,
      tlsListener,
      wsListener,
      wssListener,
      unixListener,
      amqpListener,
      amqpsListener,
      adminListener,
    ]),
  )
  .min(1)
  .prefault([
    { type: "tcp", bind: "127.0.0.1:1883" },
    { type: "ws", bind: "127.0.0.1:8083" },
    { type: "admin", bind: "127.0.0.1:18083" },
  ])
  .describe(
    "Where connections are accepted: tcp, tls, ws, wss and unix for MQTT, amqp and amqps, admin for /metrics and /health",
  );
