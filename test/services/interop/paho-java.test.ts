import { startJavaClients } from "../../support/services/java-clients.ts";
import { describeWithServices } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";

describeWithServices(["java-clients", "openssl"], "Eclipse Paho for Java", () => {
  runInteropSuite({
    start: () => startJavaClients("paho"),
    shortcomings: ["delivers repeated QoS 2 messages"],
  });
});
