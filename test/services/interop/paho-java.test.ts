import { startJavaClients } from "../../support/services/java-clients.ts";
import { describeWithService } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";

describeWithService("java-clients", "Eclipse Paho for Java", () => {
  runInteropSuite({
    start: () => startJavaClients("paho"),
    shortcomings: ["delivers repeated QoS 2 messages"],
  });
});
