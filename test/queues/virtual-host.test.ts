import { describe, expect, it } from "vitest";
import type { FieldTable } from "../../src/base/field-table.ts";
import { PublishResult } from "../../src/queues/requests.ts";
import { aMessage } from "../storage/samples.ts";
import { settled } from "../support/amqp-client.ts";
import { HostRig } from "./support/host-rig.ts";

const text = (name: string, value: string): FieldTable => [
  { name, field: { type: "S", value: Buffer.from(value) } },
];
const number = (name: string, value: number): FieldTable => [{ name, field: { type: "I", value } }];

function aRig(): Promise<HostRig> {
  return new HostRig().open();
}

describe("an exchange", () => {
  it("of type direct sends to the queues bound with the very key (AMQP 0-9-1 §3.1.3.1)", async () => {
    const rig = await aRig();
    await rig.declareQueue("errors");
    await rig.bind("amq.direct", "errors", "error");

    expect(await rig.publish("amq.direct", "error", "a")).toBe(PublishResult.Pending | PublishResult.Routed);
    expect(await rig.publish("amq.direct", "info", "b")).toBe(0);
    expect(await rig.drain("errors")).toEqual(["a"]);
  });

  it("of type fanout sends to all queues, to each once however often it is bound (AMQP 0-9-1 §3.1.3.2)", async () => {
    const rig = await aRig();
    for (const name of ["one", "two"]) await rig.declareQueue(name);
    await rig.bind("amq.fanout", "one", "x");
    await rig.bind("amq.fanout", "one", "y");
    await rig.bind("amq.fanout", "two", "");

    await rig.publish("amq.fanout", "whatever", "a");

    expect([await rig.drain("one"), await rig.drain("two")]).toEqual([["a"], ["a"]]);
  });

  it.each([
    ["all", true, false],
    ["any", true, true],
  ])(
    "of type headers with x-match %s asks for each or one of them (AMQP 0-9-1 §3.1.3.4)",
    async (mode, both, one) => {
      const rig = await aRig();
      await rig.declareQueue("q");
      await rig.bind("amq.headers", "q", "", [
        ...text("x-match", mode),
        ...text("kind", "pdf"),
        ...number("pages", 3),
      ]);

      const routed = async (headers: FieldTable): Promise<boolean> =>
        ((await rig.publish("amq.headers", "", "m", headers)) & PublishResult.Routed) !== 0;
      expect(await routed([...text("kind", "pdf"), ...number("pages", 3)])).toBe(both);
      expect(await routed(text("kind", "pdf"))).toBe(one);
      expect(await routed([{ name: "pages", field: { type: "d", value: 3 } }])).toBe(false);
    },
  );

  it("the default one sends to the queue named by the key (AMQP 0-9-1 §3.1.3.1)", async () => {
    const rig = await aRig();
    await rig.declareQueue("orders");

    await rig.publish("", "orders", "a");

    expect(await rig.drain("orders")).toEqual(["a"]);
  });

  it("hands on to exchanges bound to it, round a circle once", async () => {
    const rig = await aRig();
    for (const name of ["a", "b", "c"]) await rig.declareExchange(name, "fanout");
    await rig.declareQueue("q");
    await rig.bindExchange("a", "b", "");
    await rig.bindExchange("b", "c", "");
    await rig.bindExchange("c", "a", "");
    await rig.bind("b", "q", "");
    await rig.bind("c", "q", "");

    await rig.publish("a", "k", "m");

    expect(await rig.drain("q")).toEqual(["m"]);
  });

  it("sends what no binding matches to its alternate exchange", async () => {
    const rig = await aRig();
    await rig.declareExchange("spare", "fanout");
    await rig.declareExchange("main", "direct", { arguments: text("alternate-exchange", "spare") });
    for (const name of ["q", "rest"]) await rig.declareQueue(name);
    await rig.bind("main", "q", "known");
    await rig.bind("spare", "rest", "");

    await rig.publish("main", "known", "a");
    await rig.publish("main", "unknown", "b");

    expect([await rig.drain("q"), await rig.drain("rest")]).toEqual([["a"], ["b"]]);
  });

  it("sends copies by CC keys, to each queue once", async () => {
    const rig = await aRig();
    for (const name of ["a", "b"]) await rig.declareQueue(name);

    await rig.publish("", "a", "m", [], ["b", "a"]);

    expect([await rig.drain("a"), await rig.drain("b")]).toEqual([["m"], ["m"]]);
  });

  it("that is auto-delete goes with its last binding, and so do all of a chain of thousands", async () => {
    const rig = await aRig();
    const names = Array.from({ length: 5000 }, (_, n) => `e${n}`);
    const flags = { type: "fanout", durable: false, autoDelete: true, internal: false, arguments: [] };
    const nobody = { committed() {} };
    for (const name of names) rig.host.declareExchange({ name, ...flags }, nobody, 0);
    for (const [n, source] of names.slice(0, -1).entries()) {
      const destination = names[n + 1] as string;
      rig.host.bindExchange({ source, destination, routingKey: "", arguments: [] }, nobody, 0);
    }
    const before = rig.host.exchangeCount;
    rig.host.deleteExchange("e4999", false, nobody, 0);

    expect(before - rig.host.exchangeCount).toBe(5000);
  });

  it("that is auto-delete goes with its last binding", async () => {
    const rig = await aRig();
    await rig.declareExchange("passing", "fanout", { autoDelete: true });
    await rig.declareQueue("q");
    await rig.bind("passing", "q", "");

    await rig.done((waiter, token) =>
      rig.host.deleteQueue("q", { ifUnused: false, ifEmpty: false }, rig.owner, waiter, token),
    );

    expect(rig.refusal(() => rig.host.checkExchange("passing"))).toBe(
      "not-found: no exchange 'passing' in vhost '/'",
    );
  });
});

