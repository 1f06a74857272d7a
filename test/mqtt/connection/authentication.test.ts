import { describe, expect, it } from "vitest";
import { PasswordFile } from "../../../src/auth/password-file.ts";
import { hashForScram } from "../../../src/auth/scram-verifier.ts";
import type { AuthExchange, AuthStep, Identity } from "../../../src/mqtt/ports.ts";
import { ScramClient } from "../../auth/scram-client.ts";
import { temporaryFile } from "../../auth/temporary-file.ts";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

/** CONNECT of client "a" with method "m" and data "1", written by hand. */
const CONNECT = "10 16 0004 4d515454 05 02 0000 08 15 0001 6d 16 0001 31 0001 61";

/** What method "m" says to one letter: 1 asks on, 2 is anna, 3 is bert. */
const STEPS: Readonly<Record<string, AuthStep>> = {
  1: { kind: "continue", data: Buffer.from("?") },
  2: { kind: "accepted", user: "anna", data: Buffer.from("!") },
  3: { kind: "accepted", user: "bert", data: Buffer.from("!") },
  p: { kind: "refused", reason: "badUserNameOrPassword", detail: "bad user name or password" },
  n: { kind: "refused", reason: "notAuthorized", detail: "not here" },
};

function methodM(): AuthExchange {
  return {
    next: (data) => {
      const step = STEPS[String(data)];
      if (step === undefined) throw new Error("the method is broken");
      return step;
    },
  };
}

const exchange = (method: string): AuthExchange | undefined => (method === "m" ? methodM() : undefined);

/** AUTH with method "m" and one letter of data. */
function auth(reasonCode: "00" | "18" | "19", letter: string): string {
  return `f0 0a ${reasonCode} 08 15 0001 6d 16 0001 ${Buffer.from(letter).toString("hex")}`;
}

const ASKED = {
  cmd: "auth",
  reasonCode: 0x18,
  properties: { authenticationMethod: "m", authenticationData: Buffer.from("?") },
};
const WELCOME = {
  cmd: "connack",
  reasonCode: 0,
  properties: { authenticationMethod: "m", authenticationData: Buffer.from("!") },
};

/** A client of whom method "m" wants to hear more. */
async function asked(given: Parameters<typeof TestBroker.open>[0] = {}) {
  const broker = await TestBroker.open({ ...given, authorization: { exchange, ...given.authorization } });
  const dialled = broker.dial();
  dialled.client.sendHex(CONNECT);
  expect(await dialled.client.next()).toMatchObject(ASKED);
  return { broker, ...dialled };
}

/** A client that is anna by method "m". */
async function authenticated(given: Parameters<typeof TestBroker.open>[0] = {}) {
  const dialled = await asked(given);
  dialled.client.sendHex(auth("18", "2"));
  expect(await dialled.client.next()).toMatchObject(WELCOME);
  return dialled;
}

