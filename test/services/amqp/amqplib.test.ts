import { describe } from "vitest";
import { runAmqpSuite } from "./amqp.suite.ts";
import { startAmqplib } from "./amqplib-driver.ts";

describe("amqplib", () => {
  runAmqpSuite({ start: startAmqplib, shortcomings: ["hides why it may not open the virtual host"] });
});