describe("a request is refused in RabbitMQ's words", () => {
  it.each<[string, (rig: HostRig) => unknown, string]>([
    [
      "an unknown queue",
      (rig) => rig.host.checkQueue("q", rig.owner),
      "not-found: no queue 'q' in vhost '/'",
    ],
    ["an unknown exchange", (rig) => rig.host.checkExchange("x"), "not-found: no exchange 'x' in vhost '/'"],
    [
      "a reserved name",
      (rig) => rig.declareQueueNow("amq.mine"),
      "access: queue name 'amq.mine' contains reserved prefix 'amq.*'",
    ],
    [
      "the default exchange",
      (rig) => rig.declareExchangeNow("", "direct"),
      "access: operation not permitted on the default exchange",
    ],
    [
      "an unknown type",
      (rig) => rig.declareExchangeNow("x", "odd"),
      "precondition: invalid exchange type 'odd'",
    ],
    [
      "another type than before",
      (rig) => rig.declareExchangeNow("amq.direct", "topic"),
      "precondition: inequivalent arg 'type' for exchange 'amq.direct' in vhost '/': received 'topic' but current is 'direct'",
    ],
    [
      "an argument of a wrong type",
      (rig) => rig.declareQueueNow("q", text("x-message-ttl", "60000")),
      "precondition: invalid arg 'x-message-ttl' for queue 'q' in vhost '/'",
    ],
    [
      "a dead-letter key without exchange",
      (rig) => rig.declareQueueNow("q", text("x-dead-letter-routing-key", "k")),
      "precondition: invalid arg 'x-dead-letter-routing-key' for queue 'q' in vhost '/'",
    ],
  ])("%s", async (_what, request, expected) => {
    const rig = await aRig();

    expect(rig.refusal(() => request(rig))).toContain(expected);
  });

  it("a queue declared again with another argument, and 10 is not 10.0", async () => {
    const rig = await aRig();
    await rig.declareQueue("q", { arguments: number("x-message-ttl", 10) });

    const again = (field: FieldTable[number]["field"]) =>
      rig.refusal(() => rig.declareQueueNow("q", [{ name: "x-message-ttl", field }]));

    expect(again({ type: "l", value: 10n })).toBe("not refused");
    expect(again({ type: "d", value: 10 })).toContain("precondition: ");
    expect(rig.refusal(() => rig.declareQueueNow("q"))).toBe(
      "precondition: inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '10' of type 'signedint'",
    );
  });

  it("another connection's exclusive queue", async () => {
    const rig = await aRig();
    await rig.declareQueue("mine", { exclusive: true });

    expect(rig.refusal(() => rig.host.checkQueue("mine", {}))).toContain(
      "locked: cannot obtain exclusive access to locked queue 'mine' in vhost '/'",
    );
    rig.host.release(rig.owner);
    expect(rig.refusal(() => rig.host.checkQueue("mine", rig.owner))).toContain("not-found");
  });

  it("an internal exchange, for publishers", async () => {
    const rig = await aRig();
    await rig.declareExchange("inner", "fanout", { internal: true });

    await expect(rig.publish("inner", "k")).rejects.toThrow("cannot publish to internal exchange 'inner'");
  });

  it("a binding between the two exchanges that show topics", async () => {
    const rig = await aRig();

    await expect(rig.bindExchange("mqtt", "amq.topic", "#")).rejects.toThrow("show the same messages");
  });

  it("a binding key on the exchange mqtt that is no topic filter", async () => {
    const rig = await aRig();
    await rig.declareQueue("q");

    await expect(rig.bind("mqtt", "q", "a/#/b")).rejects.toThrow("no MQTT topic filter");
    await expect(rig.bind("mqtt", "q", "$SYS/#")).rejects.toThrow("'$'");
  });
});