describe("enhanced authentication", () => {
  it("asks with AUTH 0x18, and accepts with the method and its last word [MQTT-4.12.0-2], [MQTT-4.12.0-5]", async () => {
    const { client } = await asked();

    client.sendHex(auth("18", "2"));

    expect(await client.next()).toMatchObject(WELCOME);
    expect(await client.ping()).toEqual([]);
  });

  it("asks as often as the method wants", async () => {
    const { client } = await asked();

    client.sendHex(auth("18", "1"));
    expect(await client.next()).toMatchObject(ASKED);
    client.sendHex(auth("18", "2"));

    expect(await client.next()).toMatchObject(WELCOME);
  });

  it("needs no AUTH when the method has heard enough", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });
    const { client } = broker.dial();

    client.sendHex(CONNECT.replace("0001 31", "0001 32"));

    expect(await client.next()).toMatchObject(WELCOME);
  });

  it("makes the client the user the method names, whatever user name CONNECT has", async () => {
    const asking: Identity[] = [];
    const mayPublish = (identity: Identity): boolean => asking.push(identity) > 0;
    const broker = await TestBroker.open({ authorization: { exchange, mayPublish } });
    const properties = { authenticationMethod: "m", authenticationData: Buffer.from("2") };
    const { client } = await broker.connect({ username: "bert", properties });

    client.send(aPublish());
    await client.ping();

    expect(asking).toEqual([{ clientId: "client", user: "anna" }]);
  });

  it("is not begun by the broker: without a method CONNACK has none [MQTT-4.12.0-6]", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });

    const { connack } = await broker.connect();

    expect(connack.reasonCode).toBe(0);
    expect(connack.properties).not.toHaveProperty("authenticationMethod");
    expect(connack.properties).not.toHaveProperty("authenticationData");
  });

  it("ends with 0x8C for a method that is not offered [MQTT-4.12.0-1]", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });
    const { client } = broker.dial();

    client.sendHex(CONNECT.replace("6d", "6e"));

    expect(await client.rest()).toMatchObject([{ cmd: "connack", reasonCode: 0x8c }]);
  });

  it.each([
    ["p", 0x86, "bad user name or password"],
    ["n", 0x87, "not here"],
  ])(
    "that fails ends the connection with its reason: %s [MQTT-4.12.0-4]",
    async (letter, reasonCode, reasonString) => {
      const { client, broker } = await asked();

      client.sendHex(auth("18", letter));

      expect(await client.rest()).toMatchObject([
        { cmd: "connack", reasonCode, sessionPresent: false, properties: { reasonString } },
      ]);
      expect(broker.counters.connectionsRefused).toBe(1);
      expect(broker.mqtt.sessions.count).toBe(0);
    },
  );

  it("whose method fails ends that connection and no other", async () => {
    const { client, broker } = await asked();
    const other = await broker.connect({ clientId: "other" });

    client.sendHex(auth("18", "?"));

    expect(await client.rest()).toEqual([]);
    expect(await other.client.ping()).toEqual([]);
  });

  it("does not make another user of a client with a certificate", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });
    const [anna, bert] = [broker.dial(), broker.dial()];
    for (const { stream } of [anna, bert]) Object.assign(stream, { clientCertificate: { user: "bert" } });

    anna.client.sendHex(CONNECT.replace("0001 31", "0001 32"));
    bert.client.sendHex(CONNECT.replace("0001 31", "0001 33"));

    expect(await anna.client.rest()).toMatchObject([{ cmd: "connack", reasonCode: 0x87 }]);
    expect(await bert.client.next()).toMatchObject(WELCOME);
  });

  it("does not take over a session of another user", async () => {
    const { broker } = await authenticated();
    const { client } = broker.dial();
    client.sendHex(CONNECT);
    await client.next();

    client.sendHex(auth("18", "3"));

    expect(await client.rest()).toMatchObject([{ cmd: "connack", reasonCode: 0x87 }]);
  });

  it.each([
    ["PINGREQ", "c0 00"],
    ["PUBLISH", "30 05 0001 74 00 78"],
    ["SUBSCRIBE", "82 07 0001 00 0001 74 00"],
    ["CONNECT", CONNECT],
  ])("admits nothing but AUTH and DISCONNECT before CONNACK: %s [MQTT-3.1.2-30]", async (_name, bytes) => {
    const { client, broker } = await asked();

    client.sendHex(bytes);

    expect(await client.rest()).toMatchObject([{ cmd: "connack", reasonCode: 0x82 }]);
    expect(broker.counters.messagesReceived[0]).toBe(0);
  });

  it("reads nothing behind CONNECT as part of the exchange before it has asked", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });
    const { client } = broker.dial();

    client.sendHex(`${CONNECT} ${auth("18", "2")}`);

    expect(await client.take(2)).toMatchObject([ASKED, WELCOME]);
  });

  it("is given up by DISCONNECT, which gets no answer", async () => {
    const { client, broker } = await asked();

    client.sendHex("e0 00");

    expect(await client.rest()).toEqual([]);
    expect(broker.mqtt.connectionCount).toBe(0);
    expect(broker.counters.protocolErrors).toBe(0);
  });

  it.each([
    ["another method", auth("18", "2").replace("6d", "6e")],
    ["no method (MQTT 5 §3.15.2.2.2)", "f0 02 18 00"],
    ["nothing at all (MQTT 5 §3.15.2.1)", "f0 00"],
    ["a re-authentication", auth("19", "2")],
    ["a success that is ours to tell", auth("00", "2")],
  ])(
    "breaks the protocol with an AUTH that is no answer with its method but %s [MQTT-4.12.0-3], [MQTT-4.12.0-5]",
    async (_name, bytes) => {
      const { client } = await asked();

      client.sendHex(bytes);

      expect(await client.rest()).toMatchObject([{ cmd: "connack", reasonCode: 0x82 }]);
    },
  );

  it("has as long as CONNECT has, however often the client answers", async () => {
    const { client, broker } = await asked({ options: { connectTimeout: 10 } });

    await broker.clock.advance(8_000);
    client.sendHex(auth("18", "1"));
    expect(await client.next()).toMatchObject(ASKED);
    await broker.clock.advance(4_000);

    expect(await client.rest()).toEqual([]);
    expect(broker.mqtt.connectionCount).toBe(0);
  });

  it("waits for a method that takes its time; what comes meanwhile waits too", async () => {
    let decide: (step: AuthStep) => void = () => {};
    const decision = new Promise<AuthStep>((resolve) => {
      decide = resolve;
    });
    const broker = await TestBroker.open({ authorization: { exchange: () => ({ next: () => decision }) } });
    const { client } = broker.dial();

    client.sendHex(CONNECT);
    await broker.settle();
    expect(client.unread).toEqual([]);
    decide(STEPS[2]!);

    expect(await client.next()).toMatchObject(WELCOME);
  });

  it("sends no AUTH larger than the client accepts, and ends [MQTT-3.1.2-24]", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });
    const { client } = broker.dial();

    client.sendHex("10 1b 0004 4d515454 05 02 0000 0d 15 0001 6d 16 0001 31 27 0000000a 0001 61");

    expect(await client.rest()).toEqual([]);
  });
});

