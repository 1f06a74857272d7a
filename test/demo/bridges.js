const FROM = "sensors/+/temp";

/** The bridges that KAFKA_BROKERS and AMQP_URL switch on: what the broker is told, and where each leads. */
export function bridgesFromEnvironment({ KAFKA_BROKERS, AMQP_URL }) {
  const bridges = [];
  if (KAFKA_BROKERS) bridges.push(kafka(KAFKA_BROKERS.split(",").map((broker) => broker.trim())));
  if (AMQP_URL) bridges.push(amqp(AMQP_URL));
  return bridges;
}

function kafka(brokers) {
  const topic = "sensor-data-queue";
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the bridge fills it in
  const forward = [{ from: FROM, topic, key: "${payload.sensor_id}" }];
  return {
    config: { name: "analytics", type: "kafka", brokers, forward },
    system: "Kafka",
    target: `${brokers.join(", ")}, topic ${topic}`,
  };
}

function amqp(url) {
  const exchange = "sensors";
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the bridge fills it in
  const forward = [{ from: FROM, exchange, routingKey: "${topic.dotted}" }];
  const assertExchanges = [{ name: exchange, type: "topic", durable: true }];
  return {
    // Dropped and counted while nobody has bound a queue to the exchange.
    config: { name: "operations", type: "amqp", url, forward, assertExchanges, unroutable: "drop" },
    system: "AMQP",
    target: `${withoutPassword(url)}, exchange ${exchange}`,
  };
}

function withoutPassword(url) {
  if (!URL.canParse(url)) return "(AMQP_URL is not a URL)";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
