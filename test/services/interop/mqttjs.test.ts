import { describeWithService } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";
import { startMqttJs } from "./mqttjs-driver.ts";

describeWithService("openssl", "MQTT.js", () => {
  runInteropSuite({ start: startMqttJs, shortcomings: [] });
});
