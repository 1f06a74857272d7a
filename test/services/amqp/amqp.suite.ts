import { describe } from "vitest";
import { type AmqpSubject, useAmqpRig } from "./amqp-rig.ts";
import { describeConsumers } from "./consumers.suite.ts";
import { describeErrors } from "./errors.suite.ts";
import { describeQueues } from "./queues.suite.ts";
import { describeRestart } from "./restart.suite.ts";
import { describeRouting } from "./routing.suite.ts";
import { describeRpc } from "./rpc.suite.ts";

/** The scripted runs that every client library has to pass. */
export function runAmqpSuite(subject: AmqpSubject): void {
  const rig = useAmqpRig(subject);
  describe("routing", () => describeRouting(rig));
  describe("queues", () => describeQueues(rig));
  describe("consumers", () => describeConsumers(rig));
  describe("requests and replies", () => describeRpc(rig));
  describe("refusals", () => describeErrors(rig));
  describe("a broker that was killed", () => describeRestart(rig));
}
