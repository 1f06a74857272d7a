import { z } from "zod";
import { amqpBridge } from "./bridge-amqp.ts";
import { kafkaBridge } from "./bridge-kafka.ts";

/** `bridges:` section. */
export const bridgesSection = z
  .array(z.discriminatedUnion("type", [kafkaBridge, amqpBridge]))
  .superRefine((bridges, context) => {
    const names = new Set<string>();
    for (const [index, { name }] of bridges.entries()) {
      if (names.has(name)) {
        context.addIssue({
          code: "custom",
          path: [index, "name"],
          message: `a second bridge is named ${name}`,
        });
      }
      names.add(name);
    }
  })
  .default([])
  .describe("Where messages are forwarded to; see config/examples/");
