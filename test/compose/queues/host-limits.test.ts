import { describe, expect, it } from "vitest";
import type { Method } from "../../../src/amqp/codec/methods.generated.ts";
import { fromPlain } from "../../../src/amqp/codec/table-values.ts";
import { HostRig } from "../../queues/support/host-rig.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import type { AmqpTestClient } from "../../support/amqp-client.ts";

const TWO = { virtualHosts: ["/", "team"], maximumQueues: 2, maximumExchanges: 2, maximumBindings: 2 };

function declareExchange(client: AmqpTestClient, exchange: string, channel = 1): Promise<Method> {
  const flags = { passive: false, durable: true, autoDelete: false, internal: false, noWait: false };
  const method = { kind: "exchange.declare", type: "direct", ...flags, arguments: [] } as const;
  return client.call(channel, { ...method, exchange });
}

function bindExchange(client: AmqpTestClient, routingKey: string, channel = 1): Promise<Method> {
  const ends = { source: "amq.direct", destination: "amq.fanout" };
  return client.call(channel, { kind: "exchange.bind", ...ends, routingKey, noWait: false, arguments: [] });
}

interface Given {
  readonly broker: AmqpBroker;
  readonly client: AmqpTestClient;
}

/** A broker with two of each, and a client with channel 2 open too. */
async function full(): Promise<Given> {
  const broker = await AmqpBroker.open({ queues: TWO });
  const client = await broker.connect();
  const other = await broker.connect({ virtualHost: "team" });
  await client.openChannel(2);
  for (const [where, name] of [
    [client, "here"],
    [other, "there"],
  ] as const) {
    await where.declare(name);
    await declareExchange(where, name);
    await where.bind(name, "amq.direct", "key");
  }
  return { broker, client };
}

const CASES: readonly [
  string,
  string,
  string,
  (client: AmqpTestClient, channel?: number) => Promise<Method>,
][] = [
  [
    "queue",
    "queues",
    "cannot declare queue 'more' in vhost '/': the limit of 2 queues (queues.maximumQueues) is reached",
    (client, channel) => client.declare("more", {}, channel),
  ],
  [
    "queue named by the broker",
    "queues",
    "the limit of 2 queues (queues.maximumQueues) is reached",
    (client, channel) => client.declare("", { exclusive: true }, channel),
  ],
  [
    "exchange",
    "exchanges",
    "cannot declare exchange 'more' in vhost '/': the limit of 2 exchanges (queues.maximumExchanges) is reached",
    (client, channel) => declareExchange(client, "more", channel),
  ],
  [
    "binding of a queue",
    "bindings",
    "cannot bind queue 'here' to exchange 'amq.direct': the limit of 2 bindings (queues.maximumBindings) is reached",
    (client, channel) => client.bind("here", "amq.direct", "more", [], channel),
  ],
  [
    "binding of the same queue by the same key with other arguments",
    "bindings",
    "the limit of 2 bindings (queues.maximumBindings) is reached",
    (client, channel) => client.bind("here", "amq.direct", "key", fromPlain({ by: "another" }), channel),
  ],
  [
    "binding of an exchange",
    "bindings",
    "cannot bind exchange 'amq.fanout' to exchange 'amq.direct': the limit of 2 bindings (queues.maximumBindings) is reached",
    (client, channel) => bindExchange(client, "more", channel),
  ],
];