describe("what MQTT clients publish", () => {
  it("reaches queues bound on amq.topic with dots and on mqtt with the filter, each queue once", async () => {
    const rig = await aRig();
    for (const name of ["dots", "exact", "both"]) await rig.declareQueue(name);
    await rig.bind("amq.topic", "dots", "plant.*.temp");
    await rig.bind("mqtt", "exact", "plant/+/temp");
    await rig.bind("amq.topic", "both", "plant.#");
    await rig.bind("mqtt", "both", "plant/#");

    await rig.publishMqtt("plant/1/temp", "21.5");

    for (const name of ["dots", "exact", "both"]) expect(await rig.drain(name)).toEqual(["21.5"]);
  });

  it("with a dot or a star in a level is matched exactly by the exchange mqtt", async () => {
    const rig = await aRig();
    for (const name of ["exact", "mapped"]) await rig.declareQueue(name);
    await rig.bind("mqtt", "exact", "a.b/*/+");
    await rig.bind("amq.topic", "mapped", "a.b.*.c");

    await rig.publishMqtt("a.b/*/c", "yes");
    await rig.publishMqtt("a/b/*/c", "other");

    expect(await rig.drain("exact")).toEqual(["yes"]);
    expect(await rig.drain("mapped")).toEqual(["yes", "other"]);
  });

  it("below $ is shown to no queue [MQTT-4.7.2-1]", async () => {
    const rig = await aRig();
    await rig.declareQueue("q");
    await rig.bind("amq.topic", "q", "#");
    await rig.bind("mqtt", "q", "#");

    await rig.publishMqtt("$SYS/broker/uptime");

    expect(await rig.drain("q")).toEqual([]);
  });

  it("reaches a queue bound later, although the topic's receivers were remembered before", async () => {
    const rig = await aRig();
    await rig.declareQueue("q");
    await rig.publishMqtt("a/b", "before");
    await rig.bind("amq.topic", "q", "a.b");

    await rig.publishMqtt("a/b", "after");

    expect(await rig.drain("q")).toEqual(["after"]);
  });

  it("goes through exchanges bound to amq.topic", async () => {
    const rig = await aRig();
    await rig.declareExchange("next", "fanout");
    await rig.declareQueue("q");
    await rig.bindExchange("amq.topic", "next", "a.#");
    await rig.bind("next", "q", "");

    await rig.publishMqtt("a/b", "m");

    expect(await rig.drain("q")).toEqual(["m"]);
  });
});

