import { describe, expect, it } from "vitest";
import { startJavaAmqpClient } from "../../support/services/java-clients.ts";
import { describeWithService } from "../../support/services/services.ts";
import { runAmqpSuite } from "./amqp.suite.ts";
import { useAmqpRig } from "./amqp-rig.ts";

const subject = { start: startJavaAmqpClient };

describeWithService("java-clients", "RabbitMQ's Java client", () => {
  runAmqpSuite(subject);

  describe("with automatic recovery", () => {
    const rig = useAmqpRig(subject);

    it("declares its queues and consumers again when the broker was killed and is back", {
      timeout: 60_000,
    }, async () => {
      const consumer = await rig.client({ recovers: true });
      const exchange = rig.name();
      await consumer.declareExchange(exchange, "fanout");
      const queue = await consumer.declareQueue(rig.name(), { exclusive: true });
      await consumer.bind(queue, exchange);
      await consumer.consume(queue, { noAck: true });

      await rig.server().kill();
      await consumer.waitForDisconnection();
      await rig.server().restart();
      const publisher = await rig.client({ recovers: true, confirms: true });
      await publisher.declareExchange(exchange, "fanout");
      await untilTaken(publisher, exchange);
      await consumer.waitForMessages(1);

      expect(consumer.bodies()[0]).toBe("back again");
    });
  });
});

/** Publishes until a queue takes it: the consumer's is bound again when the library has found the broker. */
async function untilTaken(
  publisher: Awaited<ReturnType<ReturnType<typeof useAmqpRig>["client"]>>,
  exchange: string,
): Promise<void> {
  let returned: number;
  do {
    returned = publisher.returned.length;
    await publisher.publish(exchange, "", "back again", { mandatory: true });
  } while (publisher.returned.length > returned);
}
