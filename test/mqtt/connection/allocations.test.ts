import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { ByteReceiver, ByteStream } from "../../../src/base/byte-stream.ts";
import { heapBytesInUse } from "../../support/heap.ts";
import { aPublish } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

/** A far end that keeps nothing of what it is sent. */
class ForgetfulStream implements ByteStream {
  readonly transport = "tcp";
  readonly remoteAddress = "127.0.0.1:1";
  readonly isLoopback = true;
  readonly bufferedBytes = 0;
  #receiver: ByteReceiver | undefined;

  start(receiver: ByteReceiver): void {
    this.#receiver = receiver;
  }

  arrive(bytes: Buffer): void {
    this.#receiver?.bytes(bytes);
  }

  write(): void {}
  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

const BATCH = 100;
const PACKET_IDS = 65_535;

/** One publisher and one subscriber; `exchange` brings a batch from the one to the other, acknowledged by both. */
class Pair {
  readonly #broker: TestBroker;
  readonly #qos: 0 | 1;
  readonly #publisher = new ForgetfulStream();
  readonly #subscriber = new ForgetfulStream();
  readonly #batch: Buffer;
  #sent = 0;

  constructor(broker: TestBroker, qos: 0 | 1) {
    this.#broker = broker;
    this.#qos = qos;
    const publish = (_: unknown, at: number): Buffer =>
      wire(aPublish({ topic: "a/topic", payload: "x".repeat(64), qos, messageId: at + 1 }));
    this.#batch = Buffer.concat(Array.from({ length: BATCH }, publish));
  }

  async open(): Promise<void> {
    for (const [clientId, stream] of [
      ["publisher", this.#publisher],
      ["subscriber", this.#subscriber],
    ] as const) {
      this.#broker.mqtt.accept(stream);
      stream.arrive(wire({ cmd: "connect", clientId, protocolVersion: 4, clean: true, keepalive: 0 }));
      await this.#broker.settle();
    }
    const subscriptions = [{ topic: "a/topic", qos: this.#qos }];
    this.#subscriber.arrive(wire({ cmd: "subscribe", messageId: 1, subscriptions }));
    await this.#broker.settle();
  }

  exchange(): void {
    this.#publisher.arrive(this.#batch);
    if (this.#qos === 0) return;
    const acknowledgements = Buffer.alloc(4 * BATCH);
    for (let i = 0; i < BATCH; i++, this.#sent++) {
      acknowledgements.writeUInt16BE(0x4002, 4 * i);
      acknowledgements.writeUInt16BE(1 + (this.#sent % PACKET_IDS), 4 * i + 2);
    }
    this.#subscriber.arrive(acknowledgements);
  }

  async exchangeMany(batches: number): Promise<void> {
    for (let i = 0; i < batches; i++) {
      this.exchange();
      if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#broker.settle();
  }
}

function wire(packet: Packet): Buffer {
  return generate(packet, { protocolVersion: 4 });
}

async function warmPair(qos: 0 | 1): Promise<{ broker: TestBroker; pair: Pair }> {
  const broker = await TestBroker.open();
  const pair = new Pair(broker, qos);
  await pair.open();
  await pair.exchangeMany(500);
  return { broker, pair };
}

/** Bytes of heap that a message takes before anything is collected: the least of some batches, once all is compiled. */
function allocatedPerMessage(pair: Pair): number {
  const measured = Array.from({ length: 15 }, () => {
    const before = heapBytesInUse();
    pair.exchange();
    return (process.memoryUsage().heapUsed - before) / BATCH;
  });
  return Math.min(...measured);
}

describe.each([
  { qos: 0 as const, mostBytes: 600 },
  { qos: 1 as const, mostBytes: 600 },
])("a message of QoS $qos from one client to another", ({ qos, mostBytes }) => {
  it(`allocates less than ${mostBytes} bytes on the heap`, async () => {
    const { pair } = await warmPair(qos);

    expect(allocatedPerMessage(pair)).toBeLessThan(mostBytes);
  });

  it("leaves nothing behind", async () => {
    const { broker, pair } = await warmPair(qos);

    const before = heapBytesInUse();
    await pair.exchangeMany(1000);
    const left = heapBytesInUse() - before;

    expect(broker.counters.messagesSent[qos]).toBe(1500 * BATCH);
    expect(left).toBeLessThan(500_000); // 5 bytes per message
  });
});
