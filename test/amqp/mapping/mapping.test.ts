import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BasicProperties, readProperties, toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import { FieldReader } from "../../../src/amqp/codec/field-reader.ts";
import { fromPlain, toPlain } from "../../../src/amqp/codec/table-values.ts";
import { isRetained, toMqttProperties } from "../../../src/amqp/mapping/from-content.ts";
import { messageHeaders } from "../../../src/amqp/mapping/message-headers.ts";
import { addressOf } from "../../../src/amqp/mapping/routing-key.ts";
import { headersOfMqtt, propertiesOf } from "../../../src/amqp/mapping/to-content.ts";
import type { MessageProperties } from "../../../src/base/message.ts";
import { aMessage } from "../../storage/samples.ts";

const NOTHING: MessageProperties = {
  payloadFormatIndicator: undefined,
  contentType: undefined,
  responseTopic: undefined,
  correlationData: undefined,
  userProperties: [],
};

const checked = (properties: BasicProperties): BasicProperties =>
  readProperties(new FieldReader(properties.raw, 0, properties.raw.length));

describe("From MQTT to AMQP", () => {
  it.each([
    [0, 1],
    [1, 2],
    [2, 2],
  ] as const)("says QoS %i as delivery-mode %i", (qos, deliveryMode) => {
    expect(propertiesOf(aMessage({ qos }), 0).deliveryMode).toBe(deliveryMode);
  });

  it("says what is left of the message expiry interval, never less than nothing", () => {
    const message = aMessage({ receivedAt: 1000, expiresAt: 6000 });

    expect(propertiesOf(message, 2000).expiration).toBe("4000");
    expect(propertiesOf(message, 9000).expiration).toBe("0");
  });

  it("puts correlation data that is no short text into a header", () => {
    const correlationData = Buffer.from([0xff, 0xfe]);
    const shown = propertiesOf(aMessage({ properties: { ...NOTHING, correlationData } }), 0);

    expect(shown.correlationId).toBeUndefined();
    expect(toPlain(shown.headers ?? [])["x-correlation-id"]).toBeDefined();
    expect(toMqttProperties(shown)?.correlationData).toEqual(correlationData);
  });

  it("keeps the last value of a user property given twice, and leaves out names that are no header names", () => {
    const userProperties = [
      ["a", "1"],
      ["a", "2"],
      ["x".repeat(300), "3"],
      ["", "4"],
    ] as const;
    const headers = toPlain(headersOfMqtt(aMessage({ properties: { ...NOTHING, userProperties } })));

    expect(headers).toMatchObject({ a: "2" });
    expect(Object.keys(headers)).not.toContain("");
    expect(Object.keys(headers).every((name) => name.length < 256)).toBe(true);
  });

  it("does not let a client say what only the broker says", () => {
    const userProperties = [["x-mqtt-client-id", "somebody else"]] as const;
    const headers = headersOfMqtt(aMessage({ properties: { ...NOTHING, userProperties } }));

    expect(toPlain(headers)["x-mqtt-client-id"]).toBe("sensor");
  });

  it("makes properties that can be read, whatever the message says", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    const properties = fc.record({
      payloadFormatIndicator: fc.constant(undefined),
      contentType: fc.option(text, { nil: undefined }),
      responseTopic: fc.option(text, { nil: undefined }),
      correlationData: fc.option(
        fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
        { nil: undefined },
      ),
      userProperties: fc.array(fc.tuple(text, text), { maxLength: 5 }),
    });
    void fc.assert(
      fc.property(properties, fc.string({ unit: "binary", minLength: 1 }), (given, topicName) => {
        const message = aMessage({ properties: given, topicName });

        expect(checked(propertiesOf(message, 0)).deliveryMode).toBe(2);
      }),
    );
  });

  it("makes a routing key of at most 255 bytes that begins as the topic does", () => {
    const level = fc.string({ unit: "binary", maxLength: 80 }).filter((text) => !text.includes("/"));
    void fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 12 }), (levels) => {
        const topicName = levels.join("/");
        const { exchange, routingKey } = addressOf(aMessage({ topicName }), "mqtt");

        expect(exchange).toBe("mqtt");
        expect(Buffer.byteLength(routingKey)).toBeLessThanOrEqual(255);
        expect(topicName.startsWith(routingKey)).toBe(true);
      }),
    );
  });
});

