import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { readMetric } from "../support/read-metric.ts";
import { Bystander } from "./bystander.ts";
import { mutate } from "./mutations.ts";
import { Random } from "./random.ts";
import { closed, openSocket } from "./sockets.ts";
import { CORPUS, connectPacket, packetsAfterConnect, richConnect, type Version } from "./valid-packets.ts";

const AT_ONCE = 50;
/** A busy machine is allowed for. */
const UNDISTURBED_MS = 1000;

/** CONNECT and something hostile behind it, or something hostile instead. */
function attacks(version: Version): Buffer[] {
  const random = new Random(100 + version);
  let last = 0;
  const withConnect = (...packets: Buffer[]): Buffer =>
    Buffer.concat([connectPacket(version, { clientId: `w${version}-${++last}` }), ...packets]);
  const afterConnect = packetsAfterConnect(version).flatMap((packet) =>
    Array.from({ length: 15 }, () => withConnect(mutate(random, packet, CORPUS))),
  );
  const first = Array.from({ length: 30 }, () => mutate(random, richConnect(version, "rich"), CORPUS));
  const fiveByteLength = withConnect(Buffer.from("30ffffffff01", "hex")); // CVE-2026-21888
  return [...afterConnect, ...first, fiveByteLength, withConnect(...packetsAfterConnect(version))];
}

interface Way {
  readonly name: string;
  send(broker: BrokerProcess, bytes: Buffer): Promise<void>;
}

async function overTcp(broker: BrokerProcess, write: (socket: Socket) => Promise<void>): Promise<void> {
  const socket = await openSocket(broker.tcpPort);
  socket.resume();
  await write(socket);
  socket.end();
  await closed(socket);
}

/** In frames of `size` bytes, whose borders mean nothing [MQTT-6.0.0-2]. */
async function overWebSocket(broker: BrokerProcess, bytes: Buffer, size: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${broker.wsPort}/mqtt`, "mqtt");
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  socket.on("error", () => {}); // closed in the middle of our frames
  for (let at = 0; at < bytes.length; at += size) socket.send(bytes.subarray(at, at + size));
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.close();
  });
}

const WAYS: readonly Way[] = [
  {
    name: "over TCP in one chunk",
    send: (broker, bytes) => overTcp(broker, async (socket) => void socket.write(bytes)),
  },
  {
    name: "over TCP byte by byte",
    send: (broker, bytes) =>
      overTcp(broker, async (socket) => {
        for (const byte of bytes) {
          await new Promise<void>((resolve) => socket.write(Buffer.from([byte]), () => resolve()));
        }
      }),
  },
  {
    name: "over WebSocket, several packets to a frame",
    send: (broker, bytes) => overWebSocket(broker, bytes, 1 << 16),
  },
  {
    name: "over WebSocket, several frames to a packet",
    send: (broker, bytes) => overWebSocket(broker, bytes, 1),
  },
];

describe("hostile bytes on the wire", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker({ config: { storage: { durability: "memory" } } });
  });
  afterAll(() => broker?.dispose());

  it.each(WAYS)("disturb nobody and leave nothing open: $name", async ({ send }) => {
    const all = ([3, 4, 5] as const).flatMap(attacks);
    const bystander = await Bystander.connect(broker.tcpPort);
    const errors = await readMetric(broker.adminPort, "causeway_protocol_errors_total");

    for (let first = 0; first < all.length; first += AT_ONCE) {
      await Promise.all(all.slice(first, first + AT_ONCE).map((bytes) => send(broker, bytes)));
    }

    const latencies = await bystander.stop();
    expect(latencies.largest).toBeLessThan(UNDISTURBED_MS);
    expect(await readMetric(broker.adminPort, "causeway_protocol_errors_total")).toBeGreaterThan(
      errors + 100,
    );
    expect(broker.output()).not.toMatch(/internal error|uncaught/i);
    await expect
      .poll(async () => {
        const opened = await readMetric(broker.adminPort, "causeway_connections_opened_total");
        return opened - (await readMetric(broker.adminPort, "causeway_connections_closed_total"));
      })
      .toBe(0);
  });
});
