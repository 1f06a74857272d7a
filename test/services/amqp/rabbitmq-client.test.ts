import { describe } from "vitest";
import { runAmqpSuite } from "./amqp.suite.ts";
import { startRabbitmqClient } from "./rabbitmq-client-driver.ts";

describe("rabbitmq-client", () => {
  runAmqpSuite({ start: startRabbitmqClient });
});
