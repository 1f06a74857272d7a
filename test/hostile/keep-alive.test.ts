import { describe, expect, it } from "vitest";
import { TestBroker } from "../support/test-broker.ts";

const MAXIMUM_SECONDS = 60;
const options = { maximumKeepAlive: MAXIMUM_SECONDS };

// CVE-2020-13849: connections that say nothing for as long as they please
describe("a client that asks for a Keep Alive it would never miss", () => {
  it.each([0, 65_535])(
    "is told maximumKeepAlive and ended with 0x8D when it is silent longer: %i",
    async (keepalive) => {
      const broker = await TestBroker.open({ options });
      const { client, connack } = await broker.connect({ keepalive });
      expect(connack.properties?.serverKeepAlive).toBe(MAXIMUM_SECONDS);

      await broker.clock.advance(MAXIMUM_SECONDS * 1500 + 2000);

      expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8d }]);
    },
  );

  it.each([0, 65_535])(
    "is ended although it has begun a packet, which it does not end: %i",
    async (keepalive) => {
      const broker = await TestBroker.open({ options });
      const { client } = await broker.connect({ keepalive });
      client.sendHex("30 7f 00");

      await broker.clock.advance(MAXIMUM_SECONDS * 1500 + 2000);

      expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8d }]);
    },
  );

  it("is held to what it asked for in MQTT 3.1.1, which has no word for less: 65,535", async () => {
    const broker = await TestBroker.open({ options });
    const { client } = await broker.connect({ keepalive: 65_535 }, 4);

    await broker.clock.advance(65_535 * 1500 - 2000);
    expect(await client.ping()).toEqual([]);
    await broker.clock.advance(65_535 * 1500 + 2000);

    expect(await client.rest()).toEqual([]);
  });
});
