import type { Case } from "../script.ts";
import { connections } from "./connections.ts";
import { consuming } from "./consuming.ts";
import { deadLetters } from "./dead-letters.ts";
import { exchanges } from "./exchanges.ts";
import { publishing } from "./publishing.ts";
import { queueArguments } from "./queue-arguments.ts";
import { queues } from "./queues.ts";
import { transactions } from "./transactions.ts";

/** By subject. */
export const subjects: Readonly<Record<string, readonly Case[]>> = {
  queues,
  "arguments of queues": queueArguments,
  "exchanges and bindings": exchanges,
  publishing,
  consuming,
  "dead letters": deadLetters,
  transactions,
  connections,
};
