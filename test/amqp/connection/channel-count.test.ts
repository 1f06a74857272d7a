import { describe, expect, it } from "vitest";
import type { AmqpServer } from "../../../src/amqp/connection/amqp-server.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";

const CLOSE = { kind: "channel.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 } as const;

function counted({ counters }: AmqpServer): number {
  return counters.channelsOpened - counters.channelsClosed;
}

/** What a walk over the connections finds. */
function walked(server: AmqpServer): number {
  return [...server.connections()].reduce((sum, connection) => sum + [...connection.channels()].length, 0);
}

describe("The count of open AMQP channels", () => {
  it("tells what a walk over them would, whichever side closes them", async () => {
    const broker = await AmqpBroker.open();
    const one = await broker.connect();
    const other = await broker.connect();
    await one.openChannel(2);
    await other.openChannel(2);
    const seen = [[counted(broker.server), walked(broker.server)]];
    await one.call(2, CLOSE);
    seen.push([counted(broker.server), walked(broker.server)]);
    await other.declare("no-such-queue", { passive: true });
    other.send(1, { kind: "channel.close-ok" });
    await broker.settle();
    seen.push([counted(broker.server), walked(broker.server)]);
    one.stream.destroy();
    other.stream.destroy();
    await broker.settle();

    expect(seen).toEqual([
      [4, 4],
      [3, 3],
      [2, 2],
    ]);
    expect([counted(broker.server), walked(broker.server)]).toEqual([0, 0]);
  });
});
