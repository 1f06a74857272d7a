import { describe, expect, it } from "vitest";
import { createBridge } from "../../../bridges/kafka/kafka-bridge.ts";
import { parseMapping, toKafkaRecord } from "../../../bridges/kafka/kafka-mapping.ts";
import type { KafkaMapping, KafkaOptions } from "../../../bridges/kafka/kafka-options.ts";
import { TemplateError } from "../../../bridges/template-input.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { aMessage, aRecord } from "../support/messages.ts";

const forward: KafkaMapping = { from: "sensors/#", topic: "sensor-data-queue", key: `\${clientId}` };
const ports = { clock: systemClock, log: silentLogger };

function options(changes: Partial<KafkaOptions> = {}): KafkaOptions {
  return {
    name: "k",
    brokers: ["127.0.0.1:9092"],
    clientId: "causeway",
    tls: false,
    sasl: undefined,
    compression: "gzip",
    lanes: 4,
    forward: [forward],
    requestTimeoutMs: 30_000,
    ...changes,
  };
}

describe("Kafka mapping", () => {
  it("carries topic, key, payload and time of the message, and where it came from", () => {
    const record = toKafkaRecord(aRecord({ receivedAt: 1234 }, 9), parseMapping("m", forward));

    expect(record).toEqual({
      topic: "sensor-data-queue",
      message: {
        key: "device-7",
        value: Buffer.from("21.5"),
        timestamp: "1234",
        headers: {
          "mqtt-topic": "sensors/7/temp",
          "mqtt-qos": "1",
          "mqtt-retain": "false",
          "mqtt-client-id": "device-7",
          "mqtt-timestamp": "1234",
          "bridge-seq": "test/e1/0/9",
        },
      },
    });
  });

  it("carries MQTT 5 properties, user properties in order and with all values of a repeated name", () => {
    const properties = {
      contentType: "text/plain",
      responseTopic: "answers/7",
      correlationData: Buffer.from([0, 255]),
      userProperties: [
        ["b", "1"],
        ["a", "2"],
        ["b", "3"],
      ] as const,
    };

    const { headers } = toKafkaRecord(aRecord({ properties }), parseMapping("m", forward)).message;

    expect(headers).toMatchObject({
      "content-type": "text/plain",
      "response-topic": "answers/7",
      "correlation-data": Buffer.from([0, 255]),
      b: ["1", "3"],
      a: "2",
    });
    expect(Object.keys(headers ?? {}).slice(-2)).toEqual(["b", "a"]);
  });

  it("lets no user property pose as a header of ours or of the configuration", () => {
    const properties = {
      userProperties: [
        ["mqtt-client-id", "root"],
        ["site", "x"],
        ["__proto__", "y"],
      ] as const,
    };
    const mapping = parseMapping("m", { ...forward, headers: [{ name: "site", value: `\${topic[1]}` }] });

    const { headers } = toKafkaRecord(aRecord({ properties }), mapping).message;

    expect(headers).toMatchObject({ "mqtt-client-id": "device-7", "user-mqtt-client-id": "root" });
    expect(headers).toMatchObject({ site: "7", "user-site": "x" });
    expect(Object.keys(headers ?? {})).toContain("__proto__");
  });

  it("makes poison of a record whose topic Kafka cannot have", () => {
    const mapping = parseMapping("m", { ...forward, topic: `\${topic}` });

    expect(() => toKafkaRecord(aRecord(), mapping)).toThrow(TemplateError);
    expect(toKafkaRecord(aRecord({ topic: "plain" }), mapping).topic).toBe("plain");
  });

  it("refuses a configuration it could never deliver, naming the key", () => {
    const bad = (changes: Partial<KafkaMapping>) => () =>
      createBridge(options({ forward: [forward, { ...forward, ...changes }] }), ports);

    expect(bad({ topic: "no/slash" })).toThrow(ConfigError);
    expect(bad({ topic: "no/slash" })).toThrow("bridges.k.forward.1.topic");
    expect(bad({ key: `\${` })).toThrow("bridges.k.forward.1.key");
    expect(bad({ from: "a/#/b" })).toThrow("bridges.k.forward.1.from");
    expect(() => createBridge(options({ brokers: [] }), ports)).toThrow(ConfigError);
  });

  it("numbers its mappings from 1 and spreads keys over its lanes", () => {
    const bridge = createBridge(options({ forward: [forward, { ...forward, from: "alarms/+" }] }), ports);

    const lanes = Array.from({ length: 50 }, (_, i) =>
      bridge.forwardings[0]!.laneOf(aMessage({ clientId: `c${i}` })),
    );

    expect(bridge.forwardings.map(({ filter, mapping }) => [filter, mapping])).toEqual([
      ["sensors/#", 1],
      ["alarms/+", 2],
    ]);
    expect(new Set(lanes)).toEqual(new Set([0, 1, 2, 3]));
  });
});
