import { startJavaClients } from "../../support/services/java-clients.ts";
import { describeWithServices } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";

describeWithServices(["java-clients", "openssl"], "HiveMQ's Java client", () => {
  runInteropSuite({
    start: () => startJavaClients("hivemq"),
    shortcomings: ["hides subscription identifiers"],
  });
});