describe("what AMQP clients publish on amq.topic or mqtt", () => {
  it("reaches a queue once that has it by a filter and by way of another exchange", async () => {
    const rig = await aRig();
    await rig.declareExchange("next", "fanout");
    await rig.declareQueue("q");
    await rig.bindExchange("mqtt", "next", "plant/#");
    await rig.bind("next", "q", "");
    for (const filter of ["other/#", "plant/+/temp"]) await rig.bind("mqtt", "q", filter);

    await rig.publish("mqtt", "plant/1/temp", "both");
    await rig.publish("mqtt", "plant/1/level", "by the exchange");
    await rig.publish("mqtt", "other/1", "by the filter");

    expect(await rig.drain("q")).toEqual(["both", "by the exchange", "by the filter"]);
  });

  it.each([
    ["amq.topic", "plant.1.temp"],
    ["mqtt", "plant/1/temp"],
  ])("reaches the queues of both, each once: %s", async (exchange, routingKey) => {
    const rig = await aRig();
    for (const name of ["dots", "exact", "both"]) await rig.declareQueue(name);
    await rig.declareQueue("memory", { durable: false });
    await rig.bind("amq.topic", "dots", "plant.*.temp");
    await rig.bind("mqtt", "exact", "plant/+/temp");
    for (const name of ["both", "memory"]) {
      await rig.bind("amq.topic", name, "plant.#");
      await rig.bind("mqtt", name, "plant/#");
    }

    await rig.publish(exchange, routingKey, "21.5");

    for (const name of ["dots", "exact", "both", "memory"]) expect(await rig.drain(name)).toEqual(["21.5"]);
  });

  it("is refused below $, and where the publisher may not write", async () => {
    const rig = await aRig();

    await expect(rig.publish("mqtt", "$SYS/x")).rejects.toThrow("belong to the broker");
    await expect(rig.publish("amq.topic", "forbidden.x")).rejects.toThrow("refused");
  });

  it.each(["", "a.+", "a.#"])(
    "with the key %j, which is no topic, reaches queues alone",
    async (routingKey) => {
      const rig = await aRig();
      await rig.declareQueue("q");
      await rig.bind("amq.topic", "q", "#");

      await rig.publish("amq.topic", routingKey, "m");

      expect(await rig.drain("q")).toEqual(["m"]);
    },
  );
});

describe("after a restart", () => {
  it("durable exchanges, queues, bindings and messages are there, others are not", async () => {
    const rig = await aRig();
    await rig.declareExchange("kept", "direct", { arguments: text("alternate-exchange", "amq.fanout") });
    await rig.declareExchange("passing", "direct", { durable: false });
    await rig.declareQueue("kept", { arguments: number("x-max-length", 10) });
    await rig.declareQueue("passing", { durable: false });
    await rig.bind("kept", "kept", "k");
    await rig.bind("passing", "kept", "k");
    await rig.publish("kept", "k", "m");

    const after = await rig.restarted("killed");

    await after.publish("kept", "k", "n");
    expect(await after.drain("kept")).toEqual(["m", "n"]);
    expect(after.refusal(() => after.host.checkQueue("passing", after.owner))).toContain("not-found");
    expect(after.refusal(() => after.host.checkExchange("passing"))).toContain("not-found");
    expect(after.refusal(() => after.declareQueueNow("kept"))).toContain("'x-max-length'");
  });

  it("what was deleted stays deleted", async () => {
    const rig = await aRig();
    await rig.declareExchange("x", "direct");
    await rig.declareQueue("q");
    await rig.bind("x", "q", "k");
    await rig.publish("x", "k", "m");
    await rig.done((waiter, token) => rig.host.deleteExchange("x", false, waiter, token));
    const any = { ifUnused: false, ifEmpty: false };
    await rig.done((waiter, token) => rig.host.deleteQueue("q", any, rig.owner, waiter, token));

    const after = await rig.restarted("killed");

    expect(after.refusal(() => after.host.checkQueue("q", after.owner))).toContain("not-found");
    expect(after.host.bindingCount).toBe(0);
    await after.declareQueue("q");
    expect(await after.drain("q")).toEqual([]);
  });

  it.each([
    ["stopped", false],
    ["killed", true],
  ] as const)(
    "of a broker that was %s, messages nobody had are redelivered: %s",
    async (ending, redelivered) => {
      const rig = await aRig();
      await rig.declareQueue("q");
      await rig.publish("", "q", "m");

      const after = await rig.restarted(ending);

      expect((await after.get("q"))?.redelivered).toBe(redelivered);
    },
  );
});

