import { once } from "node:events";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../src/base/clock.ts";
import type { TlsOptions } from "../../src/transports/tls-entrance.ts";
import { WebSocketListener } from "../../src/transports/ws.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { CertificateAuthority, type CertificateFiles } from "../support/certificates.ts";
import { describeWithService } from "../support/services/services.ts";
import { aListenerPorts, dial, RecordingReceiver } from "./listening.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { closed, shakeHands, tlsOptions } from "./tls-rig.ts";

let authority: CertificateAuthority;
let ca: Buffer;
let server: CertificateFiles;
let listener: WebSocketListener;
let port: number;
let ports: ReturnType<typeof aListenerPorts>;
const clients: WebSocket[] = [];

describeWithService("openssl", "secure WebSocket", () => {
  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = await readFile(authority.cert);
    server = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost" });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await listener.close();
  });

  afterAll(() => authority.remove());

  async function open(tls: TlsOptions = tlsOptions(server), clock = systemClock): Promise<void> {
    ports = aListenerPorts(clock);
    listener = new WebSocketListener(
      {
        host: "127.0.0.1",
        port: 0,
        maximumConnections: 0,
        proxyProtocol: false,
        handshakeTimeoutMs: 10_000,
        path: "/mqtt",
        allowedOrigins: [],
        maximumFrameBytes: 1024,
        tls,
      },
      ports,
    );
    port = await listener.open();
  }

  function client(options: object = {}): WebSocket {
    const named = { ca, servername: "localhost", ...options };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/mqtt`, ["mqtt"], named);
    socket.on("error", () => {});
    clients.push(socket);
    return socket;
  }

  describe("secure WebSocket listener", () => {
    it("carries bytes both ways in the subprotocol mqtt [MQTT-6.0.0-4]", async () => {
      await open();
      const socket = client();
      const [stream] = await Promise.all([ports.nextStream(), once(socket, "open")]);
      const receiver = new RecordingReceiver();

      stream.start(receiver);
      socket.send(Buffer.from("ping"));
      await receiver.until(() => receiver.received.length === 4);
      stream.write(Buffer.from("pong"));
      const [answer, isBinary] = await once(socket, "message");

      expect(socket.protocol).toBe("mqtt");
      expect([String(answer), isBinary]).toEqual(["pong", true]);
      expect(stream).toMatchObject({ transport: "wss", isLoopback: true, clientCertificate: undefined });
      expect(listener.description).toBe(`wss 127.0.0.1:${port}/mqtt`);
    });

    it("knows the client by its certificate", async () => {
      const sensor = await authority.issue({ subject: "/CN=sensor 7" });
      await open(
        tlsOptions({ ...server, ca: authority.cert, requestCert: "required", certificateUser: "commonName" }),
      );

      client({ cert: await readFile(sensor.cert), key: await readFile(sensor.key) });

      expect((await ports.nextStream()).clientCertificate).toMatchObject({ user: "sensor 7" });
    });

    it("lets nobody in without the certificate it requires", async () => {
      await open(tlsOptions({ ...server, ca: authority.cert, requestCert: "required" }));

      await new Promise((resolve) => client().once("close", resolve));

      expect(ports.streams).toEqual([]);
      expect(ports.counters.connectionsRefused).toBe(1);
    });

    it("drops idle handshakes and idle upgrades after one and the same time", async () => {
      const clock = new FakeClock();
      await open(tlsOptions(server), clock);
      const idle = await dial(port);
      await clock.advance(6_000);
      const idleUpgrade = await shakeHands({ port, ca });
      idleUpgrade.write("GET /mqtt HTTP/1.1\r\n");
      const socket = client();
      await once(socket, "open");
      const gone = [closed(idle), closed(idleUpgrade)];

      await clock.advance(4_000);
      await gone[0];
      expect(idleUpgrade.destroyed).toBe(false);
      await clock.advance(6_000);
      await gone[1];

      expect(socket.readyState).toBe(socket.OPEN);
      expect(ports.counters.connectionsRefused).toBe(2);
    });

    it("shows new connections the new certificate after a reload, and keeps the old ones", async () => {
      const folder = await temporaryFolder();
      const files = { cert: join(folder, "server.pem"), key: join(folder, "server.key") };
      await copyFile(server.cert, files.cert);
      await copyFile(server.key, files.key);
      await open(tlsOptions(files));
      const before = client();
      const [stream] = await Promise.all([ports.nextStream(), once(before, "open")]);
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      const next = await authority.issue({ subject: "/CN=renewed", subjectAltName: "DNS:localhost" });
      await copyFile(next.cert, files.cert);
      await copyFile(next.key, files.key);

      await listener.reload();
      const [response] = await once(client(), "upgrade");
      before.send(Buffer.from("still here"));
      await receiver.until(() => receiver.received.length > 0);

      expect((response.socket as TLSSocket).getPeerCertificate().subject.CN).toBe("renewed");
    });
  });
});
