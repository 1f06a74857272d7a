import { describe } from "vitest";
import { runInteropSuite } from "./interop.suite.ts";
import { startMqttJs } from "./mqttjs-driver.ts";

describe("MQTT.js", () => {
  runInteropSuite({ start: startMqttJs, shortcomings: [] });
});
