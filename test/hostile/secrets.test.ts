import { generate } from "mqtt-packet";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { hashPassword } from "../../src/auth/password-hash.ts";
import { temporaryFile } from "../auth/temporary-file.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { freePort } from "../support/free-port.ts";
import { type RawClient, tcpClient } from "../support/raw-client.ts";
import { readMetric } from "../support/read-metric.ts";
import { runBroker } from "../support/run-broker.ts";

const PATIENCE = { timeout: 15_000, interval: 50 };
const VERSIONS = [3, 4, 5] as const;
const SECRETS = {
  right: "planted-right-password",
  wrong: "planted-wrong-password",
  malformed: "planted-malformed-password",
  method: "planted-authentication-data",
  amqp: "planted:amqp@password",
  kafka: "planted-kafka-password",
} as const;

/** Each secret as it is, and as it would look in a URL, in Base64, in hexadecimal digits or as JSON of a Buffer. */
const SPELLINGS = Object.values(SECRETS).flatMap((secret) => {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString("base64").replace(/.?=*$/, ""),
    bytes.toString("hex"),
    [...bytes].join(","),
  ];
});

const spelledIn = (text: string): string[] => SPELLINGS.filter((spelling) => text.includes(spelling));

function bridges(amqpPort: number, kafkaPort: number): readonly object[] {
  const retry = { initialMs: 10, maximumMs: 50 };
  const userInfo = `planted:${encodeURIComponent(SECRETS.amqp)}`;
  return [
    {
      type: "amqp",
      name: "to-amqp",
      url: `amqp://${userInfo}@127.0.0.1:${amqpPort}/vhost`,
      forward: [{ from: "a/#", exchange: "amq.topic" }],
      retry,
    },
    {
      type: "kafka",
      name: "to-kafka",
      brokers: [`127.0.0.1:${kafkaPort}`],
      sasl: { mechanism: "plain", username: "planted", password: SECRETS.kafka },
      forward: [{ from: "a/#", topic: "t" }],
      retry,
    },
  ];
}

const as = (username: string, password: string) => ({
  clientId: `${username} with a password of ${password.length}`,
  username,
  password: Buffer.from(password),
});

describe("secrets, with log.level debug", () => {
  it("are in no log line, no metric and no $SYS topic: of logins, failed logins and targets out of reach", async () => {
    const broker = await startedWithSecrets();
    const observer = await tcpClient(broker.tcpPort);
    await observer.connect({ clientId: "observer" });
    await observer.subscribe("$SYS/#");
    for (const version of VERSIONS) await logInAndFail(broker, version);
    for (const bridge of ["to-amqp", "to-kafka"]) await failedSends(broker, bridge);

    const metrics = await (await fetch(`http://127.0.0.1:${broker.adminPort}/metrics`)).text();
    const health = await (await fetch(`http://127.0.0.1:${broker.adminPort}/health`)).text();
    const announced = JSON.stringify(
      (await observer.ping()).map((packet) => String("payload" in packet && packet.payload)),
    );
    process.kill(broker.pid, "SIGHUP");
    expect(await broker.stop()).toBe(0);
    const output = broker.output();

    expect(output).toContain('"msg":"starting"'); // nothing was cut off
    expect(output).toMatch(/"level":"debug"/);
    expect(output).toContain("anna");
    expect(output.match(/bridge cannot deliver/g)?.length).toBeGreaterThanOrEqual(2);
    expect(metrics).toContain('causeway_bridge_send_failures_total{bridge="to-kafka"}');
    expect(spelledIn(output + metrics + health + announced)).toEqual([]);
  });
});

describe("secrets of a configuration", () => {
  it("are not in what --check says of it", async () => {
    const { exitCode, output } = await runBroker(JSON.stringify({ bridges: bridges(5672, 9092) }), [
      "--check",
    ]);

    expect(output).toContain("bridge to-amqp");
    expect(spelledIn(output)).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it("are not in what is said of its faults", async () => {
    const [amqp, kafka] = bridges(5672, 9092);
    const faulty = [
      { ...amqp, url: `http://planted:${SECRETS.amqp}@127.0.0.1` },
      { ...kafka, sasl: { mechanism: "none", username: "", password: [SECRETS.kafka] } },
    ];

    const { exitCode, output } = await runBroker(JSON.stringify({ bridges: faulty }));

    expect(output).toContain("bridges.1.sasl.password");
    expect(spelledIn(output)).toEqual([]);
    expect(exitCode).toBe(78);
  });
});

async function startedWithSecrets(): Promise<BrokerProcess> {
  const passwordFile = await temporaryFile("passwords", `anna:${await hashPassword(SECRETS.right, 1)}\n`);
  const broker = await startBroker({
    config: {
      log: { level: "debug" },
      metrics: { sysInterval: 1 },
      auth: { anonymous: "loopback", passwordFile },
      bridges: bridges(await freePort(), await freePort()),
    },
  });
  onTestFinished(() => broker.dispose());
  return broker;
}

async function logInAndFail(broker: BrokerProcess, version: 3 | 4 | 5): Promise<void> {
  const dial = (): Promise<RawClient> => tcpClient(broker.tcpPort, version);
  const welcome = await dial();
  expect(codeOf(await welcome.connect(as("anna", SECRETS.right)))).toBe(0);
  await welcome.disconnect();
  for (const user of ["anna", "nobody"]) {
    const refused = await dial();
    expect(codeOf(await refused.connect(as(user, SECRETS.wrong)))).toBeGreaterThan(0);
    await refused.hangUp();
  }
  const malformed = await dial();
  malformed.sendBytes(withReservedFlag(version));
  await malformed.rest();
  if (version === 5) await failToAuthenticate(await dial());
}

async function failedSends(broker: BrokerProcess, bridge: string): Promise<void> {
  const failures = (): Promise<number> =>
    readMetric(broker.adminPort, "causeway_bridge_send_failures_total", { bridge });
  await vi.waitFor(async () => expect(await failures()).toBeGreaterThan(2), PATIENCE);
}

const codeOf = ({ reasonCode, returnCode }: { reasonCode?: number; returnCode?: number }): number =>
  reasonCode ?? returnCode ?? 0;

/** A CONNECT with a password whose reserved flag is set. */
function withReservedFlag(version: 3 | 4 | 5): Buffer {
  const protocolId = version === 3 ? "MQIsdp" : "MQTT";
  const packet = { cmd: "connect", protocolId, protocolVersion: version, clean: true, keepalive: 0 } as const;
  const bytes = generate({ ...packet, ...as("anna", SECRETS.malformed) } as never);
  const flags = 2 + 2 + protocolId.length + 1;
  bytes[flags] = (bytes[flags] as number) | 1;
  return bytes;
}

async function failToAuthenticate(client: RawClient): Promise<void> {
  const connack = await client.connect({
    clientId: "scram",
    properties: { authenticationMethod: "SCRAM-SHA-256", authenticationData: Buffer.from(SECRETS.method) },
  });
  expect(codeOf(connack)).toBeGreaterThan(0);
  await client.hangUp();
}
