import { describe, expect, it } from "vitest";
import type { Connection } from "../../../src/mqtt/connection/connection.ts";
import type { MqttServer } from "../../../src/mqtt/connection/mqtt-server.ts";
import { TestBroker } from "../../support/test-broker.ts";

/** What a walk over the connections finds. */
function walked(mqtt: MqttServer): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { isConnected, stream, version } of mqtt.connections() as Iterable<Connection>) {
    const key = `${stream.transport}/${version}`;
    if (isConnected) found[key] = (found[key] ?? 0) + 1;
  }
  return found;
}

function counted(mqtt: MqttServer): Record<string, number> {
  return Object.fromEntries(
    mqtt
      .connectedClients()
      .map(({ transport, protocolVersion, count }) => [`${transport}/${protocolVersion}`, count]),
  );
}

describe("The count of connected clients", () => {
  it("tells what a walk over them would, whoever comes, is taken over, refused or lost", async () => {
    const broker = await TestBroker.open({
      authorization: {
        authenticate: ({ username }) =>
          username === "nobody" ? { accepted: false, reason: "notAuthorized" } : { accepted: true, user: "" },
      },
    });
    const { client: first } = await broker.connect({ clientId: "a" }, 5);
    const { stream: second } = await broker.connect({ clientId: "b" }, 4);
    await broker.connect({ clientId: "c" }, 4);
    broker.dial();
    await broker.connect({ clientId: "d", username: "nobody" }, 5);
    const afterRefusal = counted(broker.mqtt);
    await broker.connect({ clientId: "a" }, 3);
    await first.ended;
    const afterTakeover = counted(broker.mqtt);
    second.destroy();
    await broker.settle();

    const transport = second.transport;
    expect(afterRefusal).toEqual({ [`${transport}/5`]: 1, [`${transport}/4`]: 2 });
    expect(afterTakeover).toEqual({ [`${transport}/3`]: 1, [`${transport}/4`]: 2 });
    expect(counted(broker.mqtt)).toEqual({ [`${transport}/3`]: 1, [`${transport}/4`]: 1 });
    expect(counted(broker.mqtt)).toEqual(walked(broker.mqtt));
  });

  it("does not count a client that cannot take its own CONNACK", async () => {
    const broker = await TestBroker.open();
    const { client } = broker.dial(5);
    client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clientId: "tiny",
      clean: true,
      keepalive: 0,
      properties: { maximumPacketSize: 2 },
    });
    await client.ended;

    expect(counted(broker.mqtt)).toEqual({});
  });
});
