import { once } from "node:events";
import { get } from "node:http";
import { connect as connectMqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { WebSocketListener, type WebSocketListenerOptions } from "../../src/transports/ws.ts";
import { aListenerPorts, dial, RecordingReceiver } from "./listening.ts";

const OPTIONS: WebSocketListenerOptions = {
  host: "127.0.0.1",
  port: 0,
  maximumConnections: 0,
  proxyProtocol: false,
  path: "/mqtt",
  allowedOrigins: [],
  maximumFrameBytes: 1024,
  handshakeTimeoutMs: 10_000,
};

let ports: ReturnType<typeof aListenerPorts>;
let listener: WebSocketListener;
let port: number;
const clients: WebSocket[] = [];

async function open(options: Partial<WebSocketListenerOptions> = {}): Promise<void> {
  ports = aListenerPorts();
  listener = new WebSocketListener({ ...OPTIONS, ...options }, ports);
  port = await listener.open();
}

function client(protocols: string[], path = "/mqtt", headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  socket.on("error", () => {});
  clients.push(socket);
  return socket;
}

async function statusOf(socket: WebSocket): Promise<number | undefined> {
  const [, response] = await once(socket, "unexpected-response");
  return response.statusCode;
}

async function connected(): Promise<{ socket: WebSocket; receiver: RecordingReceiver; stream: Stream }> {
  const socket = client(["mqtt"]);
  const [stream] = await Promise.all([ports.nextStream(), once(socket, "open")]);
  const receiver = new RecordingReceiver();
  stream.start(receiver);
  return { socket, receiver, stream };
}
type Stream = Awaited<ReturnType<typeof ports.nextStream>>;

afterEach(async () => {
  for (const socket of clients.splice(0)) socket.terminate();
  await listener.close();
});

describe("WebSocket listener", () => {
  it("names address, port and path", async () => {
    await open();

    expect(listener.description).toBe(`ws 127.0.0.1:${port}/mqtt`);
  });

  it.each(["mqtt", "mqttv3.1"])(
    "answers with the subprotocol %s that was offered [MQTT-6.0.0-4]",
    async (name) => {
      await open();

      const socket = client([name]);
      await once(socket, "open");

      expect(socket.protocol).toBe(name);
    },
  );

  it("prefers mqtt among several", async () => {
    await open();

    const socket = client(["chat", "mqttv3.1", "mqtt"]);
    await once(socket, "open");

    expect(socket.protocol).toBe("mqtt");
  });

  it.each([[[]], [["chat"]]])(
    "refuses a client that offers %j with 400 [MQTT-6.0.0-3]",
    async (protocols) => {
      await open();

      expect(await statusOf(client(protocols))).toBe(400);
      expect(ports.counters.connectionsRefused).toBe(1);
      expect(ports.streams).toEqual([]);
    },
  );

  it("knows one path only", async () => {
    await open();

    expect(await statusOf(client(["mqtt"], "/other"))).toBe(404);
    expect(await statusOf(client(["mqtt"], "/mqttx"))).toBe(404);
  });

  it("takes the path with a query", async () => {
    await open();

    await expect(once(client(["mqtt"], "/mqtt?token=1"), "open")).resolves.toBeDefined();
  });

  it("refuses pages of other origins when origins are listed", async () => {
    await open({ allowedOrigins: ["https://dashboard.example"] });

    expect(await statusOf(client(["mqtt"], "/mqtt", { origin: "https://evil.example" }))).toBe(403);
    await once(client(["mqtt"], "/mqtt", { origin: "https://dashboard.example" }), "open");
    await once(client(["mqtt"]), "open");
  });

  it.each([
    ["/mqtt", 426],
    ["/", 404],
  ])("answers a plain request for %s with %i", async (path, expected) => {
    await open();

    const [response] = await once(get({ host: "127.0.0.1", port, path, agent: false }), "response");
    response.resume();

    expect(response.statusCode).toBe(expected);
  });

  it("drops a connection that never sends its request", async () => {
    await open({ handshakeTimeoutMs: 40 });

    const idle = await dial(port);
    const half = await dial(port);
    half.write("GET /mqtt HTTP/1.1\r\nHost: x\r\n");
    idle.resume();
    half.resume();

    await Promise.all([once(idle, "close"), once(half, "close")]);
    expect(ports.streams).toEqual([]);
  });

  it("carries a CONNECT of an ordinary client", async () => {
    await open();
    const mqttClient = connectMqttClient(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0 });
    mqttClient.on("error", () => {});
    const stream = await ports.nextStream();
    const receiver = new RecordingReceiver();

    stream.start(receiver);
    await receiver.until(() => receiver.received.length > 8);

    expect(receiver.received.subarray(4, 8).toString()).toBe("MQTT");
    await mqttClient.endAsync(true);
  });
});

