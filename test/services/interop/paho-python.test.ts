import { startPahoPython } from "../../support/services/paho-python.ts";
import { describeWithService } from "../../support/services/services.ts";
import { runInteropSuite } from "./interop.suite.ts";

describeWithService("paho-python", "Eclipse Paho for Python", () => {
  runInteropSuite({ start: startPahoPython, shortcomings: ["overlooks the reason code of PUBREC"] });
});
