import { describe, expect, it } from "vitest";
import { messageHeaders } from "../../../src/amqp/mapping/message-headers.ts";
import { QueueFigures } from "../../../src/compose/queues/queue-figures.ts";
import { type Definition, definitionName, encodeDefinition } from "../../../src/queues/definitions.ts";
import { HostRig } from "../../queues/support/host-rig.ts";

const QUEUE = { kind: "queue", host: "/", autoDelete: false, arguments: [] } as const;
const EXCHANGE = { ...QUEUE, kind: "exchange", type: "direct", internal: false } as const;
const BINDING = { ...QUEUE, kind: "binding", destinationKind: "queue", routingKey: "k" } as const;
const TEXT = { type: "S", value: Buffer.from("no number") } as const;

/** A broker with a queue `q` that holds a message, and what else is on its disk. */
async function stored(...definitions: Definition[]): Promise<HostRig> {
  const rig = await new HostRig().open();
  await rig.declareQueue("q");
  await rig.publish("", "q", "kept");
  for (const definition of definitions) {
    await define(
      rig,
      definitionName(definition, messageHeaders),
      encodeDefinition(definition, messageHeaders),
    );
  }
  return rig;
}

function define(rig: HostRig, name: string, value: Buffer): Promise<void> {
  return rig.done((waiter, token) => rig.journal.append({ type: "define", name, value }, waiter, token));
}

describe("a broker whose store holds what cannot be restored", () => {
  it.each<[string, Definition, string, string]>([
    [
      "a queue with an argument of a wrong type",
      { ...QUEUE, name: "odd", arguments: [{ name: "x-max-length", field: TEXT }] },
      "queue 'odd'",
      "invalid arg 'x-max-length' for queue 'odd' in vhost '/'",
    ],
    [
      "an exchange of an unknown type",
      { ...EXCHANGE, name: "odd", type: "x-unknown" as never },
      "exchange 'odd'",
      "invalid exchange type 'x-unknown'",
    ],
    [
      "an exchange with an argument of a wrong type",
      {
        ...EXCHANGE,
        name: "odd",
        arguments: [{ name: "alternate-exchange", field: { type: "t", value: true } }],
      },
      "exchange 'odd'",
      "invalid arg 'alternate-exchange' for exchange 'odd' in vhost '/'",
    ],
    [
      "a binding of a queue that is gone",
      { ...BINDING, source: "amq.direct", destination: "gone" },
      "binding of queue 'gone' to exchange 'amq.direct' by 'k'",
      "no queue 'gone' in vhost '/'",
    ],
    [
      "a binding to an exchange that is gone",
      { ...BINDING, source: "gone", destinationKind: "exchange", destination: "amq.fanout" },
      "binding of exchange 'amq.fanout' to exchange 'gone' by 'k'",
      "no exchange 'gone' in vhost '/'",
    ],
  ])("starts without %s, and says why", async (_what, definition, named, reason) => {
    const after = await (await stored(definition)).restarted("killed");

    const fields = { virtualHost: "/", definition: named, reason: expect.stringContaining(reason) };
    expect(after.lines.map((line) => line.fields)).toEqual([fields]);
    expect([after.hosts.leftOutCount, await after.drain("q")]).toEqual([1, ["kept"]]);
  });

  it.each([
    ["no JSON", "{"],
    ["of a kind that is not known", JSON.stringify({ kind: "policy", host: "/", arguments: "" })],
  ])("starts without a record that is %s", async (_what, text) => {
    const rig = await stored();
    await define(rig, "queues///policy/odd", Buffer.from(text));

    const after = await rig.restarted("killed");

    expect(after.lines.map(({ fields }) => fields)).toMatchObject([{ definition: "queues///policy/odd" }]);
    expect([after.hosts.leftOutCount, await after.drain("q")]).toEqual([1, ["kept"]]);
  });

  it("has a binding to mqtt again when its virtual host is the first again", async () => {
    const rig = await stored();
    await rig.bind("mqtt", "q", "a/#");

    const second = await rig.restarted("killed", { virtualHosts: ["team", "/"] });
    const first = await second.restarted("killed");

    expect(second.lines.map(({ fields }) => fields)).toEqual([
      {
        virtualHost: "/",
        definition: "binding of queue 'q' to exchange 'mqtt' by 'a/#'",
        reason: "virtual host '/' sees no MQTT topics: the first of queues.virtualHosts does",
      },
    ]);
    expect([second.hosts.leftOutCount, first.hosts.leftOutCount]).toEqual([1, 0]);
    await first.publishMqtt("a/b", "arrives");
    expect(await first.drain("q")).toEqual(["kept", "arrives"]);
  });

  it("keeps the messages of a queue whose virtual host is not configured", async () => {
    const rig = await stored();

    const without = await rig.restarted("killed", { virtualHosts: ["team"] });
    const after = await without.restarted("killed");

    expect(without.lines.map(({ fields }) => fields)).toMatchObject([{ virtualHost: "/", definitions: 1 }]);
    expect(without.hosts.leftOutCount).toBe(1);
    expect(await after.drain("q")).toEqual(["kept"]);
  });

  it("names twenty of them, and tells how many there are", async () => {
    const odd = Array.from({ length: 30 }, (_, i) => ({ ...BINDING, source: "gone", destination: `q${i}` }));

    const after = await (await stored(...odd)).restarted("killed");

    expect(after.lines).toHaveLength(21);
    expect(after.lines.at(-1)?.fields).toEqual({ leftOut: 30, named: 20 });
    expect(new QueueFigures(() => after.hosts, 0).read().leftOut).toBe(30);
  });

  it("logs nothing when all is restored", async () => {
    const after = await (await stored()).restarted("killed");

    expect([after.lines, after.hosts.leftOutCount]).toEqual([[], 0]);
  });
});
