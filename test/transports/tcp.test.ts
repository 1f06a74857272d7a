import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ByteStream } from "../../src/base/byte-stream.ts";
import { ListenError } from "../../src/base/errors.ts";
import { isLoopbackAddress, toListenError } from "../../src/base/network-address.ts";
import { LINGER_MS } from "../../src/transports/ports.ts";
import { TcpListener } from "../../src/transports/tcp.ts";
import { aListenerPorts, dial, RecordingReceiver } from "./listening.ts";

const LOOPBACK = {
  host: "127.0.0.1",
  port: 0,
  maximumConnections: 0,
  proxyProtocol: false,
  handshakeTimeoutMs: 10_000,
} as const;

describe("TCP listener", () => {
  it("names the port really bound once it is open", async () => {
    const listener = new TcpListener(LOOPBACK, aListenerPorts());

    const port = await listener.open();

    expect(listener.description).toBe(`tcp 127.0.0.1:${port}`);
    await listener.close();
  });

  it("says that a port is taken by another process", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const listener = new TcpListener({ ...LOOPBACK, port }, aListenerPorts());

    const opening = listener.open();

    await expect(opening).rejects.toThrow(ListenError);
    await expect(opening).rejects.toThrow(`127.0.0.1:${port} is taken by another process`);
    other.close();
  });

  it("says that an address is not of this machine", async () => {
    const listener = new TcpListener({ ...LOOPBACK, host: "192.0.2.1" }, aListenerPorts());

    await expect(listener.open()).rejects.toThrow("192.0.2.1:0 is no address of this machine");
  });

  it("says what is missing when the port may not be bound", () => {
    const error = toListenError(Object.assign(new Error("x"), { code: "EACCES" }), "::1", 80);

    expect(error.message).toBe("[::1]:80 may not be bound by this user: ports below 1024 need privileges");
  });

  it("closes what comes in above the limit at once and counts it", async () => {
    const ports = aListenerPorts();
    const listener = new TcpListener({ ...LOOPBACK, maximumConnections: 1 }, ports);
    const port = await listener.open();
    const first = await dial(port);
    await ports.nextStream();

    const second = await dial(port);
    await once(second, "close");

    expect(ports.counters.connectionsRefused).toBe(1);
    expect(ports.streams).toEqual([]);
    first.destroy();
    await listener.close();
  });

  it("gives up its port at once and leaves open connections alone", async () => {
    const ports = aListenerPorts();
    const listener = new TcpListener(LOOPBACK, ports);
    const port = await listener.open();
    const socket = await dial(port);
    const stream = await ports.nextStream();
    const receiver = new RecordingReceiver();
    stream.start(receiver);

    await listener.close();
    const next = new TcpListener({ ...LOOPBACK, port }, aListenerPorts());
    await next.open();
    socket.write("still here");
    await receiver.until(() => receiver.chunks.length > 0);

    expect(receiver.received.toString()).toBe("still here");
    socket.destroy();
    await next.close();
  });

  it("tells loopback addresses from others", () => {
    const addresses = [
      "127.0.0.1",
      "127.8.9.1",
      "::1",
      "::ffff:127.0.0.1",
      "10.0.0.1",
      "::ffff:10.0.0.1",
      "",
    ];

    expect(addresses.map(isLoopbackAddress)).toEqual([true, true, true, true, false, false, false]);
  });
});

