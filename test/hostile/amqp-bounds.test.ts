import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeMethodFrame } from "../../src/amqp/codec/frames.ts";
import type { Method } from "../../src/amqp/codec/methods.generated.ts";
import { fromPlain } from "../../src/amqp/codec/table-values.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { tcpClient } from "../support/raw-client.ts";
import { readMetric } from "../support/read-metric.ts";
import { AmqpBystander } from "./amqp-bystander.ts";
import { HostileAmqpClient } from "./amqp-client.ts";
import { opening } from "./amqp-corpus.ts";
import { bodyFrame, headerFrame, message, publishFrame } from "./amqp-frames.ts";
import { openSocket, residentBytes } from "./sockets.ts";

const MB = 1e6;
const KIB = 1024;
const MIB = 1024 * KIB;
const CHANNELS = Array.from({ length: 2047 }, (_, n) => n + 1);
/** A busy machine is allowed for. */
const UNDISTURBED_MS = 2000;
const MAXIMUM_QUEUES = 2000;

const flags = { passive: false, durable: false, exclusive: true, autoDelete: false, noWait: true };
const declare = (queue: string): Method => ({ kind: "queue.declare", queue, ...flags, arguments: [] });
const consume = (queue: string, consumerTag: string): Method => {
  const others = { noLocal: false, noAck: false, exclusive: false, noWait: true };
  return { kind: "basic.consume", queue, consumerTag, ...others, arguments: [] };
};
const on = (channel: number, ...methods: Method[]): Buffer =>
  Buffer.concat(methods.map((method) => encodeMethodFrame(channel, method)));

