import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { RawClient } from "../support/raw-client.ts";
import { lasting, TestBroker } from "../support/test-broker.ts";
import { mutate } from "./mutations.ts";
import { Random } from "./random.ts";
import {
  CORPUS,
  connectPacket,
  packetsAfterConnect,
  richConnect,
  SERVER_PACKETS,
  type Version,
} from "./valid-packets.ts";

const VERSIONS = [3, 4, 5] as const;
/** Connections that are open at a time. */
const AT_ONCE = 100;

/** What a connection has behind it when the bytes come. */
interface State {
  readonly name: string;
  readonly options?: object;
  prepare(broker: TestBroker, client: RawClient, version: Version): Promise<void>;
}

let lastClient = 0;
const connect = async (client: RawClient, options = {}): Promise<void> => {
  lastClient++;
  await client.connect({ clientId: `c${lastClient}`, ...options });
};

const STATES: readonly State[] = [
  { name: "before CONNECT", prepare: async () => {} },
  {
    name: "while CONNECT is being answered",
    async prepare(_broker, client, version) {
      client.sendBytes(connectPacket(version, { clientId: "hangs" }));
    },
  },
  { name: "when connected", prepare: (_broker, client) => connect(client) },
  {
    name: "with unacknowledged messages both ways",
    async prepare(_broker, client) {
      await connect(client);
      await client.subscribe("own", { qos: 2 });
      client.sendHex(client.version === 5 ? "34080003 6f776e 0100 00" : "34070003 6f776e 0100");
      await client.take(2);
    },
  },
  {
    name: "with answers that wait for the disk",
    async prepare(broker, client) {
      lastClient++;
      await client.connect(lasting(`d${lastClient}`));
      broker.store.hold();
      client.sendHex(client.version === 5 ? "32080003 6f776e 0100 00" : "32070003 6f776e 0100");
    },
  },
];

/** Every prefix, three changes of every byte, and random splices; of each type a client may send, and of others. */
function attacks(version: Version): Buffer[] {
  const random = new Random(version);
  const packets = [richConnect(version, "rich"), ...packetsAfterConnect(version), ...SERVER_PACKETS];
  return packets.flatMap((packet) => {
    const changed: Buffer[] = [packet];
    for (let at = 0; at < packet.length; at++) {
      changed.push(packet.subarray(0, at));
      for (const value of [0x00, 0xff, (packet[at] as number) ^ 0x01]) {
        const copy = Buffer.from(packet);
        copy[at] = value;
        changed.push(copy);
      }
    }
    for (let n = 0; n < 40; n++) changed.push(mutate(random, packet, CORPUS));
    return changed;
  });
}

/** Codes that a DISCONNECT of a server may carry, those for a failure of ours left out (MQTT 5 §3.14.2.1). */
const DISCONNECT_CODES = [0x81, 0x82, 0x8e, 0x90, 0x93, 0x94, 0x95, 0x97];

describe.each(STATES)("hostile packets $name", ({ name, prepare }) => {
  it.each(VERSIONS)("end at protocol level %d in an answer, a DISCONNECT or a close", async (version) => {
    const errors: object[] = [];
    const logger: Logger = { ...silentLogger, error: (fields, message) => errors.push({ fields, message }) };
    const hangs = name.startsWith("while");
    const authorization = hangs ? { authenticate: () => new Promise<never>(() => {}) } : {};
    let broker = await TestBroker.open({ logger });
    const all = attacks(version);
    const codes = new Set<number>();

    for (let first = 0; first < all.length; first += AT_ONCE) {
      if (first > 0) broker.store.release();
      broker = await TestBroker.open({ logger, authorization });
      const clients = await Promise.all(
        all.slice(first, first + AT_ONCE).map((bytes) => attack(broker, version, bytes, prepare)),
      );
      await broker.settle();
      broker.store.release();
      await broker.settle();
      for (const client of clients) {
        for (const packet of client.unread)
          if (packet.cmd === "disconnect") codes.add(packet.reasonCode ?? 0);
        await client.hangUp();
      }
      await broker.settle();
      expect(broker.mqtt.connectionCount).toBe(0);
    }

    expect(errors).toEqual([]);
    expect(DISCONNECT_CODES).toEqual(expect.arrayContaining([...codes]));
    if (version === 5 && name.startsWith("when")) expect(codes.size).toBeGreaterThan(2);
  });
});

async function attack(
  broker: TestBroker,
  version: Version,
  bytes: Buffer,
  prepare: State["prepare"],
): Promise<RawClient> {
  const { client } = broker.dial(version);
  await prepare(broker, client, version);
  client.sendBytes(bytes);
  return client;
}
