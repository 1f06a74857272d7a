import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import type { CertificateFiles } from "../support/certificates.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { describeWithService } from "../support/services/services.ts";
import { dial, RecordingReceiver } from "./listening.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { closed, dialTls, openTls, shakeHands, tlsOptions } from "./tls-rig.ts";

let authority: CertificateAuthority;
let ca: Buffer;
let server: CertificateFiles;
let sensor: CertificateFiles;

describeWithService("openssl", "TLS", () => {
  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = await readFile(authority.cert);
    server = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost" });
    sensor = await authority.issue({ subject: "/CN=sensor 7/O=Plant", subjectAltName: "DNS:s7,URI:urn:s:7" });
  });

  afterAll(() => authority.remove());

  async function shown({ cert, key }: CertificateFiles): Promise<ConnectionOptions> {
    return { cert: await readFile(cert), key: await readFile(key) };
  }

  /** Files that a test may replace. */
  async function movable({ cert, key }: CertificateFiles): Promise<CertificateFiles> {
    const folder = await temporaryFolder();
    const files = { cert: join(folder, "server.pem"), key: join(folder, "server.key") };
    await copyFile(cert, files.cert);
    await copyFile(key, files.key);
    return files;
  }

  function commonNameOf(socket: TLSSocket): unknown {
    return socket.getPeerCertificate().subject.CN;
  }

  describe("TLS listener", () => {
    it.each(["TLSv1.2", "TLSv1.3"] as const)("carries bytes both ways over %s", async (version) => {
      const { ports, port, listener } = await openTls(tlsOptions(server));
      const client = await shakeHands({ port, ca, minVersion: version, maxVersion: version });
      const stream = await ports.nextStream();
      const receiver = new RecordingReceiver();

      stream.start(receiver);
      client.write("ping");
      await receiver.until(() => receiver.received.length === 4);
      stream.write(Buffer.from("pong"));
      const [answer] = await once(client, "data");

      expect(client.getProtocol()).toBe(version);
      expect(client.authorized).toBe(true);
      expect(String(answer)).toBe("pong");
      expect(stream).toMatchObject({ transport: "tls", isLoopback: true, clientCertificate: undefined });
      expect(stream.remoteAddress).toBe(`127.0.0.1:${client.localPort}`);
      expect(listener.description).toBe(`tls 127.0.0.1:${port}`);
      stream.destroy();
    });

    it("moves megabytes, and says when a slow receiver has caught up", async () => {
      const { ports, port } = await openTls(tlsOptions(server));
      const client = await shakeHands({ port, ca });
      const stream = await ports.nextStream();
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      const bytes = Buffer.alloc(8 * 1024 * 1024, "x");

      client.write(bytes);
      await receiver.until(
        () => receiver.chunks.reduce((sum, { length }) => sum + length, 0) === bytes.length,
      );
      stream.write(bytes);
      expect(stream.bufferedBytes).toBeGreaterThan(0);
      client.resume();
      await receiver.until(() => receiver.drains > 0);

      expect(stream.bufferedBytes).toBe(0);
      stream.destroy();
    });

    it("ends in order: what was written arrives, then the end", async () => {
      const { ports, port } = await openTls(tlsOptions(server));
      const client = await shakeHands({ port, ca });
      const stream = await ports.nextStream();
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      const seen: Buffer[] = [];
      client.on("data", (chunk) => seen.push(chunk));

      stream.write(Buffer.from("bye"));
      stream.end();
      await once(client, "end");
      await receiver.until(() => receiver.closes.length > 0);

      expect(Buffer.concat(seen).toString()).toBe("bye");
      expect(receiver.closes).toEqual([undefined]);
    });

    it("refuses versions below minVersion", async () => {
      const { ports, port, logger } = await openTls(tlsOptions({ ...server, minVersion: "TLSv1.3" }));

      const client = dialTls({ port, ca, maxVersion: "TLSv1.2" });
      const [error] = await once(client, "error");

      expect(error.code).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
      await logger.until(/connection refused: TLS handshake failed/);
      expect(ports.counters.connectionsRefused).toBe(1);
      expect(ports.streams).toEqual([]);
    });

    it("closes connections that speak no TLS", async () => {
      const { ports, port, logger } = await openTls(tlsOptions(server));
      const client = await dial(port);

      client.write("\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00");
      await closed(client);

      await logger.until(/connection refused: TLS handshake failed/);
      expect(ports.streams).toEqual([]);
    });

    it("closes a handshake that stands still, and one that creeps, after the timeout", async () => {
      const clock = new FakeClock();
      const { ports, port, logger } = await openTls(tlsOptions(server), { handshakeTimeoutMs: 5_000 }, clock);
      const idle = await dial(port);
      const creeping = await dial(port);
      creeping.write(Buffer.from([0x16, 0x03, 0x01]));
      const bothClosed = Promise.all([closed(idle), closed(creeping)]);
      await shakeHands({ port, ca }); // the others were accepted before
      const stream = await ports.nextStream();

      await clock.advance(5_000);
      await bothClosed;

      expect(logger.lines.filter((line) => line.includes("it took too long to connect"))).toHaveLength(2);
      expect(ports.counters.connectionsRefused).toBe(2);
      expect(stream.bufferedBytes).toBe(0);
      stream.destroy();
    });

    it("ends handshakes under way when it is closed", async () => {
      const { listener, port, ports } = await openTls(tlsOptions(server));
      const idle = await dial(port);
      await shakeHands({ port, ca });
      const stream = await ports.nextStream();

      await listener.close();
      await closed(idle);

      stream.destroy();
    });

    it("closes what comes in above the limit at once and counts it", async () => {
      const { ports, port } = await openTls(tlsOptions(server), { maximumConnections: 1 });
      await shakeHands({ port, ca });
      const stream = await ports.nextStream();

      await closed(dialTls({ port, ca }));

      expect(ports.counters.connectionsRefused).toBe(1);
      stream.destroy();
    });
  });

  describe("client certificates", () => {
    const asking = (more: object = {}) =>
      tlsOptions({ ...server, ca: authority.cert, requestCert: "required", ...more });
    const versions = ["TLSv1.2", "TLSv1.3"] as const;

    it.each(versions)("that are required tell who the client is (%s)", async (maxVersion) => {
      const { ports, port } = await openTls(asking({ certificateUser: "commonName" }));

      await shakeHands({ port, ca, maxVersion, ...(await shown(sensor)) });
      const stream = await ports.nextStream();

      expect(stream.clientCertificate).toEqual({
        commonName: "sensor 7",
        subjectAltNames: ["s7", "urn:s:7"],
        user: "sensor 7",
      });
      stream.destroy();
    });

    it.each(versions)("that are required and not shown end the connection (%s)", async (maxVersion) => {
      const { ports, port, logger } = await openTls(asking());

      await closed(dialTls({ port, ca, maxVersion }));

      await logger.until("connection refused: the client shows no certificate");
      expect(ports.streams).toEqual([]);
      expect(ports.counters.connectionsRefused).toBe(1);
    });

    it("that are optional need not be shown", async () => {
      const { ports, port } = await openTls(
        asking({ requestCert: "optional", certificateUser: "commonName" }),
      );

      await shakeHands({ port, ca });
      const anonymous = await ports.nextStream();
      await shakeHands({ port, ca, ...(await shown(sensor)) });
      const known = await ports.nextStream();

      expect(anonymous.clientCertificate).toBeUndefined();
      expect(known.clientCertificate?.user).toBe("sensor 7");
      anonymous.destroy();
      known.destroy();
    });

    it.each(["optional", "required"])(
      "of an authority nobody trusts end the connection (%s)",
      async (requestCert) => {
        const stranger = await CertificateAuthority.create("Another CA");
        const files = await stranger.issue({ subject: "/CN=sensor 7" });
        const { ports, port, logger } = await openTls(asking({ requestCert }));

        await closed(dialTls({ port, ca, ...(await shown(files)) }));

        await logger.until(/the client's certificate is not accepted: .*UNABLE_TO/);
        expect(ports.streams).toEqual([]);
        await stranger.remove();
      },
    );

    it("that have expired end the connection", async () => {
      const expired = await authority.issue({ subject: "/CN=old", days: -1 });
      const { port, logger } = await openTls(asking({ requestCert: "optional" }));

      await closed(dialTls({ port, ca, ...(await shown(expired)) }));

      await logger.until(/not accepted: CERT_HAS_EXPIRED/);
    });

    it("without the name the user is taken from end the connection", async () => {
      const nameless = await authority.issue({ subject: "/O=Plant" });
      const { ports, port, logger } = await openTls(asking({ certificateUser: "commonName" }));

      await closed(dialTls({ port, ca, ...(await shown(nameless)) }));

      await logger.until(/has no usable commonName/);
      expect(ports.streams).toEqual([]);
    });

    it.each(versions)("that were revoked end the connection, others do not (%s)", async (maxVersion) => {
      const own = await CertificateAuthority.create("Plant CA");
      const revoked = await own.issue({ subject: "/CN=stolen" });
      const good = await own.issue({ subject: "/CN=good" });
      await own.revoke(revoked);
      const { ports, port, logger } = await openTls(
        asking({ ca: own.cert, crl: await own.revocationList() }),
      );

      await closed(dialTls({ port, ca, maxVersion, ...(await shown(revoked)) }));
      await logger.until(/not accepted: CERT_REVOKED/);
      await shakeHands({ port, ca, maxVersion, ...(await shown(good)) });
      const stream = await ports.nextStream();

      expect(stream.clientCertificate?.commonName).toBe("good");
      stream.destroy();
      await own.remove();
    });

    it.each(versions)(
      "revoked after a reload do not come back with a session ticket (%s)",
      async (maxVersion) => {
        const own = await CertificateAuthority.create("Plant CA");
        const device = await own.issue({ subject: "/CN=device" });
        const crl = await own.revocationList();
        const { ports, port, logger, listener } = await openTls(asking({ ca: own.cert, crl }));
        const options = { port, ca, maxVersion, ...(await shown(device)) };
        const first = dialTls(options);
        const [session] = await once(first, "session");
        const resumed = await shakeHands({ ...options, session });
        const stream = await ports.nextStream();
        const again = await ports.nextStream();
        expect(resumed.isSessionReused()).toBe(true);
        expect(again.clientCertificate?.commonName).toBe("device");

        await own.revoke(device);
        await own.revocationList();
        await listener.reload();
        const refused = dialTls({ ...options, session });
        await closed(refused);

        await logger.until(/not accepted: CERT_REVOKED/);
        for (const open of [stream, again]) open.destroy();
        await own.remove();
      },
    );
  });

  describe("reloading certificates", () => {
    it("gives new handshakes the new one and leaves open connections alone", async () => {
      const files = await movable(server);
      const { ports, port, listener, logger } = await openTls(tlsOptions(files));
      const before = await shakeHands({ port, ca });
      const stream = await ports.nextStream();
      const receiver = new RecordingReceiver();
      stream.start(receiver);
      const next = await authority.issue({ subject: "/CN=renewed", subjectAltName: "DNS:localhost" });

      await copyFile(next.cert, files.cert);
      await copyFile(next.key, files.key);
      await listener.reload();
      const after = await shakeHands({ port, ca });
      before.write("still here");
      await receiver.until(() => receiver.received.length > 0);

      expect([commonNameOf(before), commonNameOf(after)]).toEqual(["broker", "renewed"]);
      expect(receiver.received.toString()).toBe("still here");
      expect(logger.lines).toEqual(["info: listeners.0.tls: certificates reloaded"]);
      stream.destroy();
      (await ports.nextStream()).destroy();
    });

    it("happens by itself when the files change", async () => {
      const clock = new FakeClock();
      const files = await movable(server);
      const { ports, port, logger } = await openTls(tlsOptions(files), {}, clock);
      const next = await authority.issue({ subject: "/CN=renewed", subjectAltName: "DNS:localhost" });
      await copyFile(next.cert, files.cert);
      await copyFile(next.key, files.key);

      const reloaded = logger.until("certificates reloaded");
      await advanceUntil(clock, reloaded);

      expect(commonNameOf(await shakeHands({ port, ca }))).toBe("renewed");
      (await ports.nextStream()).destroy();
    });

    it.each([
      ["no certificate", "", /\.cert: .*server\.pem holds no certificate in PEM form/],
      [
        "half a certificate",
        "-----BEGIN CERTIFICATE-----\nMIIB\n",
        /\.cert: .*server\.pem holds a certificate that cannot be read/,
      ],
    ])("keeps the old one when the new file holds %s", async (_, text, problem) => {
      const files = await movable(server);
      const { ports, port, listener, logger } = await openTls(tlsOptions(files));

      await writeFile(files.cert, text);
      await listener.reload();

      expect(logger.lines).toHaveLength(1);
      expect(logger.lines[0]).toMatch(/^error: certificates not reloaded, the last good ones stay in use: /);
      expect(logger.lines[0]).toMatch(problem);
      expect(commonNameOf(await shakeHands({ port, ca }))).toBe("broker");
      (await ports.nextStream()).destroy();
    });

    it("keeps the old pair while certificate and key do not belong together, then takes the new one", async () => {
      const files = await movable(server);
      const { ports, port, listener, logger } = await openTls(tlsOptions(files));
      const next = await authority.issue({ subject: "/CN=renewed", subjectAltName: "DNS:localhost" });

      await copyFile(next.cert, files.cert);
      await listener.reload();
      expect(logger.lines[0]).toMatch(
        /\.key: .*server\.key is not the key of the certificate in .*server\.pem/,
      );
      expect(commonNameOf(await shakeHands({ port, ca }))).toBe("broker");
      await copyFile(next.key, files.key);
      await listener.reload();

      expect(commonNameOf(await shakeHands({ port, ca }))).toBe("renewed");
      for (const stream of [await ports.nextStream(), await ports.nextStream()]) stream.destroy();
    });
  });

  /** Moves the clock on, in steps that leave the file system time to answer. */
  async function advanceUntil(clock: FakeClock, done: Promise<unknown>): Promise<void> {
    let isDone = false;
    void done.then(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(100);
  }
});
