import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/config/environment.ts";

describe("environment", () => {
  it("holds the broker's variables and no others", () => {
    const variables = readEnvironment({
      CAUSEWAY_DATA: "/data",
      HOME: "/root",
      CAUSEWAY_LOG__LEVEL: "debug",
    });

    expect([...variables]).toEqual([
      ["CAUSEWAY_DATA", "/data"],
      ["CAUSEWAY_LOG__LEVEL", "debug"],
    ]);
  });

  it("leaves out what Kubernetes adds for a service of the same name", () => {
    const variables = readEnvironment({
      CAUSEWAY_SERVICE_HOST: "10.0.0.1",
      CAUSEWAY_SERVICE_PORT_MQTT: "1883",
      CAUSEWAY_PORT: "tcp://10.0.0.1:1883",
      CAUSEWAY_ADMIN_PORT_18083_TCP_ADDR: "10.0.0.1",
    });

    expect(variables.size).toBe(0);
  });
});
