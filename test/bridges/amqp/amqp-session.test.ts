import { describe, expect, it } from "vitest";
import { AmqpSession } from "../../../bridges/amqp/amqp-session.ts";
import { FakeClock } from "../support/fake-clock.ts";

describe("AMQP session", () => {
  it("ends when no confirm comes in time", async () => {
    const clock = new FakeClock();
    const session = new AmqpSession(clock);

    session.watchConfirms(30_000);
    await clock.advance(29_999);
    expect(session.failure).toBeUndefined();
    await clock.advance(1);

    expect(session.failure).toMatchObject({ message: "no confirm for 30000 ms" });
  });

  it("is not ended once nobody waits for confirms", async () => {
    const clock = new FakeClock();
    const session = new AmqpSession(clock);

    session.watchConfirms(30_000)();
    await clock.advance(60_000);

    expect(session.failure).toBeUndefined();
  });

  it("counts as lost what is published when it is not open", async () => {
    const session = new AmqpSession(new FakeClock());
    const publication = {
      exchange: "",
      routingKey: "r",
      content: Buffer.alloc(0),
      options: {},
      bridgeSeq: "s",
    };

    expect(await session.publish(publication, true)).toEqual({ kind: "lost" });
  });
});
