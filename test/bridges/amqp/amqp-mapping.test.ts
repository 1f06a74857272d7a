import { describe, expect, it } from "vitest";
import { createBridge } from "../../../bridges/amqp/amqp-bridge.ts";
import { parseMapping, toPublication } from "../../../bridges/amqp/amqp-mapping.ts";
import type { AmqpMapping, AmqpOptions } from "../../../bridges/amqp/amqp-options.ts";
import { TemplateError } from "../../../bridges/template-input.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { UserProperty } from "../../../src/base/message.ts";
import { aRecord, type MessageChoices } from "../support/messages.ts";

const forward: AmqpMapping = {
  from: "sensors/#",
  exchange: "amq.topic",
  routingKey: `\${topic.dotted}`,
  key: `\${clientId}`,
};
const NOW = 10_000;

function publish(choices: MessageChoices = {}, changes: Partial<AmqpMapping> = {}) {
  return toPublication(aRecord(choices), parseMapping("m", { ...forward, ...changes }), NOW);
}

describe("AMQP mapping", () => {
  it("publishes under a dotted routing key, with the origin in headers", () => {
    expect(publish({ receivedAt: 5_500 })).toEqual({
      exchange: "amq.topic",
      routingKey: "sensors.7.temp",
      content: Buffer.from("21.5"),
      bridgeSeq: "test/e1/0/1",
      options: {
        deliveryMode: 2,
        timestamp: 5,
        messageId: "test/e1/0/1",
        headers: {
          "mqtt-topic": "sensors/7/temp",
          "mqtt-qos": 1,
          "mqtt-retain": false,
          "mqtt-client-id": "device-7",
          "mqtt-timestamp": 5_500,
          "bridge-seq": "test/e1/0/1",
        },
      },
    });
  });

  it.each([
    [0, 1],
    [1, 2],
    [2, 2],
  ] as const)("sends QoS %i with delivery mode %i", (qos, deliveryMode) => {
    expect(publish({ qos }).options.deliveryMode).toBe(deliveryMode);
  });

  it("sends what is left of the Message Expiry Interval in milliseconds [MQTT-3.3.2-6]", () => {
    expect(publish({ expiresAt: NOW + 2_500 }).options.expiration).toBe("2500");
    expect(publish({ expiresAt: NOW }).options.expiration).toBe("1");
    expect(publish().options).not.toHaveProperty("expiration");
    expect(publish({ expiresAt: NOW + 2 ** 33 }).options).not.toHaveProperty("expiration");
  });

  it("maps content type, response topic and correlation data as RabbitMQ does", () => {
    const properties = {
      contentType: "text/plain",
      responseTopic: "to/me",
      correlationData: Buffer.from("c-1"),
    };

    const { options } = publish({ properties });

    expect(options).toMatchObject({ contentType: "text/plain", correlationId: "c-1" });
    expect(options.headers).toMatchObject({ "x-reply-to-topic": "to.me" });
  });

  it.each([
    ["no UTF-8", Buffer.from([0xff, 0xfe])],
    ["too long", Buffer.alloc(256, "a")],
  ])("moves correlation data that is %s into a header", (_, correlationData) => {
    const { options } = publish({ properties: { correlationData } });

    expect(options).not.toHaveProperty("correlationId");
    expect(options.headers).toMatchObject({ "x-correlation-id": correlationData });
  });

  it("moves a content type of more than 255 bytes into a header", () => {
    const contentType = "é".repeat(128);

    const { options } = publish({ properties: { contentType } });

    expect(options).not.toHaveProperty("contentType");
    expect(options.headers).toMatchObject({ "x-content-type": contentType });
  });

  it("keeps the first value of a repeated user property and renames those with reserved names", () => {
    const userProperties: UserProperty[] = [
      ["a", "1"],
      ["a", "2"],
      ["CC", "elsewhere"],
      ["mqtt-client-id", "root"],
    ];

    expect(publish({ properties: { userProperties } }).options.headers).toMatchObject({
      a: "1",
      "user-CC": "elsewhere",
      "user-mqtt-client-id": "root",
      "mqtt-client-id": "device-7",
    });
  });

  it("makes poison of a routing key, an exchange or a property name of more than 255 bytes", () => {
    const long = "x".repeat(256);

    expect(() => publish({ topic: long })).toThrow(TemplateError);
    expect(() => publish({ topic: long }, { routingKey: "r", exchange: `\${topic}` })).toThrow(TemplateError);
    expect(() => publish({ properties: { userProperties: [[long, ""]] } })).toThrow(TemplateError);
    expect(publish({ topic: long.slice(1) }).routingKey).toHaveLength(255);
  });

  it("refuses a configuration it could never deliver, naming the key", () => {
    const bad = (changes: Partial<AmqpMapping>) => () => {
      const options: AmqpOptions = {
        name: "q",
        url: "amqp://localhost",
        lanes: 1,
        forward: [{ ...forward, ...changes }],
        mandatory: true,
        unroutable: "deadLetter",
        heartbeat: 30,
      };
      createBridge(options, { clock: systemClock, log: silentLogger });
    };

    expect(bad({ routingKey: `\${nothing}` })).toThrow(ConfigError);
    expect(bad({ routingKey: "x".repeat(256) })).toThrow("bridges.q.forward.0.routingKey");
    expect(bad({ exchange: `\${` })).toThrow("bridges.q.forward.0.exchange");
    expect(bad({ from: "#/a" })).toThrow("bridges.q.forward.0.from");
  });
});
