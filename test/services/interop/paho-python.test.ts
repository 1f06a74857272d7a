import { startPahoPython } from "../../support/services/paho-python.ts";
import { describeWithServices } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";

describeWithServices(["paho-python", "openssl"], "Eclipse Paho for Python", () => {
  runInteropSuite({ start: startPahoPython, shortcomings: ["overlooks the reason code of PUBREC"] });
});
