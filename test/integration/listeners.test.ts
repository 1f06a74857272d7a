import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { type IClientOptions, MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type BrokerOptions, type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { CertificateAuthority, type CertificateFiles } from "../support/certificates.ts";
import { runBroker } from "../support/run-broker.ts";
import { describeWithService } from "../support/services/services.ts";
import { temporaryFolder } from "../transports/temporary-folder.ts";

let authority: CertificateAuthority;
let ca: Buffer;
let server: CertificateFiles;

describeWithService("openssl", "listeners of the built broker", () => {
  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = await readFile(authority.cert);
    server = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost" });
  });

  afterAll(() => authority.remove());

  async function aBroker(config: NonNullable<BrokerOptions["config"]>): Promise<BrokerProcess> {
    const broker = await startBroker({ config });
    onTestFinished(() => broker.dispose());
    return broker;
  }

  /** A client on a stream of the test's making. */
  async function connected(
    stream: () => ReturnType<typeof connectSocket>,
    options: IClientOptions = {},
  ): Promise<MqttClient> {
    const client = new MqttClient(stream, { protocolVersion: 5, reconnectPeriod: 0, ...options });
    onTestFinished(() => client.endAsync(true));
    client.on("error", () => {});
    await nextOf(client, "connect");
    return client;
  }

  /** What comes with the client's next event of this name. */
  function nextOf(client: MqttClient, event: "connect" | "message" | "error"): Promise<unknown[]> {
    return new Promise((resolve) => client.once(event, (...args: unknown[]) => resolve(args)));
  }

  async function tlsOf({ cert, key }: CertificateFiles) {
    return { ca, servername: "localhost", cert: await readFile(cert), key: await readFile(key) };
  }

  describe("broker with TLS", () => {
    it("takes the user from the client's certificate, for its rules too", async () => {
      const folder = await temporaryFolder();
      const aclFile = join(folder, "acl");
      await writeFile(aclFile, "pattern readwrite plant/%u/#\n");
      const sensor = await authority.issue({ subject: "/CN=sensor-7" });
      const broker = await aBroker({
        listeners: [
          {
            type: "tls",
            tls: { ...server, ca: authority.cert, requestCert: "required" },
            certificateUser: "commonName",
          },
        ],
        auth: { anonymous: "never", aclFile },
      });
      const port = broker.portOf("tls");
      const secure = await tlsOf(sensor);

      const client = await connected(() => connectTls({ port, ...secure }), {
        username: "admin",
        password: "no such user",
      });
      const own = await client.subscribeAsync("plant/sensor-7/#", { qos: 1 });
      const [[topicName, payload]] = await Promise.all([
        nextOf(client, "message"),
        client.publishAsync("plant/sensor-7/temp", "21.5", { qos: 1 }),
      ]);
      const others = client.publishAsync("plant/sensor-8/temp", "0", { qos: 1 });

      expect(own[0]?.qos).toBe(1);
      expect([topicName, String(payload)]).toEqual(["plant/sensor-7/temp", "21.5"]);
      await expect(others).rejects.toThrow("Not authorized");
    });

    it("shows a new certificate after SIGHUP, and keeps who is connected", async () => {
      const folder = await temporaryFolder();
      const files = { cert: join(folder, "server.pem"), key: join(folder, "server.key") };
      await copyFile(server.cert, files.cert);
      await copyFile(server.key, files.key);
      const broker = await aBroker({ listeners: [{ type: "tls", tls: files }] });
      const port = broker.portOf("tls");
      const dialOptions = { port, ca, servername: "localhost" };
      const client = await connected(() => connectTls(dialOptions));
      const next = await authority.issue({ subject: "/CN=renewed", subjectAltName: "DNS:localhost" });
      await copyFile(next.cert, files.cert);
      await copyFile(next.key, files.key);

      process.kill(broker.pid, "SIGHUP");
      await vi.waitFor(() => expect(broker.output()).toContain("certificates reloaded"), { timeout: 10_000 });
      const socket = connectTls(dialOptions);
      await once(socket, "secureConnect");

      expect(socket.getPeerCertificate().subject.CN).toBe("renewed");
      await expect(client.publishAsync("t", "still here", { qos: 1 })).resolves.toBeDefined();
      socket.destroy();
    });

    it("does not start when a file is missing, and says which", async () => {
      const { exitCode, output } = await runBroker(
        `listeners: [{ type: tls, bind: "127.0.0.1:0", tls: { cert: missing.pem, key: ${server.key} } }]\n`,
      );

      expect(exitCode).toBe(78);
      expect(output).toContain("listeners.0.tls.cert: missing.pem cannot be read: ENOENT");
    });
  });

  describe("broker on a Unix socket", () => {
    it("serves programs of this machine", async () => {
      const path = join(await temporaryFolder(), "mqtt.sock");
      const broker = await aBroker({ listeners: [{ type: "unix", path }] });

      const client = await connected(() => connectSocket(path));
      await client.subscribeAsync("t", { qos: 1 });
      const [[, payload]] = await Promise.all([
        nextOf(client, "message"),
        client.publishAsync("t", "over the socket", { qos: 1 }),
      ]);

      expect(String(payload)).toBe("over the socket");
      expect(broker.output()).toContain(`listening on unix ${path}`);
    });

    it("takes the socket over from a broker that was killed", async () => {
      const path = join(await temporaryFolder(), "mqtt.sock");
      const broker = await aBroker({ listeners: [{ type: "unix", path }] });

      await broker.kill();
      await broker.restart();

      await expect(connected(() => connectSocket(path))).resolves.toBeDefined();
    });
  });

  describe("broker behind a proxy", () => {
    it("lets nobody in as from the loopback, though the proxy runs there and says so", async () => {
      const broker = await aBroker({
        listeners: [{ type: "tcp", proxyProtocol: { networks: ["127.0.0.0/8"] } }],
      });
      const client = new MqttClient(
        () => {
          const socket = connectSocket(broker.tcpPort, "127.0.0.1");
          socket.write("PROXY TCP4 127.0.0.1 127.0.0.1 5000 1883\r\n");
          return socket;
        },
        { protocolVersion: 5, reconnectPeriod: 0 },
      );
      onTestFinished(() => client.endAsync(true));

      const [error] = await nextOf(client, "error");

      expect(String(error)).toContain("Not authorized");
    });
  });
});
