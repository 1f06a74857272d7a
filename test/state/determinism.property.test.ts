import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toClientId } from "../../src/base/ids.ts";
import { QoS } from "../../src/base/qos.ts";
import type { Operation } from "../../src/state/operations.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { aMessage, filterOf } from "../storage/samples.ts";
import { opening, openRig, pagesArrive, publishTo, type Rig, subscribing, Taker } from "./rig.ts";

const LANE = "bridge/x/0";
const NAMES = [LANE, "session/a", "session/b"] as const;

type Step = Change | Answer;

type Change =
  | { readonly do: "open"; readonly client: string; readonly cleanStart: boolean }
  | { readonly do: "close" | "discard" | "subscribe" | "unsubscribe"; readonly client: string }
  | {
      readonly do: "publish";
      readonly names: readonly string[];
      readonly qos: QoS;
      readonly isLarge: boolean;
      readonly retain: boolean;
      readonly client: string;
    };

/** What a consumer asks for. */
interface Answer {
  readonly do: "settle" | "release";
  readonly name: string;
  readonly at: number;
}

/** What one machine's consumers do between two steps; it must not show in what is stored. */
type Disturbance = "nothing" | "commit" | "attach" | "detach" | "take" | "pages";

const client = fc.constantFrom("a", "b");
const name = fc.constantFrom(...NAMES);
const one = <T extends string>(...what: T[]) => fc.constantFrom(...what);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: one("open"), client, cleanStart: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: one("close", "discard", "subscribe", "unsubscribe"), client }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: one("publish"),
      names: fc.uniqueArray(name),
      qos: fc.constantFrom(QoS.AtLeastOnce, QoS.ExactlyOnce),
      isLarge: fc.boolean(),
      retain: fc.boolean(),
      client,
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: one("settle", "release"), name, at: fc.nat({ max: 9 }) }) },
);
const disturbances = fc.array(
  fc.record({ what: one<Disturbance>("nothing", "commit", "attach", "detach", "take", "pages"), name }),
  { maxLength: 3 },
);

/** One machine, its disk, and the consumers of its queues. */
class Node {
  readonly disk = new MemoryDisk();
  readonly #takers = new Map<string, Taker>();
  #rig: Rig | undefined;

  async start(): Promise<void> {
    this.#rig = await openRig(this.disk);
    this.rig.declare(LANE);
  }

  get rig(): Rig {
    return this.#rig as Rig;
  }

  async disturb(what: Disturbance, queueName: string): Promise<void> {
    const queue = this.rig.machine.queue(queueName);
    if (what === "commit") await this.rig.commit();
    if (what === "pages") await pagesArrive();
    if (what === "attach") this.#attach(queueName, 1);
    if (what === "take") this.#takers.get(queueName)?.ready();
    if (what === "detach") {
      queue?.detach();
      this.#takers.delete(queueName);
    }
  }

  /** A consumer asks for a change only of what it has been shown. */
  async show(queueName: string): Promise<void> {
    await this.rig.commit();
    this.#attach(queueName, Number.POSITIVE_INFINITY)?.ready();
    await pagesArrive();
  }

  #attach(queueName: string, limit: number): Taker | undefined {
    const queue = this.rig.machine.queue(queueName);
    if (queue === undefined) return undefined;
    queue.detach();
    const taker = new Taker(queue, { limit });
    this.#takers.set(queueName, taker);
    return taker;
  }
}

async function apply(next: Step, number: number, node: Node): Promise<void> {
  if ("client" in next) {
    const operation = operationOf(next, number, node.rig);
    if (operation !== undefined) node.rig.apply(operation);
    return;
  }
  const queue = node.rig.machine.queue(next.name);
  if (queue === undefined || queue.nextSeq === 0) return;
  await node.show(next.name);
  node.rig.apply({ type: next.do, queue, seq: next.at % queue.nextSeq });
}

function operationOf(next: Change, number: number, rig: Rig): Operation | undefined {
  const clientId = toClientId(next.client);
  switch (next.do) {
    case "open":
      return opening(next.client, { cleanStart: next.cleanStart, at: number });
    case "close":
      return { type: "close", clientId, expiryInterval: 9, keepWill: true, sentEnd: 0, at: number };
    case "discard":
      return { type: "discard", clientId };
    case "subscribe":
      return subscribing(next.client, "x/#");
    case "unsubscribe":
      return { type: "unsubscribe", clientId, topicFilter: filterOf("x/#") };
    case "publish": {
      const text = `${number}${next.isLarge ? "L".repeat(5_000) : ""}`;
      const queues = next.names.flatMap((queueName) => rig.machine.queue(queueName) ?? []);
      return publishTo(text, next.qos, queues, {
        message: aMessage({ payload: Buffer.from(text), topicName: `t/${number % 3}` }),
        retain: next.retain,
        receivedFor: rig.machine.session(clientId),
        packetId: 1 + (number % 5),
      });
    }
  }
}

/** All that is stored, but for `headSeq`: a hint where to begin reading, which moves as a consumer reads. */
function contentOf({ clients, retained, queues, entries }: MemoryDisk): unknown {
  return {
    clients: [...clients].sort(),
    retained: [...retained].sort(),
    queues: [...queues].map(([key, record]) => [key, { ...record, headSeq: 0 }]).sort(),
    entries: [...entries]
      .map(([key, queue]) => [
        key,
        [...queue.entries].map(([seq, { message, delivery }]) => [seq, message, delivery]),
      ])
      .filter(([, found]) => (found as readonly unknown[]).length > 0)
      .sort(),
  };
}

describe("state machine, twice", () => {
  it("stores the same after the same operations, whatever consumers do in between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, disturbances, disturbances), { maxLength: 40 }),
        async (steps) => {
          const nodes = [new Node(), new Node()] as const;
          for (const node of nodes) await node.start();

          for (const [number, [next, ...disturbing]] of steps.entries()) {
            for (const [i, node] of nodes.entries()) {
              for (const { what, name: queueName } of disturbing[i] ?? [])
                await node.disturb(what, queueName);
              await apply(next, number, node);
            }
          }
          for (const node of nodes) await node.rig.commit();

          expect(contentOf(nodes[0].disk)).toEqual(contentOf(nodes[1].disk));
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});
