import { readFile } from "node:fs/promises";
import { type ChannelModel, connect, credentials } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startBroker } from "../support/broker-process.ts";
import { CertificateAuthority, type CertificateFiles } from "../support/certificates.ts";
import { describeWithService } from "../support/services/services.ts";

let authority: CertificateAuthority;
let ca: Buffer;
let server: CertificateFiles;

describeWithService("openssl", "an amqps listener of the built broker", () => {
  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = await readFile(authority.cert);
    server = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost" });
  });

  afterAll(() => authority.remove());

  async function portOf(listener: object): Promise<number> {
    const tls = { ...server, ca: authority.cert };
    const broker = await startBroker({
      config: { listeners: [{ type: "amqps", bind: "127.0.0.1:0", tls, ...listener }] },
    });
    onTestFinished(() => broker.dispose());
    return broker.portOf("amqps");
  }

  async function echo(connection: ChannelModel): Promise<string | undefined> {
    onTestFinished(() => connection.close().catch(() => {}));
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue("q");
    channel.sendToQueue("q", Buffer.from("hello"), { persistent: true });
    await channel.waitForConfirms();
    const message = await channel.get("q");
    return message === false ? undefined : message.content.toString();
  }

  it("serves amqplib", async () => {
    const url = `amqps://localhost:${await portOf({})}`;

    expect(await echo(await connect(url, { ca, servername: "localhost" }))).toBe("hello");
  });

  describe("that asks for certificates", () => {
    const asking = { certificateUser: "commonName" };

    it("lets a client in by its certificate with EXTERNAL (RFC 4422 appendix A)", async () => {
      const worker = await authority.issue({ subject: "/CN=worker-1" });
      const tls = { ...server, ca: authority.cert, requestCert: "required" };
      const url = `amqps://localhost:${await portOf({ ...asking, tls })}`;
      const own = { cert: await readFile(worker.cert), key: await readFile(worker.key) };

      const options = { ca, servername: "localhost", ...own, credentials: credentials.external() };
      expect(await echo(await connect(url, options))).toBe("hello");
    });

    it("refuses who shows none", async () => {
      const tls = { ...server, ca: authority.cert, requestCert: "required" };
      const url = `amqps://localhost:${await portOf({ ...asking, tls })}`;

      await expect(connect(url, { ca, servername: "localhost" })).rejects.toThrow();
    });
  });
});
