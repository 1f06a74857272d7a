import { startJavaAmqpClient } from "../../support/services/java-clients.ts";
import { describeWithService } from "../../support/services/services.ts";
import { runAmqpSuite } from "./amqp.suite.ts";

describeWithService("java-clients", "RabbitMQ's Java client", () => {
  runAmqpSuite({ start: startJavaAmqpClient });
});
