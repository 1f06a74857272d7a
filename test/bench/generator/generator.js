// The load generator, a process of its own: node generator.js ORDER, the order as JSON (see tasks.js).
import { allScenarios } from "../scenarios/all.js";
import { tasks } from "./tasks/tasks.js";

const order = JSON.parse(process.argv[2]);
const named = allScenarios.find(({ name }) => name === order.scenario);
console.log(JSON.stringify(await tasks[order.task]({ ...named, ...order.changes }, order)));
process.exit(0); // connections that are still open end here