describe("queues of the configuration", () => {
  it("are there from the start, with their bindings", async () => {
    const queues = {
      exchanges: [{ name: "work", type: "direct" }],
      queues: [
        {
          name: "readings",
          arguments: { "x-max-length": 5 },
          bindings: [
            { exchange: "mqtt", key: "sensors/+/temp" },
            { exchange: "work", key: "readings" },
          ],
        },
      ],
    };
    const rig = await new HostRig({ queues: queues.queues, exchanges: queues.exchanges }).open();

    await rig.publishMqtt("sensors/1/temp", "a");
    await rig.publish("work", "readings", "b");

    expect(await rig.drain("readings")).toEqual(["a", "b"]);
  });

  it("that cannot be are an error that names the key", async () => {
    const rig = new HostRig({ queues: [{ name: "q", bindings: [{ exchange: "nowhere" }] }] });

    await expect(rig.open()).rejects.toThrow("queues.queues.0: no exchange 'nowhere' in vhost '/'");
  });
});

describe("a full queue with x-overflow reject-publish", () => {
  const full = [...number("x-max-length", 1), ...text("x-overflow", "reject-publish")];

  it("refuses AMQP publishers, and the message goes nowhere else it would not have gone", async () => {
    const rig = await aRig();
    await rig.declareQueue("q", { arguments: full });
    await rig.declareQueue("other");
    for (const name of ["q", "other"]) await rig.bind("amq.fanout", name, "");

    expect(await rig.publish("amq.fanout", "", "a")).toBe(PublishResult.Pending | PublishResult.Routed);
    expect((await rig.publish("amq.fanout", "", "b")) & PublishResult.Rejected).toBe(PublishResult.Rejected);

    expect([await rig.drain("q"), await rig.drain("other")]).toEqual([["a"], ["a", "b"]]);
  });

  it("refuses MQTT publishers who can be told, and goes without the message of others", async () => {
    const rig = await aRig();
    await rig.declareQueue("q", { arguments: full });
    await rig.bind("mqtt", "q", "a/#");
    await rig.publishMqtt("a/b", "first");
    const message = aMessage({ topicName: "a/b", payload: Buffer.from("second") });

    expect(rig.router.refusedBy(message, true)).toBeDefined();
    expect(rig.router.refusedBy(message, false)).toBeUndefined();
    await rig.publishMqtt("a/b", "second");

    expect(await rig.drain("q")).toEqual(["first"]);
  });
});

describe("a topic filter bound twice with different arguments", () => {
  const FILTER = "plant/+/temp";
  const one = text("by", "one");
  const two = text("by", "two");

  async function boundTwice(): Promise<HostRig> {
    const rig = await aRig();
    await rig.declareQueue("q");
    await rig.bind("mqtt", "q", FILTER, one);
    await rig.bind("mqtt", "q", FILTER, two);
    return rig;
  }

  it("is one subscription of the routing core: each message arrives once", async () => {
    const rig = await boundTwice();

    await rig.publishMqtt("plant/1/temp", "a");
    await rig.publish("mqtt", "plant/1/temp", "b");

    expect([rig.router.subscriptionCount, rig.host.bindingCount]).toEqual([1, 2]);
    expect(await rig.drain("q")).toEqual(["a", "b"]);
  });

  it("still brings messages when one of the two is unbound", async () => {
    const rig = await boundTwice();

    await rig.unbind("mqtt", "q", FILTER, one);

    await rig.publishMqtt("plant/1/temp", "a");
    await rig.publish("mqtt", "plant/1/temp", "b");
    expect(await rig.drain("q")).toEqual(["a", "b"]);
    expect([rig.router.subscriptionCount, rig.host.showsTopics("q")]).toEqual([1, true]);
  });

  it.each<[string, (rig: HostRig) => Promise<void> | undefined]>([
    [
      "both are unbound",
      (rig) => rig.unbind("mqtt", "q", FILTER, one).then(() => rig.unbind("mqtt", "q", FILTER, two)),
    ],
    [
      "the queue is deleted",
      (rig) => {
        rig.host.deleteQueue("q", { ifUnused: false, ifEmpty: false }, rig.owner, { committed() {} }, 0);
        return undefined;
      },
    ],
  ])("leaves no subscription behind when %s", async (_how, end) => {
    const rig = await boundTwice();

    await end(rig);

    expect([rig.router.subscriptionCount, rig.host.bindingCount]).toEqual([0, 0]);
    expect(rig.host.showsTopics("q")).toBe(false);
  });

  it("is there again after a restart, both times", async () => {
    const after = await (await boundTwice()).restarted("killed");

    await after.unbind("mqtt", "q", FILTER, one);

    await after.publishMqtt("plant/1/temp", "a");
    expect(await after.drain("q")).toEqual(["a"]);
    await after.unbind("mqtt", "q", FILTER, two);
    expect(after.router.subscriptionCount).toBe(0);
  });
});

