import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onCore } from "../system/machine.js";

const STORE_PEER = fileURLToPath(new URL("../micro/store-peer.js", import.meta.url));
const run = promisify(execFile);

/**
 * How each kind of scenario is measured: a broker runs, `generate` runs a task of the generator against it. A new
 * protocol is a kind (or some) with tasks of its own.
 * @typedef {{ broker: import("../brokers/start.js").Broker, generate: (task: string) => Promise<object> }} Bench
 */
export const kinds = {
  traffic: ({ generate }) => generate("traffic"),
  backlog: ({ generate }) => generate("backlog"),
  idle: ({ generate }) => generate("idle"),
  reconnect: ({ generate }) => generate("reconnect"),
  amqpTraffic: ({ generate }) => generate("amqpTraffic"),
  amqpBacklog: ({ generate }) => generate("amqpBacklog"),
  retainedStorm: async ({ generate }) => ({
    ...(await generate("fillRetained")),
    ...(await generate("readRetained")),
  }),
  async retainedStart({ broker, generate }) {
    const filled = await generate("fillRetained");
    const startMs = await broker.restart();
    return { ...filled, startMs, ...(await generate("readRetained")) };
  },
  async storePeer({ scenario, name }) {
    const command = onCore(0, [process.execPath, STORE_PEER, name, String(scenario.messages)]);
    const { stdout } = await run(command[0], command.slice(1));
    return JSON.parse(stdout);
  },
};
