import { expect, it } from "vitest";
import type { DeclareExchange, Fields } from "../../support/services/amqp-driver.ts";
import type { AmqpRig } from "./amqp-rig.ts";

interface Bound {
  readonly key?: string;
  readonly arguments?: Fields;
  /** Bodies that must come, in this order. */
  readonly receives: readonly string[];
}

interface Published {
  readonly key?: string;
  readonly headers?: Fields;
  readonly body: string;
}

interface RoutingCase {
  readonly title: string;
  readonly type: DeclareExchange["type"];
  readonly queues: readonly Bound[];
  readonly messages: readonly Published[];
}

const cases: readonly RoutingCase[] = [
  {
    title: "a fanout exchange gives every queue each message",
    type: "fanout",
    queues: [{ receives: ["one", "two"] }, { key: "ignored", receives: ["one", "two"] }],
    messages: [{ body: "one" }, { key: "anything", body: "two" }],
  },
  {
    title: "a direct exchange routes by the whole key",
    type: "direct",
    queues: [
      { key: "error", receives: ["disk"] },
      { key: "info", receives: ["started"] },
      { key: "*", receives: [] },
    ],
    messages: [
      { key: "error", body: "disk" },
      { key: "info", body: "started" },
      { key: "debug", body: "noise" },
    ],
  },
  {
    title: "a topic exchange routes by words",
    type: "topic",
    queues: [
      { key: "*.error", receives: ["a.error"] },
      { key: "#.error", receives: ["a.error", "a.b.error", "error"] },
      { key: "a.#", receives: ["a.error", "a.b.error", "a"] },
      { key: "a.*.*", receives: ["a.b.error"] },
      { key: "#", receives: ["a.error", "a.b.error", "error", "a", "c..d"] },
      { key: "c.*.d", receives: ["c..d"] },
    ],
    messages: ["a.error", "a.b.error", "error", "a", "c..d"].map((key) => ({ key, body: key })),
  },
  {
    title: "a headers exchange routes by all or any of the headers",
    type: "headers",
    queues: [
      { arguments: { "x-match": "all", format: "pdf", pages: 2 }, receives: ["both"] },
      { arguments: { "x-match": "any", format: "pdf", pages: 2 }, receives: ["both", "format", "pages"] },
    ],
    messages: [
      { headers: { format: "pdf", pages: 2, extra: true }, body: "both" },
      { headers: { format: "pdf" }, body: "format" },
      { headers: { pages: 2 }, body: "pages" },
      { headers: { format: "zip" }, body: "neither" },
    ],
  },
];

/** Which queues a message comes to, per type of exchange. */
export function describeRouting(rig: AmqpRig): void {
  it.each(cases)("$title", async ({ type, queues, messages }) => {
    const client = await rig.client({ confirms: true });
    const exchange = rig.name();
    await client.declareExchange(exchange, type);
    const names: string[] = [];
    for (const { key = "", arguments: fields = {} } of queues) {
      const queue = await client.ownQueue();
      await client.bind(queue, exchange, key, fields);
      names.push(queue);
    }

    for (const { key = "", body, headers } of messages) {
      await client.publish(exchange, key, body, headers === undefined ? {} : { headers });
    }

    for (const [index, { receives }] of queues.entries()) {
      expect(await allOf(client, names[index]!)).toEqual(receives);
    }
  });

  it("the default exchange gives a queue what names it", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.ownQueue();

    await client.send(queue, "straight");

    expect(await client.get(queue)).toMatchObject({ body: "straight", exchange: "", key: queue });
  });

  it("all properties come as they were sent", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.ownQueue();
    const properties = {
      contentType: "text/plain",
      headers: { text: "grüezi", flag: true, count: 42, nested: { list: [1, "two", false] } },
      deliveryMode: 2,
      priority: 7,
      correlationId: "c-1",
      replyTo: "answers",
      expiration: "60000",
      messageId: "m-1",
      timestamp: 1_700_000_000,
      type: "reading",
      appId: "test",
    } as const;

    await client.send(queue, "körper", properties);
    const message = await client.get(queue);

    expect(message).toMatchObject({ body: "körper", properties });
  });
}

async function allOf(
  client: Awaited<ReturnType<AmqpRig["client"]>>,
  queue: string,
): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (let message = await client.get(queue); message !== null; message = await client.get(queue)) {
    bodies.push(message.body);
  }
  return bodies;
}
