import { connect, type IConnackPacket, type MqttClient } from "mqtt";
import type { IAuthPacket } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import { hashForScram } from "../../../src/auth/scram-verifier.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { startBroker } from "../../../src/compose.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import { ScramClient } from "../../auth/scram-client.ts";
import { temporaryFile } from "../../auth/temporary-file.ts";

const METHOD = "SCRAM-SHA-256";
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The whole broker, which knows anna and what she may do. Resolves with its port. */
async function start(): Promise<number> {
  const passwordFile = await temporaryFile("passwords", `anna:${await hashForScram("secret")}\n`);
  const aclFile = await temporaryFile("acl", "user anna\ntopic readwrite annas/#\n");
  const config = brokerConfigSchema.parse({
    listeners: [{ type: "tcp", bind: "127.0.0.1:0" }],
    storage: { durability: "memory" },
    auth: { anonymous: "never", passwordFile, aclFile },
  });
  const broker = await startBroker(config, "test", silentLogger);
  cleanUps.push(() => broker.stop());
  return Number(/:(\d+)$/.exec(broker.listeners[0] ?? "")?.[1]);
}

/** MQTT.js, which leaves the words of a method to its user. */
function mqttJs(port: number, scram: ScramClient): MqttClient {
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    properties: { authenticationMethod: METHOD, authenticationData: scram.first() },
  });
  client.handleAuth = ({ properties }: IAuthPacket, callback) => {
    const authenticationData = scram.final(properties?.authenticationData as Buffer);
    const answer: IAuthPacket = {
      cmd: "auth",
      reasonCode: 0x18,
      properties: { authenticationMethod: METHOD, authenticationData },
    };
    callback(undefined, answer);
  };
  cleanUps.push(() => client.endAsync(true));
  return client;
}

describe("MQTT.js with SCRAM-SHA-256", () => {
  it("is let in without sending its password, and is the user the permissions name", async () => {
    const scram = new ScramClient("anna", "secret");
    const client = mqttJs(await start(), scram);

    const connack = await new Promise<IConnackPacket>((resolve) => client.once("connect", resolve));
    await client.subscribeAsync("annas/t");
    const arrived = new Promise<string>((resolve) => client.once("message", resolve));
    await client.publishAsync("annas/t", "x", { qos: 1 });

    expect(scram.trusts(connack.properties?.authenticationData as Buffer)).toBe(true);
    expect(await arrived).toBe("annas/t");
    await expect(client.publishAsync("others/t", "x", { qos: 1 })).rejects.toThrow("Not authorized");
  });

  it("is refused with a wrong password", async () => {
    const client = mqttJs(await start(), new ScramClient("anna", "wrong"));

    const error = await new Promise((resolve) => client.once("error", resolve));

    expect(error).toMatchObject({ code: 0x86 });
  });
});
