import { afterAll, beforeAll, expect, it } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { CertificateAuthority, type CertificateFiles } from "../../support/certificates.ts";
import { mosquittoPub, mosquittoSub } from "../../support/services/mosquitto.ts";
import { describeWithServices } from "../../support/services/services.ts";

describeWithServices(["mosquitto-clients", "openssl"], "mosquitto_pub and mosquitto_sub over TLS", () => {
  let authority: CertificateAuthority;
  let sensor: CertificateFiles;
  let broker: BrokerProcess;

  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    const server = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost" });
    sensor = await authority.issue({ subject: "/CN=sensor-7" });
    const files = { ...server, ca: authority.cert };
    broker = await startBroker({
      config: {
        listeners: [
          { type: "tls", tls: { ...files, requestCert: "optional" } },
          { type: "unix", path: `${authority.folder}/mqtt.sock` },
        ],
      },
    });
  });

  afterAll(async () => {
    await broker?.dispose();
    await authority?.remove();
  });

  const secure = (): string[] => [
    ...["-h", "localhost", "-p", String(broker.portOf("tls")), "--cafile", authority.cert],
  ];

  it.each(["tlsv1.2", "tlsv1.3"])("carry a message with --cafile over %s", async (version) => {
    const subscriber = await mosquittoSub([...secure(), "-q", "1", "-t", `over/${version}`]);

    const { code, output } = await mosquittoPub([
      ...secure(),
      ...["--tls-version", version, "-q", "1", "-t", `over/${version}`, "-m", "21.5"],
    ]);
    const [message] = await subscriber.waitForMessages(1);
    await subscriber.stop();

    expect(`${code} ${output}`).toBe("0 ");
    expect(message?.payload).toBe("21.5");
  });

  it("refuse the broker when its authority is not theirs", async () => {
    const stranger = await CertificateAuthority.create("Another CA");

    const { code, output } = await mosquittoPub([
      ...["-h", "localhost", "-p", String(broker.portOf("tls")), "--cafile", stranger.cert],
      ...["-t", "t", "-m", "x"],
    ]);
    await stranger.remove();

    expect(code).not.toBe(0);
    expect(output).toMatch(/verify failed|TLS/);
  });

  it("show a certificate with --cert and --key", async () => {
    const { code, output } = await mosquittoPub([
      ...secure(),
      ...["--cert", sensor.cert, "--key", sensor.key, "-q", "1", "-t", "t", "-m", "x"],
    ]);

    expect(`${code} ${output}`).toBe("0 ");
  });

  it("use a Unix socket with --unix", async () => {
    const { code, output } = await mosquittoPub([
      ...["--unix", `${authority.folder}/mqtt.sock`, "-q", "1", "-t", "t", "-m", "x"],
    ]);

    expect(`${code} ${output}`).toBe("0 ");
  });
});