describe("re-authentication", () => {
  it("ends in AUTH 0x00 with the method, and other packets are served meanwhile (MQTT 5 §4.12.1)", async () => {
    const { client } = await authenticated();

    client.sendHex(auth("19", "1"));
    expect(await client.next()).toMatchObject(ASKED);
    await client.subscribe("t");
    client.send(aPublish());
    expect(await client.next()).toMatchObject({ cmd: "publish", topic: "t" });
    client.sendHex(auth("18", "2"));

    expect(await client.next()).toMatchObject({ ...WELCOME, cmd: "auth" });
    expect(await client.ping()).toEqual([]);
  });

  it("may be done again and again", async () => {
    const { client } = await authenticated();

    for (let i = 0; i < 3; i++) {
      client.sendHex(auth("19", "2"));
      expect(await client.next()).toMatchObject({ cmd: "auth", reasonCode: 0 });
    }
  });

  it.each([
    ["fails", "n"],
    ["fails with a wrong password, for which DISCONNECT has no code of its own", "p"],
    ["is another user's", "3"],
  ])("that %s ends the connection with 0x87 [MQTT-4.12.1-2]", async (_name, letter) => {
    const { client } = await authenticated();

    client.sendHex(auth("19", letter));

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x87 }]);
  });

  it("fails when the method is no longer offered [MQTT-4.12.1-2]", async () => {
    let isOffered = true;
    const { client } = await authenticated({
      authorization: { exchange: () => (isOffered ? methodM() : undefined) },
    });
    isOffered = false;

    client.sendHex(auth("19", "2"));

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x87 }]);
  });

  it("publishes the will when it fails", async () => {
    const broker = await TestBroker.open({ authorization: { exchange } });
    const watcher = await broker.connect({ clientId: "watcher" });
    await watcher.client.subscribe("w");
    const properties = { authenticationMethod: "m", authenticationData: Buffer.from("2") };
    const { client } = await broker.connect({ properties, will: { topic: "w", payload: "gone" } as never });

    client.sendHex(auth("19", "n"));

    expect(await watcher.client.next()).toMatchObject({ cmd: "publish", topic: "w" });
  });

  it.each([
    ["another method than CONNECT", auth("19", "2").replace("6d", "6e")],
    ["no method (MQTT 5 §3.15.2.2.2)", "f0 02 19 00"],
    ["an answer to nothing", auth("18", "2")],
    ["a success that is ours to tell", auth("00", "2")],
    ["a second begin before the first has ended", `${auth("19", "1")} ${auth("19", "1")}`],
  ])(
    "breaks the protocol when it is not begun with the method of CONNECT and led to its end: %s [MQTT-4.12.1-1]",
    async (_name, bytes) => {
      const { client } = await authenticated();

      client.sendHex(bytes);

      expect((await client.rest()).at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
    },
  );

  it("breaks the protocol with a second begin after it was asked", async () => {
    const { client } = await authenticated();
    client.sendHex(auth("19", "1"));
    await client.next();

    client.sendHex(auth("19", "1"));

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x82 }]);
  });

  it("that the client does not finish in the time of a CONNECT ends the connection with 0x87", async () => {
    const { client, broker } = await authenticated({ options: { connectTimeout: 10 } });
    await broker.clock.advance(60_000);
    client.sendHex(auth("19", "1"));
    expect(await client.next()).toMatchObject(ASKED);

    await broker.clock.advance(9_000);
    expect(await client.ping()).toEqual([]);
    await broker.clock.advance(3_000);

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x87 }]);
  });
});

