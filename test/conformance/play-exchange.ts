import { silentLogger } from "../../src/base/logger.ts";
import { startBroker } from "../../src/compose.ts";
import { brokerConfigSchema } from "../../src/config/broker-config.ts";
import type { Exchange, Step } from "./exchange.ts";
import { ExchangeClient } from "./exchange-client.ts";
import { type Identifiers, matches, toBytes } from "./exchange-pattern.ts";

const PINGREQ = Buffer.from("c000", "hex");
const PINGRESP = "d0 00";

/** Starts the whole broker on a free port and plays the steps one after the other; rejects at the first that fails. */
export async function playExchange({ config, steps }: Exchange): Promise<void> {
  const broker = await startBroker(
    brokerConfigSchema.parse({
      data: "unused",
      listeners: [{ type: "tcp", bind: "127.0.0.1:0" }],
      storage: { durability: "memory" },
      ...config,
    }),
    "0.0.0",
    silentLogger,
  );
  const port = Number(/:(\d+)$/.exec(broker.listeners[0] ?? "")?.[1]);
  const clients = new Map<string, ExchangeClient>();
  const identifiers: Identifiers = new Map();
  try {
    for (const [index, step] of steps.entries()) {
      const client = clients.get(step[0]) ?? (await ExchangeClient.connect(port));
      clients.set(step[0], client);
      await play(step, client, identifiers).catch((error: unknown) => {
        throw new Error(`step ${index + 1}, ${step.join(" ")}: ${(error as Error).message}`);
      });
    }
  } finally {
    for (const client of clients.values()) client.vanish();
    await broker.stop();
  }
}

async function play(step: Step, client: ExchangeClient, identifiers: Identifiers): Promise<void> {
  switch (step[1]) {
    case "sends":
      return client.send(toBytes(step[2], identifiers));
    case "gets":
      return see(await client.next(), step[2], identifiers);
    case "gets nothing":
      client.send(PINGREQ);
      return see(await client.next(), PINGRESP, identifiers);
    case "is closed":
      return seeEnd(await client.next());
    case "vanishes":
      return client.vanish();
  }
}

function see(packet: Buffer | undefined, notation: string, identifiers: Identifiers): void {
  if (packet === undefined) throw new Error("the broker closed the connection");
  if (!matches(packet, notation, identifiers)) throw new Error(`${packet.toString("hex")} came`);
}

function seeEnd(packet: Buffer | undefined): void {
  if (packet !== undefined) throw new Error(`${packet.toString("hex")} came`);
}
