import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { createNetworks } from "../../src/transports/proxy-networks.ts";
import type { SocketServerOptions } from "../../src/transports/socket-server.ts";
import { TcpListener } from "../../src/transports/tcp.ts";
import { TlsListener } from "../../src/transports/tls.ts";
import { WebSocketListener } from "../../src/transports/ws.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { CertificateAuthority, type CertificateFiles } from "../support/certificates.ts";
import { describeWithService } from "../support/services/services.ts";
import { aListenerPorts, dial, RecordingReceiver } from "./listening.ts";
import { INTERNET6, TLVS, version2 } from "./proxy-headers.ts";
import { closed, RecordingLogger, tlsOptions } from "./tls-rig.ts";

type Kind = "tcp" | "tls" | "ws" | "wss";

const V1 = Buffer.from("PROXY TCP4 203.0.113.7 192.0.2.1 50000 1883\r\n");
const V2 = version2(0x21, 0x21, Buffer.concat([INTERNET6, TLVS]));
const LOOPBACK_NETWORK = { networks: ["127.0.0.0/8"] };

let authority: CertificateAuthority;
let ca: Buffer;
let server: CertificateFiles;

describeWithService("openssl", "PROXY protocol", () => {
  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = await readFile(authority.cert);
    server = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost" });
  });

  afterAll(() => authority.remove());

  async function open(kind: Kind, more: Partial<SocketServerOptions> = {}, clock: Clock = systemClock) {
    const logger = new RecordingLogger();
    const ports = { ...aListenerPorts(clock), logger };
    const tls = tlsOptions(server);
    const options = {
      host: "127.0.0.1",
      port: 0,
      maximumConnections: 0,
      proxyProtocol: LOOPBACK_NETWORK,
      handshakeTimeoutMs: 10_000,
      ...more,
    };
    const webSocket = { ...options, path: "/mqtt", allowedOrigins: [], maximumFrameBytes: 1024 };
    const listener = {
      tcp: () => new TcpListener(options, ports),
      tls: () => new TlsListener({ ...options, tls }, ports),
      ws: () => new WebSocketListener(webSocket, ports),
      wss: () => new WebSocketListener({ ...webSocket, tls }, ports),
    }[kind]();
    const port = await listener.open();
    onTestFinished(() => listener.close());
    return { ports, port, logger };
  }

  /** What a proxy does for its client: the header first, then whatever the listener speaks. */
  async function through(kind: Kind, socket: Socket): Promise<{ write(text: string): void }> {
    if (kind === "tcp") return socket;
    const secure = (): Socket => connect({ socket, ca, servername: "localhost" });
    if (kind === "tls") return secure();
    const createConnection = () => (kind === "ws" ? socket : secure());
    const webSocket = new WebSocket("ws://localhost/mqtt", ["mqtt"], { createConnection });
    webSocket.on("error", () => {});
    onTestFinished(() => webSocket.terminate());
    await once(webSocket, "open");
    return { write: (text) => webSocket.send(Buffer.from(text)) };
  }

  describe.each(["tcp", "tls", "ws", "wss"] as const)("%s listener behind a proxy", (kind) => {
    it.each([
      ["1", V1, "203.0.113.7:50000"],
      ["2", V2, "[2001:db8::7]:50000"],
    ])("knows the client the proxy announces in version %s", async (_, header, remoteAddress) => {
      const { ports, port } = await open(kind);
      const socket = await dial(port);

      socket.write(header);
      const [stream, client] = await Promise.all([ports.nextStream(), through(kind, socket)]);
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      client.write("hello");
      await receiver.until(() => receiver.received.length === 5);

      expect(receiver.received.toString()).toBe("hello");
      expect(stream).toMatchObject({ transport: kind, remoteAddress, isLoopback: false });
      stream.destroy();
    });

    it("closes a connection from the proxy that brings no header", async () => {
      const { ports, port, logger } = await open(kind);
      const socket = await dial(port);

      socket.write("\x10\x0c\x00\x04MQTT");
      await closed(socket);

      await logger.until("connection refused: a PROXY header is required from this address");
      expect(ports.counters.connectionsRefused).toBe(1);
      expect(ports.streams).toEqual([]);
    });

    it("does not wait for the header longer than for everything else", async () => {
      const clock = new FakeClock();
      const { ports, port } = await open(kind, { handshakeTimeoutMs: 3_000 }, clock);
      const silent = await dial(port);
      const creeping = await dial(port);
      const gone = Promise.all([closed(silent), closed(creeping)]);
      await new Promise((resolve) => creeping.write("PROXY TCP4 203.0.113.7", resolve));
      await bothAccepted(port, ports);

      await clock.advance(3_000);
      await gone;

      expect(ports.streams).toEqual([]);
    });
  });

  /** A connection that is refused at once was accepted after all that were dialled before. */
  async function bothAccepted(port: number, { counters }: ReturnType<typeof aListenerPorts>): Promise<void> {
    const last = await dial(port);
    last.write("nonsense");
    await closed(last);
    expect(counters.connectionsRefused).toBe(1);
  }

  describe("listener behind a proxy", () => {
    it("takes a header and what follows it in whatever pieces they come", async () => {
      const { ports, port } = await open("tcp");

      for (const header of [V1, V2]) {
        const socket = await dial(port);
        socket.setNoDelay(true);
        for (const byte of Buffer.concat([header, Buffer.from("hello")])) {
          await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
        }
        const stream = await ports.nextStream();
        const receiver = new RecordingReceiver();
        stream.start(receiver);
        await receiver.until(() => receiver.received.length === 5);

        expect(receiver.received.toString()).toBe("hello");
        stream.destroy();
      }
    });

    it("hands over what came in one piece with the header", async () => {
      const { ports, port } = await open("tcp");
      const socket = await dial(port);

      socket.write(Buffer.concat([V1, Buffer.from("hello")]));
      const stream = await ports.nextStream();
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      await receiver.until(() => receiver.received.length === 5);
      socket.write(" again");
      await receiver.until(() => receiver.received.length === 11);

      expect(receiver.received.toString()).toBe("hello again");
      stream.destroy();
    });

    it.each([
      ["the loopback announced in version 1", Buffer.from("PROXY TCP4 127.0.0.1 127.0.0.1 5000 1883\r\n")],
      ["the IPv6 loopback announced", Buffer.from("PROXY TCP6 ::1 ::1 5000 1883\r\n")],
      ["LOCAL, from a proxy on the loopback", version2(0x20, 0x00, Buffer.alloc(0))],
      ["UNKNOWN, from a proxy on the loopback", Buffer.from("PROXY UNKNOWN\r\n")],
    ])("never takes its peer for a local one: %s", async (_, header) => {
      const { ports, port } = await open("tcp");
      const socket = await dial(port);

      socket.write(header);
      const stream = await ports.nextStream();

      expect(stream.isLoopback).toBe(false);
      stream.destroy();
    });

    it("names the proxy where the proxy names nobody", async () => {
      const { ports, port } = await open("tcp");
      const socket = await dial(port);

      socket.write("PROXY UNKNOWN\r\n");
      const stream = await ports.nextStream();

      expect(stream.remoteAddress).toBe(`127.0.0.1:${socket.localPort}`);
      stream.destroy();
    });

    it("hands the header of anybody else on as the client's own first bytes", async () => {
      const { ports, port } = await open("tcp", { proxyProtocol: { networks: ["10.0.0.0/8"] } });
      const socket = await dial(port);

      socket.write(V1);
      const stream = await ports.nextStream();
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      await receiver.until(() => receiver.received.length === V1.length);

      expect(receiver.received.equals(V1)).toBe(true);
      expect(stream.remoteAddress).toBe(`127.0.0.1:${socket.localPort}`);
      stream.destroy();
    });

    it.each(["tls", "ws", "wss"] as const)(
      "closes a %s connection on a header of anybody else",
      async (kind) => {
        const { ports, port } = await open(kind, { proxyProtocol: { networks: ["10.0.0.0/8"] } });
        const socket = await dial(port);

        socket.write(V2);
        await closed(socket);

        expect(ports.streams).toEqual([]);
      },
    );

    it("does not believe X-Forwarded-For", async () => {
      const { ports, port } = await open("ws", { proxyProtocol: false });
      const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ["mqtt"], {
        headers: { "x-forwarded-for": "203.0.113.7", forwarded: "for=203.0.113.7" },
      });
      onTestFinished(() => webSocket.terminate());

      const [stream] = await Promise.all([ports.nextStream(), once(webSocket, "open")]);

      expect(stream.remoteAddress).toMatch(/^127\.0\.0\.1:/);
    });
  });

  describe("networks of proxies", () => {
    const isProxy = createNetworks({ networks: ["10.1.0.0/16", "192.0.2.9", "fd00:1::/32", "::1"] });

    it.each([
      ["10.1.255.255", true],
      ["10.2.0.0", false],
      ["192.0.2.9", true],
      ["192.0.2.8", false],
      ["::ffff:10.1.0.1", true],
      ["::ffff:10.2.0.1", false],
      ["fd00:1:ffff::1", true],
      ["fd00:2::1", false],
      ["::1", true],
      ["127.0.0.1", false],
    ])("tell whether %s is one: %s", (address, expected) => {
      expect(isProxy(address)).toBe(expected);
    });
  });
});
