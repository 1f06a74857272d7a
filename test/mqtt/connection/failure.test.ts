import { describe, expect, it } from "vitest";
import { aPublish } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

function brokerWithAFault(): Promise<TestBroker> {
  return TestBroker.open({
    authorization: {
      mayPublish: (_, topicName) => {
        if (topicName === "fault") throw new Error("a fault of the broker's own");
        return true;
      },
    },
  });
}

describe("a fault of the broker's own while it handles a packet", () => {
  it("ends that client's connection, unacknowledged, and no other's [MQTT3-4.8.0-2]", async () => {
    const broker = await brokerWithAFault();
    const { client: other } = await broker.connect({ clientId: "other" }, 4);
    const { client } = await broker.connect({ clientId: "unlucky" }, 4);

    client.send(aPublish({ topic: "fault", qos: 1, messageId: 1 }), aPublish({ topic: "t" }));

    expect(await client.rest()).toEqual([]);
    expect(await other.ping()).toEqual([]);
  });

  it("is told as 0x83 in MQTT 5, without its particulars (MQTT 5 §4.13.2)", async () => {
    const broker = await brokerWithAFault();
    const { client } = await broker.connect();

    client.send(aPublish({ topic: "fault", qos: 1, messageId: 1 }));

    expect(await client.rest()).toMatchObject([
      { cmd: "disconnect", reasonCode: 0x83, properties: { reasonString: "internal error" } },
    ]);
  });
});
