import { describe, expect, it } from "vitest";
import type { Method } from "../../../src/amqp/codec/methods.generated.ts";
import { fromPlain } from "../../../src/amqp/codec/table-values.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";

const EXCHANGE = {
  kind: "exchange.declare",
  type: "direct",
  passive: false,
  durable: true,
  autoDelete: false,
  internal: false,
  noWait: false,
  arguments: [],
} as const;
const DELETE = { kind: "queue.delete", ifUnused: false, ifEmpty: false, noWait: false } as const;

/** What ends the channel, or the answer's name. */
function outcome(method: Method): string {
  if (method.kind !== "channel.close" && method.kind !== "connection.close") return method.kind;
  return `${method.replyCode} ${method.replyText} (${method.classId}.${method.methodId})`;
}

describe("Declaring over AMQP", () => {
  it.each([
    [
      "passive queue.declare",
      404,
      "no queue 'none' in vhost '/'",
      "50.10",
      (queue: string) => ({
        kind: "queue.declare",
        queue,
        passive: true,
        durable: false,
        exclusive: false,
        autoDelete: false,
        noWait: false,
        arguments: [],
      }),
    ],
    [
      "queue.bind",
      404,
      "no queue 'none' in vhost '/'",
      "50.20",
      (queue: string) => ({
        kind: "queue.bind",
        queue,
        exchange: "amq.direct",
        routingKey: "",
        noWait: false,
        arguments: [],
      }),
    ],
    [
      "queue.purge",
      404,
      "no queue 'none' in vhost '/'",
      "50.30",
      (queue: string) => ({ kind: "queue.purge", queue, noWait: false }),
    ],
    [
      "basic.consume",
      404,
      "no queue 'none' in vhost '/'",
      "60.20",
      (queue: string) => ({
        kind: "basic.consume",
        queue,
        consumerTag: "",
        noLocal: false,
        noAck: false,
        exclusive: false,
        noWait: false,
        arguments: [],
      }),
    ],
    [
      "basic.get",
      404,
      "no queue 'none' in vhost '/'",
      "60.70",
      (queue: string) => ({ kind: "basic.get", queue, noAck: true }),
    ],
  ] as const)(
    "%s names what is missing and the method that failed",
    async (_, code, detail, failing, method) => {
      const broker = await AmqpBroker.open();
      const client = await broker.connect();

      const answer = await client.call(1, method("none") as Method);

      expect(outcome(answer)).toBe(`${code} NOT_FOUND - ${detail} (${failing})`);
    },
  );

  it.each([
    ["queue.delete", { ...DELETE, queue: "none" }, "queue.delete-ok"],
    [
      "queue.unbind",
      { kind: "queue.unbind", queue: "none", exchange: "none", routingKey: "", arguments: [] },
      "queue.unbind-ok",
    ],
    [
      "exchange.delete",
      { kind: "exchange.delete", exchange: "none", ifUnused: false, noWait: false },
      "exchange.delete-ok",
    ],
    [
      "exchange.unbind",
      {
        kind: "exchange.unbind",
        source: "none",
        destination: "none",
        routingKey: "",
        noWait: false,
        arguments: [],
      },
      "exchange.unbind-ok",
    ],
  ] as const)("%s of what is not there answers as if it were", async (_, method, expected) => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();

    expect(outcome(await client.call(1, method as Method))).toBe(expected);
  });

  it("leaves line ends out of names", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();

    expect(await client.declare("q\r\n1\n")).toMatchObject({ queue: "q1" });
    expect(await client.declare("\nq1", { passive: true })).toMatchObject({ queue: "q1" });
  });

  it("makes up a name, and means it where a later method names none", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    const declared = (await client.declare("", { durable: false, exclusive: true })) as { queue: string };
    await client.bind("", "amq.direct", "");
    client.publish(1, declared.queue, "bound by its name", { exchange: "amq.direct" });
    await broker.settle();

    expect(declared.queue).toMatch(/^amq\.gen-/);
    expect(await client.call(1, { kind: "basic.get", queue: "", noAck: true })).toMatchObject({
      messageCount: 0,
    });
  });

  it("refuses an empty name when none was declared before", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();

    const answer = await client.call(1, { kind: "queue.purge", queue: "", noWait: false });

    expect(outcome(answer)).toBe("404 NOT_FOUND - no previously declared queue (50.30)");
  });

  it.each([
    [{ durable: false }, "durable", "received 'false' but current is 'true'"],
    [{ autoDelete: true }, "auto_delete", "received 'true' but current is 'false'"],
    [
      { arguments: fromPlain({ "x-message-ttl": 1 }) },
      "x-message-ttl",
      "received the value '1' of type 'signedint' but current is none",
    ],
  ])("refuses to declare a queue again with %o", async (over, argument, rest) => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q");

    const text = outcome(await client.declare("q", over));

    expect(text).toContain(
      `406 PRECONDITION_FAILED - inequivalent arg '${argument}' for queue 'q' in vhost '/'`,
    );
    expect(text).toContain(rest.split(" but ")[0]);
    expect(text).toContain("(50.10)");
  });

  it("locks an exclusive queue against other connections with 405", async () => {
    const broker = await AmqpBroker.open();
    const owner = await broker.connect();
    const other = await broker.connect();
    await owner.declare("q", { exclusive: true });

    expect(outcome(await other.declare("q", { exclusive: true }))).toMatch(
      /^405 RESOURCE_LOCKED - .*\(50\.10\)$/,
    );
  });

  it("refuses names that begin with amq., and the default exchange, with 403", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    for (const channel of [2, 3, 4]) await client.openChannel(channel);

    expect(outcome(await client.declare("amq.mine"))).toMatch(/^403 ACCESS_REFUSED/);
    expect(outcome(await client.call(2, { ...EXCHANGE, exchange: "amq.mine" }))).toMatch(/^403/);
    expect(outcome(await client.call(3, { ...EXCHANGE, exchange: "" }))).toMatch(/^403/);
    expect(outcome(await client.call(4, { ...EXCHANGE, exchange: "", passive: true }))).toMatch(
      /^403.*\(40\.10\)$/,
    );
  });

  it("answers nothing with no-wait, also when it succeeds later", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();

    client.send(1, { ...EXCHANGE, exchange: "e", noWait: true });
    const answers = await client.ask(1, { ...EXCHANGE, exchange: "e", passive: true });

    expect(answers.map(({ method }) => method.kind)).toEqual(["exchange.declare-ok"]);
  });

  it("counts only ready messages when it purges and deletes", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q");
    for (const text of ["1", "2", "3"]) client.publish(1, "q", text);
    await client.ask(1, { kind: "basic.get", queue: "q", noAck: false });

    expect(await client.call(1, { kind: "queue.purge", queue: "q", noWait: false })).toMatchObject({
      messageCount: 2,
    });
    expect(await client.call(1, { ...DELETE, queue: "q" })).toMatchObject({ messageCount: 0 });
  });

  it.each([
    ["nobody holds any", 0],
    ["a client holds one", 1],
  ])("answers queue.purge when it is on disk, while %s (AMQP 0-9-1 §1.7.2.7)", async (_, heldCount) => {
    const broker = await AmqpBroker.open();
    const { rig } = broker;
    const client = await broker.connect();
    await client.declare("q");
    for (const text of ["1", "2", "3"]) client.publish(1, "q", text);
    await broker.settle();
    if (heldCount > 0) await client.ask(1, { kind: "basic.get", queue: "q", noAck: false });

    rig.store.hold();
    const early = await client.ask(1, { kind: "queue.purge", queue: "q", noWait: false });
    expect(early).toEqual([]);
    rig.store.release();
    await broker.settle();

    expect(client.last("queue.purge-ok").messageCount).toBe(3 - heldCount);
    expect(await (await rig.restarted("killed")).drain("q")).toHaveLength(heldCount);
  });

  it("answers a second queue.declare no sooner than the queue is on disk (AMQP 0-9-1 §1.7.2.1)", async () => {
    const broker = await AmqpBroker.open();
    const first = await broker.connect();
    const second = await broker.connect();
    broker.rig.store.hold();
    const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false };
    const declare = { kind: "queue.declare", queue: "q", ...flags, arguments: [] } as const;
    await first.ask(1, declare);

    const early = await second.ask(1, declare);
    expect(early).toEqual([]);
    broker.rig.store.release();
    await broker.settle();

    expect(second.last("queue.declare-ok").queue).toBe("q");
  });

  it("answers queue.purge of a queue that is not durable without the disk", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q", { durable: false });
    client.publish(1, "q", "1");
    await broker.settle();
    broker.rig.store.hold();

    const answer = await client.call(1, { kind: "queue.purge", queue: "q", noWait: false });

    expect(answer).toMatchObject({ kind: "queue.purge-ok", messageCount: 1 });
  });

  it("binds exchanges to exchanges", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.call(1, { ...EXCHANGE, exchange: "from" });
    await client.call(1, { ...EXCHANGE, exchange: "to", type: "fanout" });
    const between = { source: "from", destination: "to", routingKey: "k", noWait: false, arguments: [] };
    const bound = await client.call(1, { kind: "exchange.bind", ...between });
    await client.declare("q");
    await client.bind("q", "to", "");
    client.publish(1, "k", "through", { exchange: "from" });
    await broker.settle();
    const unbound = await client.call(1, { kind: "exchange.unbind", ...between });
    client.publish(1, "k", "no more", { exchange: "from" });
    await broker.settle();

    expect([bound.kind, unbound.kind]).toEqual(["exchange.bind-ok", "exchange.unbind-ok"]);
    expect(await broker.rig.drain("q")).toEqual(["through"]);
  });

  it("answers in the order of the requests, though some wait for the disk and some do not", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    const flags = { passive: false, exclusive: false, autoDelete: false, noWait: false, arguments: [] };
    client.send(1, { kind: "queue.declare", queue: "disk", durable: true, ...flags });
    client.send(1, { kind: "queue.declare", queue: "memory", durable: false, ...flags });
    const answers = await client.ask(1, {
      kind: "basic.qos",
      prefetchSize: 0,
      prefetchCount: 1,
      global: false,
    });

    expect(answers.map(({ method }) => ("queue" in method ? method.queue : method.kind))).toEqual([
      "disk",
      "memory",
      "basic.qos-ok",
    ]);
  });
});
