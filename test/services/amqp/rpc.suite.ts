import { expect, it } from "vitest";
import type { AmqpRig } from "./amqp-rig.ts";

const DIRECT_REPLY_TO = "amq.rabbitmq.reply-to";

/** Requests with reply-to and correlation-id. */
export function describeRpc(rig: AmqpRig): void {
  it.each([
    ["a queue of the caller's own", false],
    ["direct reply-to", true],
  ])("answers come over %s", async (_title, isDirect) => {
    const service = await rig.client();
    const requests = await service.ownQueue();
    await service.consume(requests);
    const caller = await rig.client();
    const replyTo = isDirect ? DIRECT_REPLY_TO : await caller.ownQueue();
    await caller.consume(replyTo, { noAck: true });

    for (const n of [3, 4]) await caller.send(requests, String(n), { replyTo, correlationId: `call-${n}` });
    for (const request of await service.waitForMessages(2)) {
      const { correlationId = "", replyTo: answerTo = "" } = request.properties;
      await service.send(answerTo, String(Number(request.body) ** 2), { correlationId });
      await service.ack(request);
    }
    const answers = await caller.waitForMessages(2);

    expect(answers.map(({ body, properties }) => [body, properties.correlationId])).toEqual([
      ["9", "call-3"],
      ["16", "call-4"],
    ]);
  });
}