describe("At the limit of all virtual hosts together", () => {
  it.each(CASES)("one more %s is refused with 406 and counted", async (_what, label, reason, declare) => {
    const { broker, client } = await full();

    const answer = await declare(client);

    expect(answer).toMatchObject({ kind: "channel.close", replyCode: 406 });
    expect(answer).toMatchObject({ replyText: expect.stringContaining(reason) });
    expect([...broker.rig.counters.limitsReached]).toEqual([[label, 1]]);
  });

  it.each(CASES)(
    "the connection's other channels and queues go on when one more %s was refused",
    async (_what, _label, _reason, declare) => {
      const { client } = await full();
      await declare(client);

      await client.consume("here", { noAck: true }, 2);
      client.publish(2, "key", "still here", { exchange: "amq.direct" });
      const answer = await client.declare("here", {}, 2);

      expect(answer).toMatchObject({ kind: "queue.declare-ok", queue: "here" });
      expect(client.bodies).toEqual(["still here"]);
      expect(client.isEnded).toBe(false);
    },
  );

  it("what is there may be declared and bound again", async () => {
    const { broker, client } = await full();

    expect(await client.declare("here")).toMatchObject({ kind: "queue.declare-ok" });
    expect(await declareExchange(client, "here")).toMatchObject({ kind: "exchange.declare-ok" });
    expect(await declareExchange(client, "amq.direct")).toMatchObject({ kind: "exchange.declare-ok" });
    expect(await client.bind("here", "amq.direct", "key")).toMatchObject({ kind: "queue.bind-ok" });
    expect([...broker.rig.counters.limitsReached]).toEqual([]);
  });

  it("what is deleted makes room", async () => {
    const { client } = await full();
    await client.call(1, {
      kind: "queue.delete",
      queue: "here",
      ifUnused: false,
      ifEmpty: false,
      noWait: false,
    });

    expect(await client.declare("next")).toMatchObject({ kind: "queue.declare-ok" });
    expect(await client.bind("next", "amq.direct", "key")).toMatchObject({ kind: "queue.bind-ok" });
  });

  it("arguments of more than 4096 bytes are refused with 406 and counted, those of 4096 are not", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    const overheadBytes = 4 + 1 + "note".length + 1 + 4; // table, name, kind and length of the value
    const table = (bytes: number) => fromPlain({ note: "x".repeat(bytes - overheadBytes) });

    const most = await client.declare("most", { arguments: table(4096) });
    const more = await client.declare("more", { arguments: table(4097) });

    expect(most).toMatchObject({ kind: "queue.declare-ok" });
    const reason = "cannot declare queue 'more' in vhost '/': its arguments take 4097 bytes, more than 4096";
    expect(more).toMatchObject({ kind: "channel.close", replyCode: 406 });
    expect(more).toMatchObject({ replyText: expect.stringContaining(reason) });
    expect([...broker.rig.counters.limitsReached]).toEqual([["argument_bytes", 1]]);
  });

  it("one line a minute says so for each kind", async () => {
    const { broker, client } = await full();
    for (const channel of [1, 2]) await client.declare("more", {}, channel);
    await client.openChannel(3);
    await declareExchange(client, "more", 3);

    await broker.rig.clock.advance(60_000);
    await client.openChannel(4);
    await client.declare("more", {}, 4);

    const queues = { limit: "queues.maximumQueues", maximum: 2 };
    const exchanges = { limit: "queues.maximumExchanges", maximum: 2 };
    expect(broker.rig.lines.map(({ fields }) => fields)).toEqual([queues, exchanges, queues]);
  });
});

describe("What was stored or is configured", () => {
  it("is there at the start whatever the limits say, and counts", async () => {
    const rig = await new HostRig().open();
    for (const name of ["one", "two"]) {
      await rig.declareExchange(name, "direct");
      await rig.declareQueue(name);
      for (const key of ["a", "b"]) await rig.bind(name, name, key);
    }
    const one = { maximumQueues: 1, maximumExchanges: 1, maximumBindings: 1 };
    const configured = { name: "three", bindings: [{ exchange: "three" }] };

    const after = await rig.restarted("killed", {
      ...one,
      exchanges: [{ name: "three" }],
      queues: [configured],
    });

    const { queueCount, declaredExchangeCount, bindingCount } = after.host;
    expect([queueCount, declaredExchangeCount, bindingCount]).toEqual([3, 3, 5]);
    expect(after.refusal(() => after.declareQueueNow("four"))).toContain(
      "precondition: cannot declare queue 'four'",
    );
    expect(after.refusal(() => after.declareExchangeNow("four", "direct"))).toContain("precondition: ");
  });
});
