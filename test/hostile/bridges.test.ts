import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseMapping as parseAmqpMapping, toPublication } from "../../bridges/amqp/amqp-mapping.ts";
import { createForwarding } from "../../bridges/forwarding.ts";
import { parseMapping as parseKafkaMapping, toKafkaRecord } from "../../bridges/kafka/kafka-mapping.ts";
import { parseTemplate } from "../../bridges/template.ts";
import { TemplateError } from "../../bridges/template-input.ts";
import { toTopicFilter } from "../../src/base/topic-filter.ts";
import { aMessage, aRecord } from "../bridges/support/messages.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { freePort } from "../support/free-port.ts";
import { aPublish, type RawClient, tcpClient } from "../support/raw-client.ts";
import { readMetric } from "../support/read-metric.ts";

/** As deep as a broker can be told to accept, 65,535 levels. */
const DEEP = "/".repeat(65_534);
/** DISCONNECT with Will Message: the broker ends the connection when the will is on its way. */
const PUBLISH_THE_WILL = 0x04;
const EVERY_PLACEHOLDER = `\${topic}|\${topic.dotted}|\${topic[65534]}|\${clientId}`;

describe("a bridge that forwards #", () => {
  let broker: BrokerProcess;
  let client: RawClient;

  beforeAll(async () => {
    const retry = { initialMs: 10, maximumMs: 100 };
    const mapping = { from: "#", key: `\${topic[65534]}` };
    const [amqpPort, kafkaPort] = [await freePort(), await freePort()];
    broker = await startBroker({
      config: {
        mqtt: { maximumTopicLevels: 65_535 },
        limits: { unauthenticatedPacketSize: 131_072 },
        metrics: { sysInterval: 1 },
        bridges: [
          {
            type: "amqp",
            name: "amqp",
            url: `amqp://127.0.0.1:${amqpPort}`,
            forward: [{ ...mapping, exchange: "amq.topic", routingKey: EVERY_PLACEHOLDER }],
            retry,
          },
          {
            type: "kafka",
            name: "kafka",
            brokers: [`127.0.0.1:${kafkaPort}`],
            forward: [{ ...mapping, topic: "t", headers: [{ name: "all", value: EVERY_PLACEHOLDER }] }],
            retry,
          },
        ],
      },
    });
    client = await tcpClient(broker.tcpPort);
    await client.connect();
  });
  afterAll(() => broker?.dispose());

  const ofBoth = (name: string): Promise<number[]> =>
    Promise.all(["amqp", "kafka"].map((bridge) => readMetric(broker.adminPort, name, { bridge })));
  const matched = (): Promise<number[]> => ofBoth("causeway_bridge_matched_total");

  // CVE-2018-12543, GHSA-jxxm-27vp-c3m5
  it.each(["$SYS", "$SYS/broker/clients/total", "$share/g/x", "$queue/x", "$x", "$", "$MQTT/rmsgs/x"])(
    "takes nothing of %s: published, retained or as a will",
    async (topic) => {
      const before = await matched();
      const dying = await tcpClient(broker.tcpPort);
      const will = { topic, payload: Buffer.from("x"), qos: 1, retain: false } as const;
      await dying.connect({ clientId: "dying", will });

      await dying.disconnect(PUBLISH_THE_WILL);
      client.send(
        aPublish({ topic }),
        aPublish({ topic, qos: 1, messageId: 1 }),
        aPublish({ topic, qos: 1, messageId: 2, retain: true }),
        aPublish({ topic: "counted", qos: 1, messageId: 3 }),
      );
      const pubacks = await client.take(3);

      expect(pubacks).toMatchObject([{ cmd: "puback" }, { cmd: "puback" }, { cmd: "puback", reasonCode: 0 }]);
      expect(await matched()).toEqual(before.map((count) => count + 1));
    },
  );

  it("takes nothing of what the broker publishes about itself", async () => {
    const before = await matched();
    await client.subscribe("$SYS/broker/uptime");

    const announced = await client.take(2); // what is retained, and the next one

    expect(announced).toMatchObject([{ topic: "$SYS/broker/uptime" }, { topic: "$SYS/broker/uptime" }]);
    expect(await matched()).toEqual(before);
    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["$SYS/broker/uptime"] });
    await client.ping();
  });

  // CVE-2019-11779, GHSA-xxqp-5qx8-gj5q
  it("takes a topic of 65,535 levels, published, retained and as a will, and keeps it over kill -9", async () => {
    const before = await matched();
    const heir = await tcpClient(broker.tcpPort);
    await heir.connect({ clientId: "heir" });
    await heir.subscribe(DEEP, { qos: 1 });
    const dying = await tcpClient(broker.tcpPort);
    await dying.connect({
      clientId: "dying",
      will: { topic: DEEP, payload: Buffer.from("x"), qos: 1, retain: true },
    });

    client.send(
      aPublish({ topic: DEEP, qos: 1, messageId: 1 }),
      aPublish({ topic: DEEP, qos: 1, messageId: 2, retain: true }),
    );
    expect(await client.take(2)).toMatchObject([
      { cmd: "puback", reasonCode: 0 },
      { cmd: "puback", reasonCode: 0 },
    ]);
    await dying.disconnect(PUBLISH_THE_WILL);
    await heir.take(3);

    const taken = before.map((count) => count + 3);
    expect(await matched()).toEqual(taken);
    await broker.restart();
    expect(await ofBoth("causeway_bridge_held_at_start_messages")).toEqual(taken);
  });
});

describe("a mapping's template", () => {
  const record = aRecord({ topic: DEEP });
  const amqp = { from: "#", exchange: "amq.topic", routingKey: "r", key: `\${clientId}` };
  const kafka = { from: "#", topic: "t", key: `\${clientId}` };

  it("renders a topic of 65,535 levels, all of it and any level", () => {
    const rendered = parseTemplate(EVERY_PLACEHOLDER).render(record.input);

    expect(rendered).toBe(`${DEEP}|${".".repeat(65_534)}||device-7`);
  });

  it.each([`\${topic}`, `\${topic.dotted}`, `\${topic[65535]}`])(
    "finds that one undeliverable where it does not fit, without an exception of another kind: %s",
    (text) => {
      const toAmqp = parseAmqpMapping("m", { ...amqp, routingKey: text });
      const toKafka = parseKafkaMapping("m", { ...kafka, topic: text });

      expect(() => toPublication(record, toAmqp, 1)).toThrow(TemplateError);
      expect(() => toKafkaRecord(record, toKafka)).toThrow(TemplateError);
    },
  );

  it.each([`\${topic}`, `\${topic[65534]}`, `\${topic[65535]}`, `\${payload.a.b}`])(
    "gives it a lane by the key %s",
    (key) => {
      const forwarding = createForwarding(toTopicFilter("#") as never, 1, parseTemplate(key), 4);

      expect([0, 1, 2, 3]).toContain(forwarding.laneOf(aMessage({ topic: DEEP })));
    },
  );
});
