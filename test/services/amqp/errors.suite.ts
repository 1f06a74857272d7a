import { expect, it } from "vitest";
import type { AmqpClient } from "./amqp-client.ts";
import { type AmqpRig, refusalOf } from "./amqp-rig.ts";

interface Refusal {
  readonly code: number;
  readonly of: string;
  readonly work: (client: AmqpClient, rig: AmqpRig) => Promise<unknown>;
}

const refusals: readonly Refusal[] = [
  {
    code: 404,
    of: "a passive declaration of what is not there",
    work: (client, rig) => client.countOf(rig.name()),
  },
  { code: 404, of: "consuming from what is not there", work: (client, rig) => client.consume(rig.name()) },
  { code: 404, of: "a get from what is not there", work: (client, rig) => client.get(rig.name()) },
  {
    code: 404,
    of: "a binding to no exchange",
    work: async (client, rig) => client.bind(await client.ownQueue(), rig.name()),
  },
  {
    code: 404,
    of: "a publication to no exchange",
    work: (client, rig) => client.publish(rig.name(), "", "lost"),
  },
  {
    code: 405,
    of: "the exclusive queue of another connection",
    work: async (client, rig) => client.countOf(await (await rig.client()).ownQueue()),
  },
  {
    code: 406,
    of: "another declaration of a queue",
    work: async (client, rig) => {
      const queue = await client.declareQueue(rig.name(), { exclusive: true });
      await client.declareQueue(queue, { exclusive: true, arguments: { "x-max-length": 1 } });
    },
  },
  {
    code: 406,
    of: "another declaration of an exchange",
    work: async (client, rig) => {
      const exchange = rig.name();
      await client.declareExchange(exchange, "fanout");
      await client.declareExchange(exchange, "direct");
    },
  },
  {
    code: 406,
    of: "an expiration that is no number",
    work: async (client) => client.send(await client.ownQueue(), "never", { expiration: "soon" }),
  },
  {
    code: 406,
    of: "an argument of the wrong type",
    work: (client, rig) =>
      client.declareQueue(rig.name(), { exclusive: true, arguments: { "x-message-ttl": "long" } }),
  },
  { code: 403, of: "a name that is reserved", work: (client) => client.declareQueue("amq.mine") },
  {
    code: 403,
    of: "a binding to the default exchange",
    work: async (client) => client.bind(await client.ownQueue(), ""),
  },
  {
    code: 403,
    of: "a consumer beside an exclusive one",
    work: async (client, rig) => {
      const queue = await client.ownQueue();
      await client.consume(queue, { tag: rig.name(), exclusive: true });
      await client.consume(queue, { tag: rig.name() });
    },
  },
];

/** What the server refuses, and with which code. */
export function describeErrors(rig: AmqpRig): void {
  it.each(refusals)("$code for $of", async ({ code, work }) => {
    const client = await rig.client({ confirms: true });

    expect(await refusalOf(work(client, rig))).toBe(code);
  });

  it("406 for a delivery tag that is not known", async () => {
    const client = await rig.client();
    const queue = await client.ownQueue();
    await client.send(queue, "one");
    await client.consume(queue);
    const [message] = await client.waitForMessages(1);
    await client.ack(message!);

    const acknowledgedTwice = client.ack(message!).then(() => client.countOf(queue));

    expect(await refusalOf(acknowledgedTwice)).toBe(406);
  });

  it("goes on in a new channel of a client whose channel was closed", async () => {
    const client = await rig.client({ confirms: true });
    await refusalOf(client.countOf(rig.name()));

    await client.open();

    expect(await client.send(await client.ownQueue(), "again")).toBe("confirmed");
  });

  it("403 for a wrong password", async () => {
    expect(await refusalOf(rig.closedClient({ password: "wrong" }).open())).toBe(403);
  });

  it("530 for a virtual host that is not there", async () => {
    const code = await refusalOf(rig.closedClient({ virtualHost: "nowhere" }).open());

    expect(code).toBe(rig.has("hides why it may not open the virtual host") ? undefined : 530);
  });
}
