import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PacketType } from "../../../src/mqtt/codec/packets.ts";
import { AckOrder } from "../../../src/mqtt/connection/ack-order.ts";
import { ReasonCode } from "../../../src/mqtt/reason-code.ts";

function anOrder(): { order: AckOrder; written: [packetId: number, reasonCode: number][] } {
  const written: [number, number][] = [];
  const order = new AckOrder({
    writeAck: (_type, packetId, reasonCode) => written.push([packetId, reasonCode]),
  });
  return { order, written };
}

describe("AckOrder", () => {
  it("holds back an acknowledgement that is due behind one that is not (MQTT 5 §4.6)", () => {
    const { order, written } = anOrder();
    const first = order.reserve(PacketType.Puback, 1);
    const second = order.reserve(PacketType.Puback, 2);

    order.settle(second, ReasonCode.NotAuthorized);
    expect(written).toEqual([]);
    order.committed(first);

    expect(written).toEqual([
      [1, 0],
      [2, 0x87],
    ]);
  });

  it("keeps an answer until it is due", () => {
    const { order, written } = anOrder();
    const token = order.reserve(PacketType.Puback, 1);

    order.answer(token, ReasonCode.NoMatchingSubscribers);
    order.committed(token);
    order.committed(token);

    expect(written).toEqual([[1, 0x10]]);
  });

  it("counts what it owes, PUBACKs apart", () => {
    const { order } = anOrder();
    const first = order.reserve(PacketType.Puback, 1);
    order.reserve(PacketType.Pubrec, 2);
    expect([order.waitingCount, order.waitingPubacks]).toEqual([2, 1]);

    order.settle(first, ReasonCode.Success);

    expect([order.waitingCount, order.waitingPubacks]).toEqual([1, 0]);
  });

  it("answers everything once and in order, whatever the order in which it falls due", () => {
    const dueOrders = fc.integer({ min: 1, max: 700 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, i) => i),
        { minLength: count },
      ),
    );

    fc.assert(
      fc.property(dueOrders, fc.integer({ min: 1, max: 50 }), (dueOrder, ahead) => {
        const { order, written } = anOrder();
        const tokens: number[] = [];
        for (const [step, i] of dueOrder.entries()) {
          while (tokens.length < Math.min(dueOrder.length, Math.max(i + 1, step + ahead))) {
            tokens.push(order.reserve(PacketType.Puback, tokens.length + 1));
          }
          order.committed(tokens[i] as number);
        }
        expect(written.map(([packetId]) => packetId)).toEqual(dueOrder.map((_, i) => i + 1));
        expect(order.waitingCount).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
