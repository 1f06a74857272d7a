import { amqpBacklog, amqpTraffic } from "./amqp.js";
import { backlog } from "./backlog.js";
import { idle, reconnect } from "./connections.js";
import { fillRetained, readRetained } from "./retained.js";
import { traffic } from "./traffic.js";

/**
 * What the harness asks of one generator process.
 * @typedef {object} Order
 * @property {string} scenario
 * @property {object} changes Fields of the scenario that differ in this run.
 * @property {keyof typeof tasks} task
 * @property {import("../streams.js").Target & { version: 4 | 5 }} target
 * @property {number} brokerPid
 * @property {number | undefined} metricsPort Of a broker that has `/metrics`.
 * @property {string} folder Where the broker keeps its data.
 * @property {number} seconds
 * @property {number} warmupSeconds
 */

/**
 * Each answers with figures by name: numbers, or undefined where there is none.
 * @type {Record<string, (scenario: any, order: Order) => Promise<Record<string, number | undefined>>>}
 */
export const tasks = {
  traffic,
  fillRetained,
  readRetained,
  backlog,
  idle,
  reconnect,
  amqpTraffic,
  amqpBacklog,
};
