import { generate } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { aPublish, type ConnectOptions, type RawClient, tcpClient } from "../support/raw-client.ts";

/** Ids of which one begins another, holds what separates keys, or sorts where a range would end. */
const NEIGHBOURS = [
  "a",
  "ab",
  "a:",
  "a!",
  "a%3A",
  "a/",
  "a\u0001",
  "é",
  "e\u0301",
  "\u{1f600}",
  "\uffff",
  "a\uffff",
];
/** Keys an object has without being given them. */
const INHERITED = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];

const lasting = (clientId: string): ConnectOptions => ({
  clientId,
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
});

describe("names that hurt others", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker?.dispose());

  async function connected(options: ConnectOptions): Promise<RawClient> {
    const client = await tcpClient(broker.tcpPort);
    await client.connect(options);
    return client;
  }

  // aedes-persistence-level 9.1.2; GHSA-52qw-whmv-87c5
  it("are client ids of sessions that never see each other's messages, through kill -9 and restart", async () => {
    const ids = [...NEIGHBOURS, ...INHERITED];
    for (const id of ids) {
      const client = await connected(lasting(id));
      await client.subscribe(`to/${id.replaceAll("/", "_")}`, { qos: 1 });
      await client.hangUp();
    }
    const publisher = await connected({ clientId: "publisher" });
    for (const [n, id] of ids.entries()) {
      publisher.send(
        aPublish({ topic: `to/${id.replaceAll("/", "_")}`, payload: id, qos: 1, messageId: n + 1 }),
      );
    }
    await publisher.take(ids.length);
    await publisher.hangUp();

    await broker.restart();

    for (const id of ids) {
      const client = await tcpClient(broker.tcpPort);
      const connack = await client.connect(lasting(id));
      const received = [await client.next(), ...(await client.ping())];
      expect([id, connack.sessionPresent]).toEqual([id, true]);
      expect(received.map((packet) => packet.cmd === "publish" && String(packet.payload))).toEqual([id]);
      await client.hangUp();
    }
  });

  it("of which one is wiped leave the others their sessions", async () => {
    for (const id of NEIGHBOURS) await (await connected(lasting(`w${id}`))).disconnect();
    await (await connected({ ...lasting("wa"), clean: true, properties: {} })).disconnect();

    await broker.restart();

    for (const id of NEIGHBOURS) {
      const client = await tcpClient(broker.tcpPort);
      const connack = await client.connect(lasting(`w${id}`));
      expect([id, connack.sessionPresent]).toEqual([id, id !== "a"]);
      await client.hangUp();
    }
  });

  it.each(INHERITED)("are a topic, a user property and a user name like any other: %s", async (name) => {
    const client = await connected({ clientId: `reader of ${name}` });
    await client.subscribe(`${name}/+`);
    await client.subscribe(name);
    const raw: Buffer[] = [];
    const bytes = generate(
      aPublish({
        topic: `${name}/constructor`,
        retain: true,
        qos: 1,
        messageId: 1,
        properties: { userProperties: { x: name } },
      }),
      { protocolVersion: 5 },
    );
    raw.push(bytes);

    client.sendBytes(Buffer.concat(raw));
    client.send(aPublish({ topic: name, payload: name }));
    const received = await client.take(3);
    const late = await connected({ clientId: `late ${name}` });
    await late.subscribe(`${name}/#`);

    expect(received.map(({ cmd }) => cmd).sort()).toEqual(["puback", "publish", "publish"]);
    expect(await late.next()).toMatchObject({ topic: `${name}/constructor`, retain: true });
    expect(Object.keys({})).toEqual([]);
    await late.disconnect();
    await client.disconnect();
  });

  it("keep user properties as they were sent, whatever they are called", async () => {
    const client = await connected({ clientId: "properties" });
    await client.subscribe("t");
    const hexByte = (value: number): string => Buffer.from([value]).toString("hex");
    const hexText = (text: string): string => `00${hexByte(text.length)}${Buffer.from(text).toString("hex")}`;
    const block = INHERITED.map((name) => `26${hexText(name)}${hexText("1")}`).join("");
    const body = `000174${hexByte(block.length / 2)}${block}`;

    client.sendHex(`30${hexByte(body.length / 2)}${body}`);

    const publish = await client.next();
    const names = publish.cmd === "publish" ? Object.keys(publish.properties?.userProperties ?? {}) : [];
    expect(names).toEqual(INHERITED);
  });
});