describe("TCP stream", () => {
  const timers: { delayMs: number; task: () => void; isCancelled: boolean }[] = [];
  const clock = {
    now: () => 0,
    after(delayMs: number, task: () => void) {
      const timer = { delayMs, task, isCancelled: false };
      timers.push(timer);
      return () => {
        timer.isCancelled = true;
      };
    },
  };
  let listener: TcpListener;
  let client: Socket;
  let stream: ByteStream;
  let receiver: RecordingReceiver;

  beforeEach(async () => {
    timers.length = 0;
    const ports = aListenerPorts(clock);
    listener = new TcpListener(LOOPBACK, ports);
    client = await dial(await listener.open(), true);
    stream = await ports.nextStream();
    receiver = new RecordingReceiver();
  });

  afterEach(async () => {
    client.destroy();
    stream.destroy();
    await listener.close();
  });

  it("knows its peer", () => {
    const { port } = client.address() as { port: number };

    expect(stream.remoteAddress).toBe(`127.0.0.1:${port}`);
    expect(stream.isLoopback).toBe(true);
    expect(stream.transport).toBe("tcp");
  });

  it("reads nothing before it was started, and then all of it", async () => {
    client.write("one");
    await new Promise((resolve) => client.write("two", resolve));

    stream.start(receiver);
    await receiver.until(() => receiver.received.length === 6);

    expect(receiver.received.toString()).toBe("onetwo");
  });

  it("gathers what is written between cork and uncork into one piece", async () => {
    stream.start(receiver);
    const seen: Buffer[] = [];
    client.on("data", (chunk) => seen.push(chunk));

    stream.cork();
    for (const piece of ["a", "b", "c"]) stream.write(Buffer.from(piece));
    expect(stream.bufferedBytes).toBe(3);
    stream.uncork();
    await once(client, "data");

    expect(seen.map(String)).toEqual(["abc"]);
  });

  it("says when a slow receiver has caught up", async () => {
    stream.start(receiver);

    stream.write(Buffer.alloc(16 * 1024 * 1024));
    expect(stream.bufferedBytes).toBeGreaterThan(0);
    client.resume();
    await receiver.until(() => receiver.drains > 0);

    expect(stream.bufferedBytes).toBe(0);
  });

  it("gives the bytes back once they are written", async () => {
    stream.start(receiver);

    await new Promise<void>((resolve) => stream.write(Buffer.from("x"), resolve));

    expect(stream.bufferedBytes).toBe(0);
  });

  it("gives the bytes back also when nobody will read them", async () => {
    stream.start(receiver);
    stream.destroy();

    await expect(
      new Promise<void>((resolve) => stream.write(Buffer.from("x"), resolve)),
    ).resolves.toBeUndefined();
  });

  it("stops reading while it is paused", async () => {
    stream.start(receiver);
    stream.pause();
    await new Promise((resolve) => client.write("held", resolve));
    expect(receiver.chunks).toEqual([]);

    stream.resume();
    await receiver.until(() => receiver.chunks.length > 0);

    expect(receiver.received.toString()).toBe("held");
  });

  it("sends what is buffered before it ends, and is closed exactly once", async () => {
    stream.start(receiver);
    const seen: Buffer[] = [];
    client.on("data", (chunk) => seen.push(chunk));

    stream.write(Buffer.from("bye"));
    stream.end();
    stream.end();
    await once(client, "end");
    client.end();
    await receiver.until(() => receiver.closes.length > 0);
    stream.destroy();

    expect(Buffer.concat(seen).toString()).toBe("bye");
    expect(receiver.closes).toEqual([undefined]);
    expect(timers.map((timer) => timer.isCancelled)).toEqual([true]);
  });

  it("hands over nothing that came after its end", async () => {
    stream.start(receiver);
    stream.end();
    await once(client.resume(), "end");
    client.end("too late");
    await receiver.until(() => receiver.closes.length > 0);

    expect(receiver.chunks).toEqual([]);
  });

  it("does not wait for ever for a peer that never closes its side", async () => {
    stream.start(receiver);
    stream.end();
    await once(client.resume(), "end");

    expect(timers.map((timer) => timer.delayMs)).toEqual([LINGER_MS]);
    timers[0]!.task();
    await receiver.until(() => receiver.closes.length > 0);

    expect(receiver.closes).toEqual([undefined]);
  });

  it("is closed without an error when the peer closes in order", async () => {
    stream.start(receiver);

    client.end();
    await receiver.until(() => receiver.closes.length > 0);

    expect(receiver.closes).toEqual([undefined]);
  });

  it("is closed with the error when the peer resets the connection", async () => {
    stream.start(receiver);

    client.resetAndDestroy();
    await receiver.until(() => receiver.closes.length > 0);

    expect(receiver.closes).toHaveLength(1);
    expect(receiver.closes[0]).toMatchObject({ code: "ECONNRESET" });
  });

  it("tells a receiver that comes late that the connection is gone", async () => {
    stream.destroy();
    await once(client.resume(), "end");

    stream.start(receiver);
    await receiver.until(() => receiver.closes.length > 0);

    expect(receiver.closes).toEqual([undefined]);
  });
});
