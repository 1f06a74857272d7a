import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { AmqpPeer } from "../../support/amqp-peer.ts";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { aPublish, tcpClient } from "../../support/raw-client.ts";
import { readMetric } from "../../support/read-metric.ts";

describe("a broker with limits in its configuration", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker({
      config: {
        listeners: [{ type: "tcp", strict: "warn" }, { type: "admin" }],
        mqtt: { receiveMaximum: 1 },
        limits: { connectRate: 1, exemptLoopback: false, maximumConnectionsPerAddress: 3 },
      },
    });
  });
  afterAll(() => broker?.dispose());

  const reached = (limit: string): Promise<number> =>
    readMetric(broker.adminPort, "causeway_limits_reached_total", { limit });

  it("keeps to them, and counts", async () => {
    const clients = await Promise.all([1, 2, 3].map(() => tcpClient(broker.tcpPort)));
    const fourth = await tcpClient(broker.tcpPort);
    await fourth.ended;

    const connacks = await Promise.all(clients.map((client, n) => client.connect({ clientId: `c${n}` })));

    expect(connacks.map(({ reasonCode }) => reasonCode)).toEqual([0, 0, 0x9f]);
    expect(await reached("connect_rate")).toBe(1);
    expect(await reached("connections_per_address")).toBe(1);

    const [client] = clients;
    client?.send(...[1, 2].map((messageId) => aPublish({ qos: 2, messageId })));
    expect((await client?.take(2))?.map(({ cmd }) => cmd)).toEqual(["pubrec", "pubrec"]);
    expect(await reached("receive_maximum")).toBe(1);
    expect(broker.output()).toContain("limits.maximumConnectionsPerAddress");
  });
});

describe("a broker with limits and a listener for AMQP", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker({
      config: {
        listeners: [{ type: "tcp" }, { type: "amqp" }, { type: "admin" }],
        limits: { connectRate: 1, exemptLoopback: false, maximumConnectionsPerAddress: 4 },
      },
    });
  });
  afterAll(() => broker?.dispose());

  const reached = (limit: string): Promise<number> =>
    readMetric(broker.adminPort, "causeway_limits_reached_total", { limit });

  /** An AMQP client, and the first that comes to it. */
  async function dialled(): Promise<{ peer: AmqpPeer; first: Promise<string> }> {
    let tell: (kind: string) => void = () => {};
    const first = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const peer = await AmqpPeer.dial(broker.portOf("amqp"), ({ method }) => tell(method.kind));
    onTestFinished(() => peer.drop());
    return { peer, first };
  }

  it("keeps to them for both protocols together, and counts", async () => {
    const [mqtt] = await Promise.all([1, 2].map(() => tcpClient(broker.tcpPort)));
    expect(await reached("connections_per_address")).toBe(0);
    const [one, two] = [await dialled(), await dialled()];

    expect(await (await dialled()).first).toBe("end");
    expect(await reached("connections_per_address")).toBe(1);

    for (const { peer } of [one, two]) peer.sendProtocolHeader();
    const connack = await mqtt?.connect({ clientId: "a" });
    const areIn = [
      connack?.reasonCode === 0,
      ...(await Promise.all([one.first, two.first])).map((kind) => kind === "connection.start"),
    ];
    expect(areIn.filter((isIn) => isIn)).toHaveLength(2);
    expect(await reached("connect_rate")).toBe(1);
  });
});
