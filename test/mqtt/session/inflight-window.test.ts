import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeliveryState, InflightWindow, packetIdOf } from "../../../src/mqtt/session/inflight-window.ts";

const { AwaitingPuback, AwaitingPubrec, Releasing, None } = DeliveryState;

describe("InflightWindow", () => {
  it("finds a message by its packet id, whatever the order of acknowledgement", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("add" as const), gap: fc.nat(40) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), which: fc.nat(1000) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), which: fc.nat(1000) }) },
    );

    fc.assert(
      fc.property(fc.nat(200_000), fc.array(step, { maxLength: 300 }), (start, steps) => {
        const window = new InflightWindow();
        const model = new Map<number, DeliveryState>();
        let next = start;
        for (const each of steps) {
          const seqs = [...model.keys()];
          if (each.kind === "add") {
            next += each.gap;
            window.add(next, AwaitingPubrec);
            model.set(next++, AwaitingPubrec);
          } else if (seqs.length > 0) {
            const seq = seqs[each.which % seqs.length] as number;
            if (each.kind === "remove") window.remove(seq);
            else window.advance(seq, Releasing);
            if (each.kind === "remove") model.delete(seq);
            else model.set(seq, Releasing);
          }
        }

        expect(window.count).toBe(model.size);
        for (let seq = start; seq < next; seq++) {
          expect(window.stateOf(seq)).toBe(model.get(seq) ?? None);
          expect(window.find(packetIdOf(seq))).toBe(model.has(seq) ? seq : -1);
        }
      }),
    );
  });

  it("adds no message whose packet id an unacknowledged one still has [MQTT-2.2.1-4]", () => {
    const window = new InflightWindow();
    window.add(7, AwaitingPuback);

    expect(window.mayAdd(7 + 65534)).toBe(true);
    expect(window.mayAdd(7 + 65535)).toBe(false);
    window.remove(7);
    expect(window.mayAdd(7 + 65535)).toBe(true);
  });

  it("knows its messages when their packet ids begin anew", () => {
    const window = new InflightWindow();
    for (let seq = 65_530; seq < 65_540; seq++) window.add(seq, AwaitingPuback);

    expect(window.find(65_535)).toBe(65_534);
    expect(window.find(1)).toBe(65_535);
    expect(window.find(6)).toBe(-1);
  });
});
