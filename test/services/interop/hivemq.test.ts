import { startJavaClients } from "../../support/services/java-clients.ts";
import { describeWithService } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";

describeWithService("java-clients", "HiveMQ's Java client", () => {
  runInteropSuite({
    start: () => startJavaClients("hivemq"),
    shortcomings: ["hides subscription identifiers"],
  });
});
