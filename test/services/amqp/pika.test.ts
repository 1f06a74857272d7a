import { startPika } from "../../support/services/amqp-python.ts";
import { describeWithService } from "../../support/services/services.ts";
import { runAmqpSuite } from "./amqp.suite.ts";

describeWithService("amqp-python", "pika's BlockingConnection", () => {
  runAmqpSuite({ start: () => startPika("blocking") });
});

describeWithService("amqp-python", "pika's SelectConnection", () => {
  runAmqpSuite({ start: () => startPika("select") });
});
