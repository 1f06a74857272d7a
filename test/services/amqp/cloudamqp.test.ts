import { describe } from "vitest";
import { runAmqpSuite } from "./amqp.suite.ts";
import { startCloudAmqp } from "./cloudamqp-driver.ts";

describe("amqp-client.js", () => {
  runAmqpSuite({ start: startCloudAmqp });
});