describe("WebSocket stream", () => {
  beforeEach(() => open());

  it("knows its peer", async () => {
    const { stream } = await connected();

    expect(stream.isLoopback).toBe(true);
    expect(stream.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(stream.transport).toBe("ws");
  });

  it("hands over bytes whatever the frames' borders are [MQTT-6.0.0-2]", async () => {
    const { socket, receiver } = await connected();

    socket.send(Buffer.from("a"));
    socket.send(Buffer.from("bc"), { fin: false });
    socket.send(Buffer.from("d"));
    await receiver.until(() => receiver.received.length === 4);

    expect(receiver.received.toString()).toBe("abcd");
  });

  it("loses nothing that arrived before it was started", async () => {
    const socket = client(["mqtt"]);
    const stream = await ports.nextStream();
    await once(socket, "open");
    await new Promise((resolve) => socket.send(Buffer.from("early"), resolve));
    const receiver = new RecordingReceiver();

    stream.start(receiver);
    await receiver.until(() => receiver.chunks.length > 0);

    expect(receiver.received.toString()).toBe("early");
  });

  it("closes on a text frame [MQTT-6.0.0-1]", async () => {
    const { socket, receiver } = await connected();

    socket.send("text");
    const [code] = await once(socket, "close");
    await receiver.until(() => receiver.closes.length > 0);

    expect(code).toBe(1003);
    expect(receiver.chunks).toEqual([]);
    expect(receiver.closes.map((error) => error?.message)).toEqual(["the peer sent a text frame"]);
  });

  it("closes on a frame above the limit", async () => {
    const { socket, receiver } = await connected();

    socket.send(Buffer.alloc(1025));
    const [code] = await once(socket, "close");
    await receiver.until(() => receiver.closes.length > 0);

    expect(code).toBe(1009);
    expect(receiver.chunks).toEqual([]);
    expect(receiver.closes).toHaveLength(1);
  });

  it("gathers small writes between cork and uncork into one binary frame [MQTT-6.0.0-1]", async () => {
    const { socket, stream } = await connected();
    const frames: [string, boolean][] = [];
    socket.on("message", (data, isBinary) => frames.push([String(data), isBinary]));

    stream.cork();
    const written = ["a", "b", "c"].map((text) => {
      return new Promise<void>((resolve) => stream.write(Buffer.from(text), resolve));
    });
    expect(stream.bufferedBytes).toBe(3);
    stream.uncork();
    await Promise.all([...written, once(socket, "message")]);

    expect(frames).toEqual([["abc", true]]);
  });

  it("keeps the order of small and large writes", async () => {
    const { socket, stream } = await connected();
    const frames: Buffer[] = [];
    socket.on("message", (data: Buffer) => frames.push(data));
    const large = Buffer.alloc(40 * 1024, "L");

    stream.cork();
    for (const bytes of [Buffer.from("a"), large, Buffer.from("b"), Buffer.from("c")]) stream.write(bytes);
    stream.uncork();
    stream.write(Buffer.from("d"));
    while (frames.length < 4) await once(socket, "message");

    expect(frames.map((frame) => frame.length)).toEqual([1, large.length, 2, 1]);
    expect(Buffer.concat(frames).equals(Buffer.concat([Buffer.from("a"), large, Buffer.from("bcd")]))).toBe(
      true,
    );
  });

  it("says when a slow receiver has caught up", async () => {
    const { socket, stream, receiver } = await connected();
    socket.pause();

    stream.write(Buffer.alloc(16 * 1024 * 1024));
    expect(stream.bufferedBytes).toBeGreaterThan(0);
    socket.resume();
    await receiver.until(() => receiver.drains > 0);

    expect(stream.bufferedBytes).toBe(0);
  });

  it("sends what is gathered before it ends, and is closed exactly once", async () => {
    const { socket, stream, receiver } = await connected();
    const frames: string[] = [];
    socket.on("message", (data) => frames.push(String(data)));

    stream.cork();
    stream.write(Buffer.from("bye"));
    stream.end();
    stream.end();
    const [code] = await once(socket, "close");
    await receiver.until(() => receiver.closes.length > 0);
    stream.destroy();

    expect(frames).toEqual(["bye"]);
    expect(code).toBe(1000);
    expect(receiver.closes).toEqual([undefined]);
  });

  it("is closed once when it is destroyed, and gives late writes back", async () => {
    const { stream, receiver } = await connected();

    stream.destroy();
    await receiver.until(() => receiver.closes.length > 0);
    await new Promise<void>((resolve) => stream.write(Buffer.from("x"), resolve));

    expect(receiver.closes).toEqual([undefined]);
  });

  it("is closed when the peer vanishes", async () => {
    const { socket, receiver } = await connected();

    socket.terminate();
    await receiver.until(() => receiver.closes.length > 0);

    expect(receiver.closes).toHaveLength(1);
  });
});