describe("SCRAM-SHA-256 over MQTT", () => {
  const METHOD = "SCRAM-SHA-256";
  const withData = (authenticationData: Buffer) => ({ authenticationMethod: METHOD, authenticationData });

  async function broker(): Promise<TestBroker> {
    const line = `anna:${await hashForScram("secret", 20)}\nbert:${await hashForScram("hidden", 20)}\n`;
    const file = await PasswordFile.load(await temporaryFile("passwords", line));
    return TestBroker.open({ authorization: { exchange: (method) => file.exchange(method) } });
  }

  async function dataOf(client: RawClient): Promise<{ reasonCode: number; data: Buffer }> {
    const packet = (await client.next()) as {
      reasonCode: number;
      properties?: { authenticationData?: Buffer };
    };
    return { reasonCode: packet.reasonCode, data: packet.properties?.authenticationData ?? Buffer.alloc(0) };
  }

  async function logIn(client: RawClient, scram: ScramClient): Promise<{ reasonCode: number; data: Buffer }> {
    client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clientId: "a",
      clean: true,
      keepalive: 0,
      properties: withData(scram.first()),
    });
    const { data } = await dataOf(client);
    client.send({ cmd: "auth", reasonCode: 0x18, properties: withData(scram.final(data)) });
    return dataOf(client);
  }

  it("lets the client in, and proves to it that the broker knows the password", async () => {
    const { client } = (await broker()).dial();
    const scram = new ScramClient("anna", "secret");

    const { reasonCode, data } = await logIn(client, scram);

    expect(reasonCode).toBe(0);
    expect(scram.trusts(data)).toBe(true);
  });

  it("refuses a wrong password and an unknown user alike", async () => {
    const opened = await broker();

    const wrong = await logIn(opened.dial().client, new ScramClient("anna", "wrong"));
    const unknown = await logIn(opened.dial().client, new ScramClient("nobody", "secret"));

    expect(wrong).toEqual({ reasonCode: 0x86, data: Buffer.alloc(0) });
    expect(unknown).toEqual(wrong);
  });

  it("re-authenticates the same user, not another one", async () => {
    const { client } = (await broker()).dial();
    await logIn(client, new ScramClient("anna", "secret"));
    const again = new ScramClient("anna", "secret");
    client.send({ cmd: "auth", reasonCode: 0x19, properties: withData(again.first()) });
    client.send({
      cmd: "auth",
      reasonCode: 0x18,
      properties: withData(again.final((await dataOf(client)).data)),
    });
    const { reasonCode, data } = await dataOf(client);
    expect([reasonCode, again.trusts(data)]).toEqual([0, true]);

    const other = new ScramClient("bert", "hidden");
    client.send({ cmd: "auth", reasonCode: 0x19, properties: withData(other.first()) });
    client.send({
      cmd: "auth",
      reasonCode: 0x18,
      properties: withData(other.final((await dataOf(client)).data)),
    });

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x87 }]);
  });
});
