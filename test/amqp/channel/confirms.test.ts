import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Confirms } from "../../../src/amqp/channel/confirms.ts";

/** What was sent: `+n` basic.ack, `+n*` with multiple, `-n` basic.nack. */
function rig(): { confirms: Confirms; sent: string[]; calls: () => number } {
  const sent: string[] = [];
  let calls = 0;
  const confirms = new Confirms({
    ready: () => {
      calls++;
    },
    acknowledge: (tag, multiple) => sent.push(`+${tag}${multiple ? "*" : ""}`),
    reject: (tag) => sent.push(`-${tag}`),
  });
  return { confirms, sent, calls: () => calls };
}

describe("Confirms of a channel", () => {
  it("confirms many publications with one basic.ack, up to the first that is still pending", () => {
    const { confirms, sent } = rig();
    for (let i = 0; i < 5; i++) confirms.add();

    for (const tag of [1, 2, 3, 5]) confirms.committed(tag);
    confirms.flush();

    expect(sent).toEqual(["+3*"]);
  });

  it("confirms a single one without multiple", () => {
    const { confirms, sent } = rig();
    confirms.committed(confirms.add());
    confirms.flush();

    expect(sent).toEqual(["+1"]);
  });

  it("rejects in between, each by itself", () => {
    const { confirms, sent } = rig();
    for (let i = 0; i < 4; i++) confirms.add();
    confirms.committed(1);
    confirms.rejected(2);
    confirms.committed(3);
    confirms.committed(4);
    confirms.flush();

    expect(sent).toEqual(["+1", "-2", "+4*"]);
  });

  it("stays with a rejection when the rest of the publication becomes durable later", () => {
    const { confirms, sent } = rig();
    confirms.add();
    confirms.rejected(1);
    confirms.committed(1);
    confirms.flush();
    confirms.committed(1);
    confirms.flush();

    expect(sent).toEqual(["-1"]);
  });

  it("asks to be flushed once, however much has become durable", () => {
    const { confirms, calls } = rig();
    for (let i = 0; i < 100; i++) confirms.add();
    for (let tag = 1; tag <= 100; tag++) confirms.committed(tag);

    expect(calls()).toBe(1);
  });

  it("answers every publication once, in order, whatever order they become durable in", () => {
    const order = fc.shuffledSubarray([...Array(200).keys()], { minLength: 200 });
    void fc.assert(
      fc.property(order, fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }), (tags, outcomes) => {
        const answered: number[] = [];
        const confirms = new Confirms({
          ready: (ready) => ready.flush(),
          acknowledge: (tag) => {
            for (let next = answered.length + 1; next <= tag; next++) answered.push(next);
          },
          reject: (tag) => answered.push(tag),
        });
        for (const _ of tags) confirms.add();

        for (const index of tags) {
          if (outcomes[index]) confirms.committed(index + 1);
          else confirms.rejected(index + 1);
        }

        expect(answered).toEqual(tags.map((_, i) => i + 1));
        expect(confirms.waitingCount).toBe(0);
      }),
    );
  });
});