describe("From AMQP to MQTT", () => {
  it("leaves out what MQTT cannot say: NUL and ill-formed text, and what is longer than 65,535 bytes [MQTT-1.5.4-2]", () => {
    const long = "x".repeat(65_536);
    const unsayable = [
      toProperties({ contentType: "a\0b" }),
      toProperties({ headers: fromPlain({ "x-reply-to-topic": long }) }),
      toProperties({ headers: fromPlain({ "x-reply-to-topic": "é".repeat(32_768) }) }),
      toProperties({ headers: fromPlain({ "x-correlation-id": long }) }),
      toProperties({ headers: fromPlain({ name: long, other: "a\0" }) }),
      readProperties(new FieldReader(Buffer.from("800002ff61", "hex"), 0, 5)),
    ];

    expect(unsayable.map(toMqttProperties)).toEqual(unsayable.map(() => undefined));
    const longest = toProperties({ headers: fromPlain({ "x-correlation-id": long.slice(1) }) });
    expect(toMqttProperties(longest)?.correlationData).toHaveLength(65_535);
  });

  it("says nothing of a message without properties", () => {
    expect(toMqttProperties(toProperties({}))).toBeUndefined();
  });

  it("leaves out a response topic that is none, and headers that are no text of MQTT", () => {
    const headers = fromPlain({ "x-reply-to-topic": "a/#", nul: "a\0b", list: ["x"], unit: "C" });

    expect(toMqttProperties(toProperties({ headers }))).toEqual({
      ...NOTHING,
      userProperties: [["unit", "C"]],
    });
  });

  it.each([
    [fromPlain({ "x-mqtt-retain": true }), true],
    [fromPlain({ "x-mqtt-retain": false }), false],
    [fromPlain({ "x-mqtt-retain": "yes" }), false],
    [[], false],
  ])("retains only for the boolean x-mqtt-retain: %j", (headers, expected) => {
    expect(isRetained(toProperties({ headers }))).toBe(expected);
  });

  it("takes back what it said of an MQTT message", () => {
    const properties: MessageProperties = {
      payloadFormatIndicator: undefined,
      contentType: "application/json",
      responseTopic: "answers/7",
      correlationData: Buffer.from("id"),
      userProperties: [["unit", "C"]],
    };

    expect(toMqttProperties(propertiesOf(aMessage({ properties }), 0))).toEqual(properties);
  });
});

describe("Content headers for the queue engine", () => {
  it("come back from a table as they were", () => {
    const table = fromPlain({ a: 1, b: "text", c: [true, null] });

    expect(messageHeaders.decodeTable(messageHeaders.encodeTable(table))).toEqual(table);
  });

  it("tell the priority, 0 when there is none and for what came over MQTT", () => {
    const header = toProperties({ priority: 7 }).raw;
    const envelope = { exchange: "", routingKey: "q", header };

    expect(messageHeaders.priorityOf(aMessage({ envelope }))).toBe(7);
    expect(messageHeaders.priorityOf(aMessage())).toBe(0);
  });

  it("give a message another address and other headers, and all other properties as they were", () => {
    const header = toProperties({
      contentType: "text/plain",
      expiration: "50",
      headers: fromPlain({ a: 1 }),
    }).raw;
    const message = aMessage({ expiresAt: 99, envelope: { exchange: "x", routingKey: "k", header } });
    const change = { exchange: "dlx", routingKey: "dead", headers: fromPlain({ b: 2 }), receivedAt: 5 };
    const moved = messageHeaders.readdressed(message, { ...change, withoutExpiration: true });
    const shown = new BasicProperties(moved.envelope?.header ?? Buffer.alloc(2));

    expect(moved).toMatchObject({
      expiresAt: 0,
      receivedAt: 5,
      envelope: { exchange: "dlx", routingKey: "dead" },
    });
    expect(shown).toMatchObject({ contentType: "text/plain", expiration: undefined });
    expect(toPlain(shown.headers ?? [])).toEqual({ b: 2 });
  });
});
