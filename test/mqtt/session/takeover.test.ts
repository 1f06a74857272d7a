import { describe, expect, it } from "vitest";
import type { AuthResult } from "../../../src/mqtt/ports.ts";
import { aPublish } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

describe("takeover", () => {
  it("ends the earlier connection of the same client id with 0x8E [MQTT-3.1.4-3]", async () => {
    const broker = await TestBroker.open();
    const first = await broker.connect({ clientId: "a" });

    const second = await broker.connect({ clientId: "a" });

    expect(await first.client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8e }]);
    expect(second.connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
    expect(broker.mqtt.sessions.onlineCount).toBe(1);
  });

  it("is by the CONNECT that came last, not by the one whose authentication took longest [MQTT-3.1.4-3]", async () => {
    const accepted = { accepted: true, user: "" } as const;
    let accept = (): void => {};
    let count = 0;
    const slowAtFirst = (): AuthResult | Promise<AuthResult> => {
      if (++count > 1) return accepted;
      return new Promise((resolve) => {
        accept = () => resolve(accepted);
      });
    };
    const broker = await TestBroker.open({ authorization: { authenticate: slowAtFirst } });
    const { client: first } = broker.dial();
    const refused = expect(first.connect({ clientId: "a" })).rejects.toThrow("ended the connection");
    const second = await broker.connect({ clientId: "a" });

    accept();

    await refused;
    expect(await second.client.ping()).toEqual([]);
  });

  it("only closes the connection of an MQTT 3.1.1 client [MQTT3-3.1.4-2]", async () => {
    const broker = await TestBroker.open();
    const first = await broker.connect({ clientId: "a" }, 4);

    await broker.connect({ clientId: "a" }, 4);

    expect(await first.client.rest()).toEqual([]);
  });

  it("hands subscriptions and unacknowledged messages to the later connection [MQTT-3.1.2-5]", async () => {
    const broker = await TestBroker.open();
    const first = await broker.connect(lasting("a"));
    await first.client.subscribe("t", { qos: 1 });
    const { client: publisher } = await broker.connect({ clientId: "p" });
    publisher.send(aPublish({ qos: 1, messageId: 1 }));
    const sent = await first.client.next();

    const second = await broker.connect(lasting("a"));

    expect(second.connack.sessionPresent).toBe(true);
    expect(await second.client.next()).toMatchObject({ ...pick(sent), dup: true });
  });

  it("with Clean Start takes nothing over [MQTT-3.1.2-4]", async () => {
    const broker = await TestBroker.open();
    const first = await broker.connect(lasting("a"));
    await first.client.subscribe("t", { qos: 1 });

    const second = await broker.connect(lasting("a", true));
    second.client.send(aPublish({ qos: 1, messageId: 1 }));

    expect(second.connack.sessionPresent).toBe(false);
    expect(await second.client.ping()).toMatchObject([{ cmd: "puback", reasonCode: 0x10 }]);
  });

  it("a clean start right after the end of the session is answered when that end is on disk [MQTT-3.1.2-4]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    broker.store.hold();
    await client.disconnect(0, { sessionExpiryInterval: 0 });
    await broker.settle();

    const again = broker.dial();
    again.client.connect({ clientId: "a" }).catch(() => {});
    await broker.settle();
    expect(broker.mqtt.sessions.onlineCount).toBe(0);
    broker.store.release();
    await broker.settle();

    expect(broker.mqtt.sessions.onlineCount).toBe(1);
  });

  it("with Clean Start and no expiry leaves nothing on disk", async () => {
    const broker = await TestBroker.open();
    await broker.connect(lasting("a"));

    await broker.connect({ clientId: "a", clean: true });
    await broker.settle();

    expect(broker.disk.clients.size).toBe(0);
    expect(broker.disk.queues.size).toBe(0);
  });

  it("finds no session when that of the earlier connection ends with it (MQTT 5 §3.1.2.11.2)", async () => {
    const broker = await TestBroker.open();
    await broker.connect({ clientId: "a", clean: true });

    const second = await broker.connect(lasting("a"));

    expect(second.connack.sessionPresent).toBe(false);
  });

  it("overtakes a CONNECT whose session is still being stored", async () => {
    const broker = await TestBroker.open();
    broker.store.hold();
    const first = broker.dial();
    first.client.connect(lasting("a")).catch(() => {});
    await broker.settle();

    const second = broker.dial();
    const connack = second.client.connect(lasting("a"));
    await broker.settle();
    broker.store.release();

    await first.client.ended;
    expect(await connack).toMatchObject({ reasonCode: 0 });
    expect(await second.client.subscribe("t")).toMatchObject({ granted: [0] });
    expect(broker.mqtt.sessions.onlineCount).toBe(1);
    expect(broker.mqtt.connectionCount).toBe(1);
  });

  it("by a clean start overtakes a CONNECT whose session is still being stored, and is answered when that is gone", async () => {
    const broker = await TestBroker.open();
    broker.store.hold();
    const first = broker.dial();
    first.client.connect(lasting("a")).catch(() => {});
    await broker.settle();

    const second = broker.dial();
    let isAnswered = false;
    const connack = second.client.connect({ clientId: "a", clean: true }).finally(() => {
      isAnswered = true;
    });
    await broker.settle();
    expect(isAnswered).toBe(false);
    broker.store.release();

    expect((await connack).sessionPresent).toBe(false);
    expect(broker.disk.clients.size).toBe(0);
    expect(broker.mqtt.sessions.onlineCount).toBe(1);
  });

  it("is refused to another user, whose connection is closed [MQTT-3.1.3-8]", async () => {
    const broker = await TestBroker.open();
    const first = await broker.connect({ clientId: "a", username: "ann" });

    const { client, connack } = await broker.connect({ clientId: "a", username: "bob" });

    expect(connack.reasonCode).toBe(0x87);
    expect(await client.rest()).toEqual([]);
    expect(await first.client.ping()).toEqual([]);
  });

  it("leaves nothing behind when the connection goes while its session is being stored", async () => {
    const broker = await TestBroker.open();
    broker.store.hold();
    const { client } = broker.dial();
    client.connect(lasting("a", true, 5)).catch(() => {});
    await broker.settle();

    await client.hangUp();
    broker.store.release();
    await broker.settle();
    expect(broker.mqtt.sessions).toMatchObject({ count: 1, onlineCount: 0 });
    await broker.clock.advance(10_000);
    await broker.settle();

    expect(broker.mqtt.sessions).toMatchObject({ count: 0, onlineCount: 0 });
    expect(broker.disk.clients.size).toBe(0);
  });
});

function pick(packet: object): object {
  const { messageId, topic, payload } = packet as { messageId: number; topic: string; payload: Buffer };
  return { messageId, topic, payload };
}