describe("a dead letter that goes to a topic", () => {
  const deadTo = (exchange: string, key: string): FieldTable => [
    ...text("x-dead-letter-exchange", exchange),
    ...text("x-dead-letter-routing-key", key),
  ];
  const VIEWS = [
    ["amq.topic", "dead.q", true],
    ["amq.topic", "dead.q", false],
    ["mqtt", "dead/q", true],
    ["mqtt", "dead/q", false],
  ] as const;

  it.each(VIEWS)("reaches a queue bound to %s by %s once; durable: %s", async (view, key, durable) => {
    const rig = await aRig();
    await rig.declareQueue("q", { arguments: deadTo("amq.topic", "dead.q") });
    await rig.declareQueue("dead", { durable });
    await rig.bind(view, "dead", key);
    await rig.publish("", "q", "m");

    (await rig.get("q"))?.reject();

    expect(await rig.drain("dead")).toEqual(["m"]);
  });

  it.each(VIEWS)(
    "does not go round by itself through the queue it left, bound to %s by %s; durable: %s",
    async (view, key, durable) => {
      const rig = await aRig();
      const table = [...deadTo("amq.topic", "dead.q"), ...number("x-max-length", 1)];
      await rig.declareQueue("q", { durable, arguments: table });
      await rig.declareQueue("witness");
      await rig.bind(view, "q", key);
      await rig.bind("mqtt", "witness", "dead/#");

      for (const body of ["a", "b", "c"]) await rig.publish("", "q", body);
      await settled();

      expect(await rig.drain("q")).toEqual(["c"]);
      expect(await rig.drain("witness")).toEqual(["a", "b"]);
    },
  );

  it("does not go round by itself through two queues", async () => {
    const rig = await aRig();
    for (const [queue, other] of [
      ["one", "two"],
      ["two", "one"],
    ] as const) {
      const table = [...deadTo("mqtt", `dead/${other}`), ...number("x-max-length", 1)];
      await rig.declareQueue(queue, { arguments: table });
      await rig.bind("mqtt", queue, `dead/${queue}`);
    }

    for (const body of ["a", "b", "c"]) await rig.publish("", "one", body);
    await settled();

    expect([await rig.drain("one"), await rig.drain("two")]).toEqual([["c"], ["b"]]);
  });

  it("comes back to the queue it left when a consumer has rejected it", async () => {
    const rig = await aRig();
    await rig.declareQueue("q", { arguments: deadTo("mqtt", "dead/q") });
    await rig.bind("mqtt", "q", "dead/q");
    await rig.publish("", "q", "again");

    (await rig.get("q"))?.reject();

    expect(await rig.drain("q")).toEqual(["again"]);
  });

  it.each(["mqtt", "amq.topic"])(
    "by way of %s is not retained there, although it was once",
    async (exchange) => {
      const rig = await aRig();
      const key = exchange === "mqtt" ? "dead/letters" : "dead.letters";
      await rig.declareQueue("q", {
        arguments: [...text("x-dead-letter-exchange", exchange), ...text("x-dead-letter-routing-key", key)],
      });
      await rig.declareQueue("dead");
      await rig.bind("mqtt", "q", "a/#");
      await rig.bind("mqtt", "dead", "dead/#");
      await rig.publishMqtt("a/b", "21.5", true);

      (await rig.get("q"))?.reject();

      const letter = await rig.get("dead");
      expect([letter?.message.topicName, letter?.message.payload.toString()]).toEqual([
        "dead/letters",
        "21.5",
      ]);
      expect([...rig.retained]).toEqual([["a/b", "21.5"]]);
    },
  );
});
