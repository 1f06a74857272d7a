import { on, once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { silentLogger } from "../../src/base/logger.ts";
import { type Broker, startBroker } from "../../src/compose.ts";
import { brokerConfigSchema } from "../../src/config/broker-config.ts";

const CONNECT = Buffer.from("100d00044d515454040200000001", "hex");
const CLIENT_ID = Buffer.from("61", "hex");
const CONNACK = "20020000";
const PINGREQ = Buffer.from("c000", "hex");
const PINGRESP = "d000";

let broker: Broker;
let url: string;

beforeAll(async () => {
  const config = {
    data: "unused",
    listeners: [{ type: "ws", bind: "127.0.0.1:0" }],
    storage: { durability: "memory" },
  };
  broker = await startBroker(brokerConfigSchema.parse(config), "0.0.0", silentLogger);
  url = `ws://127.0.0.1:${/:(\d+)/.exec(broker.listeners[0] ?? "")?.[1]}/mqtt`;
});

afterAll(() => broker.stop());

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(url, ["mqtt"]);
  await once(socket, "open");
  return socket;
}

/** What the socket gets until it has so many bytes. */
async function receive(socket: WebSocket, count: number): Promise<{ hex: string; isBinary: boolean }> {
  let bytes = Buffer.alloc(0);
  let isBinary = true;
  for await (const [data, binary] of on(socket, "message") as AsyncIterable<[Buffer, boolean]>) {
    bytes = Buffer.concat([bytes, data]); // several may come in one turn
    isBinary &&= binary;
    if (bytes.length >= count) break;
  }
  return { hex: bytes.toString("hex"), isBinary };
}

describe("MQTT over WebSocket", () => {
  it("answers in binary frames [MQTT-6.0.0-1], [MQTT3-6.0.0-1]", async () => {
    const socket = await open();

    socket.send(Buffer.concat([CONNECT, CLIENT_ID]));

    expect(await receive(socket, 4)).toEqual({ hex: CONNACK, isBinary: true });
    socket.terminate();
  });

  it("ends the connection on a text frame [MQTT-6.0.0-1], [MQTT3-6.0.0-1]", async () => {
    const socket = await open();

    socket.send("text");

    await once(socket, "close");
  });

  it("reads packets across frames, and several in one [MQTT-6.0.0-2], [MQTT3-6.0.0-2]", async () => {
    const socket = await open();

    socket.send(CONNECT);
    socket.send(Buffer.concat([CLIENT_ID, PINGREQ, PINGREQ]));

    expect((await receive(socket, 8)).hex).toBe(CONNACK + PINGRESP + PINGRESP);
    socket.terminate();
  });

  it("returns the subprotocol mqtt [MQTT-6.0.0-4], [MQTT3-6.0.0-4]", async () => {
    const socket = new WebSocket(url, ["other", "mqtt"]);
    await once(socket, "open");

    expect(socket.protocol).toBe("mqtt");
    socket.terminate();
  });

  it("refuses who does not offer mqtt [MQTT-6.0.0-3], [MQTT3-6.0.0-3]", async () => {
    const socket = new WebSocket(url, ["other"]);

    await expect(once(socket, "open")).rejects.toThrow("400");
  });
});
