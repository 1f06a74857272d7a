import { describe, expect, it } from "vitest";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import type { AmqpTestClient } from "../../support/amqp-client.ts";
import { CONVERSATIONS } from "./conversations.ts";
import type { Step } from "./exchange.ts";

const plain = (hex: string): string => hex.replaceAll(" ", "");

async function play(broker: AmqpBroker, client: AmqpTestClient, step: Step): Promise<void> {
  if ("client" in step) {
    client.write(Buffer.from(plain(step.client), "hex"));
    await broker.settle();
    return;
  }
  const received = client.takeReceived().toString("hex");
  if ("server" in step) expect(received).toBe(plain(step.server));
  else if ("serverBegins" in step) expect(received.startsWith(plain(step.serverBegins))).toBe(true);
  else expect([received, client.isEnded]).toEqual(["", true]);
}

describe("AMQP by hand-written bytes", () => {
  it.each(CONVERSATIONS)("$name", async ({ steps }) => {
    const broker = await AmqpBroker.open();
    const client = broker.dial();

    for (const step of steps) await play(broker, client, step);
    await broker.settle();

    expect(client.takeReceived().toString("hex")).toBe("");
  });
});
