import { describe, expect, it } from "vitest";
import { PROTOCOL_HEADER } from "../../../src/amqp/codec/frames.ts";
import { fromPlain, toPlain } from "../../../src/amqp/codec/table-values.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import { startOk } from "../../support/amqp-client.ts";

describe("AMQP handshake", () => {
  it("names RabbitMQ's nine extensions and the product that was configured", async () => {
    const broker = await AmqpBroker.open({ options: { product: "RabbitMQ" } });
    const client = await broker.connect();
    const shown = toPlain(client.last("connection.start").serverProperties) as {
      product: string;
      version: string;
      capabilities: object;
    };

    expect(shown.product).toBe("RabbitMQ");
    expect(shown.version).toMatch(/^3\./); // clients that look for RabbitMQ compare its version
    expect(Object.keys(shown.capabilities)).toEqual([
      "publisher_confirms",
      "exchange_exchange_bindings",
      "basic.nack",
      "consumer_cancel_notify",
      "connection.blocked",
      "consumer_priorities",
      "authentication_failure_close",
      "per_consumer_qos",
      "direct_reply_to",
    ]);
  });

  it("takes user name and password as PLAIN and as AMQPLAIN", async () => {
    const seen: string[] = [];
    const broker = await AmqpBroker.open({
      authorization: {
        authenticate: ({ username, password }) => {
          seen.push(`${username}/${password}`);
          return { accepted: true, user: username ?? "" };
        },
      },
    });
    const plain = broker.dial();
    await plain.open({ user: "ann", password: "secret" });
    const table = broker.dial();
    table.write(PROTOCOL_HEADER);
    const response = Buffer.from("\x05LOGINS\0\0\0\x03bob\x08PASSWORDS\0\0\0\x02pw", "latin1");
    table.send(0, { ...startOk(), mechanism: "AMQPLAIN", response } as never);
    await broker.settle();

    expect(seen).toEqual(["ann/secret", "bob/pw"]);
    expect(table.of("connection.tune")).toHaveLength(1);
  });

  it("takes guest with the password guest for nobody in particular, unless there is such a user", async () => {
    const broker = await AmqpBroker.open({
      authorization: {
        authenticate: ({ username }) =>
          username === undefined
            ? { accepted: true, user: "" }
            : { accepted: false, reason: "badUserNameOrPassword" },
      },
    });
    const client = await broker.connect();
    const [connection] = broker.server.connections();

    expect(client.of("connection.open-ok")).toHaveLength(1);
    expect(connection?.user).toBe("");
  });

  it.each([
    { capabilities: ["authentication_failure_close"], code: 403, isEnded: false },
    { capabilities: [], code: undefined, isEnded: true },
  ])("refuses a login with $code for capabilities $capabilities", async ({ capabilities, code, isEnded }) => {
    const broker = await AmqpBroker.open({
      authorization: { authenticate: () => ({ accepted: false, reason: "notAuthorized" }) },
    });
    const client = broker.dial();
    client.write(PROTOCOL_HEADER);
    client.send(0, startOk({ capabilities }));
    await broker.settle();

    expect(client.of("connection.close")[0]?.replyCode).toBe(code);
    expect(client.isEnded).toBe(isEnded);
  });

  it("refuses a mechanism it does not offer with 503", async () => {
    const broker = await AmqpBroker.open();
    const client = broker.dial();
    client.write(PROTOCOL_HEADER);
    client.send(0, { ...startOk(), mechanism: "EXTERNAL" } as never);
    await broker.settle();

    expect(client.last("connection.close")).toMatchObject({ replyCode: 503, classId: 10, methodId: 11 });
  });

  it.each([
    {
      given: { frameMax: 4095 },
      text: "negotiated frame_max = 4095 is lower than the minimum allowed value (4096)",
    },
    {
      given: { frameMax: 0 },
      text: "negotiated frame_max = 0 (no limit) is higher than the maximum allowed value (131072)",
    },
    {
      given: { frameMax: 131_073 },
      text: "negotiated frame_max = 131073 is higher than the maximum allowed value (131072)",
    },
    {
      given: { channelMax: 2048 },
      text: "negotiated channel_max = 2048 is higher than the maximum allowed value (2047)",
    },
    {
      given: { channelMax: 0 },
      text: "negotiated channel_max = 0 (no limit) is higher than the maximum allowed value (2047)",
    },
  ])("refuses to tune to $given with 530", async ({ given, text }) => {
    const broker = await AmqpBroker.open();
    const client = broker.dial();
    await client.open(given);

    expect(client.last("connection.close")).toMatchObject({
      replyCode: 530,
      replyText: `NOT_ALLOWED - ${text}`,
      classId: 10,
      methodId: 31,
    });
  });

  it("refuses an unknown virtual host with 530", async () => {
    const broker = await AmqpBroker.open();
    const client = broker.dial();
    await client.open({ virtualHost: "elsewhere" });

    expect(client.last("connection.close")).toMatchObject({ replyCode: 530, classId: 10, methodId: 40 });
  });

  it("keeps virtual hosts apart", async () => {
    const broker = await AmqpBroker.open({ queues: { virtualHosts: ["/", "team"] } });
    const one = await broker.connect();
    const other = await broker.connect({ virtualHost: "team" });
    await one.declare("q");

    expect(await other.declare("q", { passive: true })).toMatchObject({
      kind: "channel.close",
      replyCode: 404,
    });
  });

  it("takes no frame above 4096 bytes before it is tuned (AMQP 0-9-1 §4.2.3)", async () => {
    const broker = await AmqpBroker.open();
    const client = broker.dial();
    client.write(PROTOCOL_HEADER);
    const clientProperties = fromPlain({ long: "x".repeat(5000) });
    client.send(0, { ...startOk(), clientProperties } as never);
    await broker.settle();

    expect(client.last("connection.close").replyCode).toBe(501);
  });

  it("closes a connection that is not opened in time", async () => {
    const broker = await AmqpBroker.open({ options: { connectTimeout: 10 } });
    const idle = broker.dial();
    await broker.rig.clock.advance(9_000);
    const before = idle.isEnded;
    await broker.rig.clock.advance(2_000);

    expect(before).toBe(false);
    expect(idle.isEnded).toBe(true);
  });

  it("opens no channel above channel-max, and none twice", async () => {
    const broker = await AmqpBroker.open();
    const above = await broker.connect({ channelMax: 2 });
    const twice = await broker.connect();

    expect(await above.ask(3, { kind: "channel.open" })).toEqual([]);
    await twice.ask(1, { kind: "channel.open" });

    expect(above.last("connection.close").replyCode).toBe(530);
    expect(twice.last("connection.close").replyCode).toBe(504);
  });
});
