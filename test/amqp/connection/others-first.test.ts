import { expect, it } from "vitest";
import { message } from "../../hostile/amqp-frames.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";

const PUBLICATIONS = 100;
const PUBLICATION_MS = 10;

it("A client whose frames take long is read in pieces, and others are answered in between", async () => {
  let handled = 0;
  const broker = await AmqpBroker.open({
    clock: (real) => ({
      now: () => real.now() + handled * PUBLICATION_MS,
      after: (delayMs, task) => real.after(delayMs, task),
    }),
    authorization: { mayPublish: () => ++handled > 0 },
  });
  const [slow, other] = [await broker.connect(), await broker.connect()];
  const publication = message(1, "a", Buffer.from("x"), "amq.topic");
  slow.write(Buffer.concat(Array.from({ length: PUBLICATIONS }, () => publication)));
  other.send(1, { kind: "tx.select" });
  while (other.of("tx.select-ok").length === 0) await new Promise((resolve) => setImmediate(resolve));
  const handledWhenAnswered = handled;
  while (handled < PUBLICATIONS) await new Promise((resolve) => setImmediate(resolve));

  expect(handledWhenAnswered).toBeLessThan(PUBLICATIONS / 2);
});