describe("what a hostile AMQP client can hold", () => {
  let broker: BrokerProcess;
  let port: number;

  beforeAll(async () => {
    broker = await startBroker({
      config: {
        queues: { maximumQueues: MAXIMUM_QUEUES, maximumMemoryBytes: 64 * MIB },
        listeners: [{ type: "amqp" }, { type: "tcp" }, { type: "admin" }],
      },
    });
    port = broker.portOf("amqp");
  });
  afterAll(() => broker?.dispose());

  /** What an attack adds to the broker's memory, while a bystander goes on undisturbed. */
  async function costOf(attack: () => Promise<void>): Promise<number> {
    const bystander = await AmqpBystander.connect(port);
    const before = residentBytes(broker.pid);
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, residentBytes(broker.pid));
    }, 10);
    await attack();
    clearInterval(watch);
    const { largest, count } = await bystander.stop();
    process.stdout.write(`${((most - before) / MB).toFixed(0)} MB, ${largest.toFixed(0)} ms (${count})\n`);
    expect(largest).toBeLessThan(UNDISTURBED_MS);
    return most - before;
  }

  it.each([
    [
      "properties and no body",
      Buffer.concat([
        publishFrame(1, "q"),
        headerFrame(1, 1, { headers: fromPlain({ a: "x".repeat(120_000) }) }),
      ]),
    ],
    [
      "half a body",
      Buffer.concat([publishFrame(1, "q"), headerFrame(1, 100 * KIB), bodyFrame(1, Buffer.alloc(50 * KIB))]),
    ],
  ])(
    "2,047 channels with unfinished messages, each with %s: 506, four largest messages at most",
    async (_, bytes) => {
      const cost = await costOf(async () => {
        const client = await HostileAmqpClient.connect(port, CHANNELS);
        for (const channel of CHANNELS) client.write(onChannel(bytes, channel));

        expect(await client.farewell()).toMatch(/^506 /);
        client.drop();
      });

      expect(cost).toBeLessThan(300 * MB);
    },
  );

  it("a message of 200,000 frames of one byte is a message like any other", async () => {
    await costOf(async () => {
      const client = await HostileAmqpClient.connect(port);
      client.write(on(1, declare("small"), { kind: "confirm.select", noWait: false }));
      const frames = Buffer.concat(Array.from({ length: 200_000 }, () => bodyFrame(1, Buffer.from("x"))));
      client.write(publishFrame(1, "small"), headerFrame(1, 200_000), frames);

      await client.until("basic.ack");
      client.drop();
    });
  });

  it("transactions without end, on many channels: 406, 64 MiB together at most", async () => {
    const cost = await costOf(async () => {
      const client = await HostileAmqpClient.connect(port, CHANNELS.slice(0, 20));
      for (const channel of CHANNELS.slice(0, 20)) {
        const publications = Array.from({ length: 50 }, () => message(channel, "q", Buffer.alloc(100 * KIB)));
        client.write(on(channel, { kind: "tx.select" }), ...publications);
      }

      expect(await client.farewell()).toMatch(/^406 channel/);
      client.drop();
    });

    expect(cost).toBeLessThan(300 * MB);
  });

  it("returned messages that it does not read: it is not read either", async () => {
    const cost = await costOf(async () => {
      const socket = await silentClient();
      const publication = Buffer.concat([
        publishFrame(1, "no queue", "", true),
        headerFrame(1, 100 * KIB),
        bodyFrame(1, Buffer.alloc(100 * KIB)),
      ]);
      await writeUntilStuck(socket, publication, 5000);
      socket.destroy();
    });

    expect(cost).toBeLessThan(100 * MB);
  });

  it("confirms and answers that it does not read: it is not read either", async () => {
    const cost = await costOf(async () => {
      const socket = await silentClient();
      socket.write(on(1, { kind: "confirm.select", noWait: true }));
      const requests = on(
        1,
        ...Array.from(
          { length: 1000 },
          (): Method => ({
            kind: "queue.declare",
            queue: "amq.rabbitmq.reply-to",
            ...flags,
            noWait: false,
            arguments: [],
          }),
        ),
      );
      await writeUntilStuck(socket, requests, 3000);
      socket.destroy();
    });

    expect(cost).toBeLessThan(100 * MB);
  });

  it("large messages of a queue asked for again and again, and not read", async () => {
    const publisher = await HostileAmqpClient.connect(port);
    const durable = { ...flags, durable: true, exclusive: false, noWait: false };
    publisher.send(1, { kind: "queue.declare", queue: "large", ...durable, arguments: [] });
    publisher.send(1, { kind: "confirm.select", noWait: false });
    for (let n = 0; n < 100; n++) {
      publisher.write(publishFrame(1, "large"), headerFrame(1, MIB, { deliveryMode: 2 }));
      for (let part = 0; part < 16; part++) publisher.write(bodyFrame(1, Buffer.alloc(MIB / 16)));
    }
    publisher.write(message(1, "large", Buffer.from("last")));
    await publisher.untilConfirmed(101);

    const cost = await costOf(async () => {
      const socket = await silentClient();
      const gets = on(
        1,
        ...Array.from({ length: 100 }, (): Method => ({ kind: "basic.get", queue: "large", noAck: false })),
      );
      await writeUntilStuck(socket, gets, 3000);
      socket.destroy();
    });

    expect(cost).toBeLessThan(200 * MB);
    publisher.send(1, {
      kind: "queue.delete",
      queue: "large",
      ifUnused: false,
      ifEmpty: false,
      noWait: false,
    });
    await publisher.until("queue.delete-ok");
    publisher.drop();
  });

  it("messages with little body and much header in a queue in memory count with their headers", async () => {
    const cost = await costOf(async () => {
      const client = await HostileAmqpClient.connect(port);
      const header = headerFrame(1, 0, { headers: fromPlain({ a: "x".repeat(100_000) }) });
      client.write(on(1, declare("headers"), { kind: "confirm.select", noWait: false }));
      for (let n = 0; n < 3000; n++) client.write(publishFrame(1, "headers"), header);

      expect((await client.until("basic.nack")).method).toMatchObject({ kind: "basic.nack" });
      client.drop();
    });

    expect(cost).toBeLessThan(350 * MB);
  });

  it("100,000 messages got and never acknowledged go back when it goes", async () => {
    await costOf(async () => {
      const client = await HostileAmqpClient.connect(port);
      client.write(on(1, declare("got")));
      const some = Buffer.concat(Array.from({ length: 1000 }, () => message(1, "got", Buffer.from("x"))));
      const gets = on(
        1,
        ...Array.from({ length: 1000 }, (): Method => ({ kind: "basic.get", queue: "got", noAck: false })),
      );
      for (let n = 0; n < 100; n++) client.write(some, gets);
      await client.until("basic.get-ok", 100_000);
      client.send(1, { kind: "basic.recover", requeue: true });
      await client.until("basic.recover-ok");
      client.drop();
    });
  });

  it("consumers without end: 530", async () => {
    await costOf(async () => {
      const client = await HostileAmqpClient.connect(port);
      client.write(on(1, declare("consumed")));
      for (let n = 0; n < 66; n++) {
        client.write(on(1, ...Array.from({ length: 1000 }, (_, m) => consume("consumed", `${n}/${m}`))));
      }

      expect(await client.farewell()).toBe("530 (60.20)");
      client.drop();
    });
  });

  it("exclusive queues without end: 406, and all of them go when it goes", async () => {
    await costOf(async () => {
      const client = await HostileAmqpClient.connect(port);
      client.write(on(1, ...Array.from({ length: MAXIMUM_QUEUES + 1 }, (_, n) => declare(`mine ${n}`))));

      expect(await client.farewell()).toBe("406 channel 1 (50.10)");
      client.drop();
    });

    await expect.poll(() => readMetric(broker.adminPort, "causeway_work_queues")).toBeLessThan(10);
  });

  it("2,000 connections one after another that leave queues and consumers behind", async () => {
    const cost = await costOf(async () => {
      for (let n = 0; n < 100; n++) {
        const clients = await Promise.all(Array.from({ length: 20 }, () => HostileAmqpClient.connect(port)));
        for (const [m, client] of clients.entries()) {
          client.write(on(1, declare(`of ${m}`), consume(`of ${m}`, "t"), { kind: "tx.select" }));
        }
        await Promise.all(clients.map((client) => client.until("tx.select-ok")));
        for (const client of clients) client.drop();
        await expect
          .poll(() => readMetric(broker.adminPort, "causeway_amqp_connections"), { interval: 5 })
          .toBe(1);
      }
    });

    expect(cost).toBeLessThan(150 * MB);
  });

  it("connection.close again and again, after the broker's own: answered once", async () => {
    const client = await HostileAmqpClient.connect(port);
    client.send(9, { kind: "tx.select" });
    const close: Method = {
      kind: "connection.close",
      replyCode: 200,
      replyText: "",
      classId: 0,
      methodId: 0,
    };
    client.write(on(0, ...Array.from({ length: 1000 }, () => close), { kind: "connection.close-ok" }));
    await client.until("end");

    expect(client.count("connection.close-ok")).toBe(1);
  });

  it("what MQTT cannot say is left out for MQTT subscribers, who stay", async () => {
    const subscriber = await tcpClient(broker.tcpPort, 5);
    await subscriber.connect({ clientId: "subscriber" });
    await subscriber.subscribe("#");
    const client = await HostileAmqpClient.connect(port);
    const long = "x".repeat(70_000);
    for (const values of [
      { headers: fromPlain({ "x-correlation-id": long }) },
      { headers: fromPlain({ "x-reply-to-topic": long }) },
      { headers: fromPlain({ [long.slice(0, 255)]: long }) },
      { contentType: "a\0b" },
    ]) {
      client.write(publishFrame(1, "a", "mqtt"), headerFrame(1, 1, values), bodyFrame(1, Buffer.from("x")));
    }

    for (let n = 0; n < 4; n++) expect(await subscriber.next()).toMatchObject({ cmd: "publish", topic: "a" });
    client.drop();
    await subscriber.disconnect();
  });

  it("were no errors of the broker", () => {
    expect(broker.output()).not.toMatch(/error of the broker|uncaught|heap/i);
  });

  /** An open connection with two channels whose client never reads. */
  async function silentClient(): Promise<Socket> {
    const socket = await openSocket(port);
    socket.pause();
    socket.write(Buffer.concat(opening()));
    return socket;
  }
});

/** Writes until nobody takes it any more for a second, or so often. */
async function writeUntilStuck(socket: Socket, bytes: Buffer, times: number): Promise<void> {
  for (let n = 0; n < times && !socket.destroyed; n++) {
    if (socket.write(bytes)) continue;
    const drained = new Promise<boolean>((resolve) => socket.once("drain", () => resolve(true)));
    const stuck = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1000));
    if (!(await Promise.race([drained, stuck]))) return;
  }
}

/** The same frames on another channel. */
function onChannel(frames: Buffer, channel: number): Buffer {
  const copy = Buffer.from(frames);
  for (let at = 0; at < copy.length; at += 8 + copy.readUInt32BE(at + 3)) copy.writeUInt16BE(channel, at + 1);
  return copy;
}
