/** Headers that say over AMQP what only MQTT has (docs/amqp.md). */
export const MqttHeader = {
  /** The topic, when the routing key cannot say it: a long string. */
  Topic: "x-mqtt-topic",
  QoS: "x-mqtt-qos",
  Retain: "x-mqtt-retain",
  ClientId: "x-mqtt-client-id",
  ResponseTopic: "x-reply-to-topic",
  /** Correlation data that is no short text. */
  CorrelationId: "x-correlation-id",
} as const;
