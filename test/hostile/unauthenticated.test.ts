import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { readMetric } from "../support/read-metric.ts";
import { Bystander } from "./bystander.ts";
import { closed, openSocket, openSockets, residentBytes } from "./sockets.ts";

const MB = 1e6;
const SOCKETS = 1000;
/** Fixed header of a packet of 256 MB less one byte, the largest there is. */
const HUGE = "ffffff7f";
const SOONER_THAN_MS = 5000;

const connectPacket = (clientId: string): Buffer =>
  generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId, clean: true, keepalive: 0 });

describe("connections that have not said who they are", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker({ config: { mqtt: { connectTimeout: 1 } } });
  });
  afterAll(() => broker?.dispose());

  const limit = (name: string): Promise<number> =>
    readMetric(broker.adminPort, "causeway_limits_reached_total", { limit: name });

  // CVE-2017-7651, CVE-2023-0809, CVE-2021-33175, CVE-2021-33176
  it.each([
    ["CONNECT", `10${HUGE}`],
    ["PUBLISH", `30${HUGE}`],
    ["SUBSCRIBE", `82${HUGE}`],
  ])("are closed at once when they announce a %s of 256 MB", async (_, hex) => {
    const before = await limit("unauthenticated_packet_size");
    const socket = await openSocket(broker.tcpPort);

    socket.write(Buffer.from(hex, "hex"));
    await closed(socket);

    expect(await limit("unauthenticated_packet_size")).toBe(before + 1);
  });

  it("cost little memory when 1,000 of them announce the largest CONNECT and stall", async () => {
    await openSockets(broker.tcpPort, 50).then((sockets) => sockets.map((socket) => socket.destroy()));
    const bystander = await Bystander.connect(broker.tcpPort);
    const before = residentBytes(broker.pid);

    const sockets = await openSockets(broker.tcpPort, SOCKETS);
    for (const socket of sockets) socket.write(Buffer.from("10fcff0300044d51545405020000", "hex")); // of 65,536 bytes
    await sleep(300);
    const grown = residentBytes(broker.pid) - before;
    await Promise.all(sockets.map(closed));
    const latencies = await bystander.stop();

    process.stdout.write(`${SOCKETS} stalled: ${(grown / MB).toFixed(1)} MB, ${JSON.stringify(latencies)}\n`);
    expect(grown).toBeLessThan(50 * MB);
    expect(latencies.largest).toBeLessThan(1000);
    await expect
      .poll(() => readMetric(broker.adminPort, "causeway_limits_reached_total", { limit: "connect_timeout" }))
      .toBeGreaterThanOrEqual(SOCKETS);
  });

  // CVE-2020-13849
  it("are closed after connectTimeout however busily they send CONNECT byte by byte", async () => {
    const socket = await openSocket(broker.tcpPort);
    const start = performance.now();
    const slowly = (async () => {
      for (const byte of connectPacket("slow".repeat(50))) {
        if (socket.destroyed) return;
        socket.write(Buffer.from([byte]));
        await sleep(50);
      }
    })();

    await closed(socket);

    expect(performance.now() - start).toBeLessThan(SOONER_THAN_MS);
    await slowly;
  });

  it("are closed after connectTimeout when their WebSocket upgrade stays unfinished", async () => {
    const socket = await openSocket(broker.wsPort);
    socket.write("GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n");

    const start = performance.now();
    await closed(socket);

    expect(performance.now() - start).toBeLessThan(SOONER_THAN_MS);
  });

  it("are closed after connectTimeout when nothing follows their WebSocket upgrade", async () => {
    const socket = await openSocket(broker.wsPort);
    socket.write(
      "GET /mqtt HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
    );

    const start = performance.now();
    await closed(socket);

    expect(performance.now() - start).toBeLessThan(3 * SOONER_THAN_MS); // the peer has five seconds to say goodbye
  });

  // RabbitMQ's #16180: an inflate bomb needs permessage-deflate, which is not offered
  it("are closed when they announce a WebSocket frame beyond any packet", async () => {
    const socket = await openSocket(broker.wsPort);
    socket.write(
      "GET /mqtt HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n" +
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    );
    const [answer] = (
      await new Promise<Buffer>((resolve) => socket.once("data", (bytes: Buffer) => resolve(bytes)))
    )
      .toString()
      .split("\r\n\r\n");
    socket.write(Buffer.from("82ff000000001000000000000000", "hex"));

    const start = performance.now();
    await closed(socket);

    expect(answer).toContain("101 Switching Protocols");
    expect(answer?.toLowerCase()).not.toContain("extensions");
    expect(performance.now() - start).toBeLessThan(900); // not by the timeout
  });

  it("leave nothing behind when CONNECT is malformed, tens of thousands of times", async () => {
    const malformed = [
      "100c00044d5154540500000000003f", // shorter than it says
      "101000044d515454050200000000 0003ff6e65".replaceAll(" ", ""), // an id that is not UTF-8
      "101300044d5154540506000000000000 0000000000".replaceAll(" ", ""), // a will without a topic
      "101800044d51545405060000000000000603010a18000000050000", // will properties that end too early
    ].map((hex) => Buffer.from(hex, "hex"));
    const flood = async (times: number): Promise<void> => {
      for (let sent = 0; sent < times; sent += 100) {
        const sockets = await openSockets(broker.tcpPort, 100);
        for (const [n, socket] of sockets.entries()) socket.end(malformed[n % malformed.length] as Buffer);
        await Promise.all(sockets.map(closed));
      }
    };
    await flood(10_000);
    const before = residentBytes(broker.pid);

    await flood(15_000);

    const grown = residentBytes(broker.pid) - before;
    process.stdout.write(`15,000 malformed CONNECTs: ${(grown / MB).toFixed(1)} MB\n`);
    expect(grown).toBeLessThan(60 * MB);
    expect(broker.output()).not.toContain("internal error");
  }, 120_000);

  it("share a TCP chunk with what follows a good CONNECT", async () => {
    const socket = await openSocket(broker.tcpPort);
    const received: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => received.push(bytes));

    socket.write(Buffer.concat([connectPacket("one-chunk"), Buffer.from("c000e000", "hex")]));
    await closed(socket);

    const bytes = Buffer.concat(received);
    expect(bytes[0]).toBe(0x20);
    expect(bytes.subarray(-2).toString("hex")).toBe("d000");
  });
});
