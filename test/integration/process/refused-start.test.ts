import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startBroker } from "../../support/broker-process.ts";
import { freePort } from "../../support/free-port.ts";
import { connectClient } from "../../support/mqtt-clients.ts";
import { runBroker } from "../../support/run-broker.ts";

const ANY_PORT = 'listeners: [{ type: tcp, bind: "127.0.0.1:0" }]';

describe("a broker that cannot start", () => {
  describe("because of its configuration", () => {
    it("exits 78 and names file, line and nearest key of an unknown key", async () => {
      const { exitCode, output } = await runBroker("data: ./data\nmqtt:\n  maximumQos: 1\n");

      expect(output).toBe("broker.yaml:3: unknown key mqtt.maximumQos; did you mean maximumQoS?\n");
      expect(exitCode).toBe(78);
    });

    it("exits 78 and says what a wrong value may be", async () => {
      const { exitCode, output } = await runBroker("mqtt:\n  receiveMaximum: 70000\n");

      expect(output).toBe(
        "broker.yaml:2: mqtt.receiveMaximum: must be a whole number from 1 to 65535, not 70000\n",
      );
      expect(exitCode).toBe(78);
    });

    it("exits 78 and names every problem, the argument that brought one too", async () => {
      const yaml = "storage:\n  durability: disc\n";
      const { exitCode, output } = await runBroker(yaml, ["--set", "sessions.maximumQueuedMessages=many"]);

      expect(output).toMatch(
        /^broker\.yaml:2: storage\.durability: .*disk.*\n.*sessions\.maximumQueuedMessages/,
      );
      expect(exitCode).toBe(78);
    });
  });

  describe("because of a port", () => {
    let occupant: Server;
    let port: number;

    beforeEach(async () => {
      port = await freePort();
      occupant = createServer();
      await new Promise<void>((resolve) => occupant.listen(port, "127.0.0.1", resolve));
    });
    afterEach(() => new Promise((resolve) => occupant.close(resolve)));

    it.each(["tcp", "ws", "admin"])("exits 69 and names the address that is taken (%s)", async (type) => {
      const { exitCode, output } = await runBroker(
        `listeners: [{ type: ${type}, bind: "127.0.0.1:${port}" }]`,
      );

      expect(output).toContain(`127.0.0.1:${port} is taken`);
      expect(output).not.toContain("ready");
      expect(exitCode).toBe(69);
    });
  });

  describe("because of its data folder", () => {
    it("exits 73 and names the folder when a file is in its place", async () => {
      const { exitCode, output } = await runBroker(`data: ./broker.yaml\n${ANY_PORT}\n`);

      expect(output).toContain("The data folder ./broker.yaml cannot be used");
      expect(exitCode).toBe(73);
    });

    it("exits 73 and names the folder when another broker uses it, which goes on unharmed", async () => {
      const first = await startBroker();
      try {
        const client = await connectClient(`mqtt://127.0.0.1:${first.tcpPort}`, {});
        await client.publishAsync("state", "before", { qos: 1, retain: true });

        const { exitCode, output } = await runBroker(`data: ${first.dataFolder}\n${ANY_PORT}\n`);

        expect(output).toContain(`The data folder ${first.dataFolder} is in use`);
        expect(exitCode).toBe(73);
        await client.publishAsync("state", "after", { qos: 1, retain: true });
        await first.restart();
        expect(await retained(first.tcpPort, "state")).toBe("after");
        await client.endAsync(true);
      } finally {
        await first.dispose();
      }
    });
  });
});

async function retained(port: number, topicName: string): Promise<string> {
  const client = await connectClient(`mqtt://127.0.0.1:${port}`, {});
  const message = new Promise<string>((resolve) => {
    client.once("message", (_topic, payload) => resolve(payload.toString()));
  });
  await client.subscribeAsync(topicName);
  const payload = await message;
  await client.endAsync();
  return payload;
}
