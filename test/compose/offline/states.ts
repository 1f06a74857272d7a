import fc from "fast-check";
import { toClientId } from "../../../src/base/ids.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import type { SubscriptionOptions } from "../../../src/base/subscription-options.ts";
import type { Operation } from "../../../src/state/operations.ts";
import type { Queue } from "../../../src/state/queue.ts";
import type { QueueEntry, QueueRecord } from "../../../src/state/records.ts";
import { StateMachine } from "../../../src/state/state-machine.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { filterOf, Loaded, topicOf } from "../../storage/samples.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("", "a/b", 'ü\u0001\n"\\'),
);
const clientIds = ["anna", "bert", "ünal/1", "", "c d"];
const moment = fc.integer({ min: 0, max: 2_000_000_000_000 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));

/** Also of bodies that are stored once for several receivers. */
const payload = fc.oneof(
  bytes,
  fc.integer({ min: 1024, max: 6000 }).map((length) => Buffer.alloc(length, "body")),
);

const properties = fc.record({
  payloadFormatIndicator: fc.constantFrom(undefined, 0 as const, 1 as const),
  contentType: fc.option(text, { nil: undefined }),
  responseTopic: fc.option(text, { nil: undefined }),
  correlationData: fc.option(bytes, { nil: undefined }),
  userProperties: fc.array(fc.tuple(text, text), { maxLength: 3 }),
});

export const message: fc.Arbitrary<Message> = fc.record({
  topicName: fc.constantFrom("a", "a/b", "plant/ü", "$own", "/").map(topicOf),
  payload,
  qos,
  retain: fc.boolean(),
  properties: fc.option(properties, { nil: undefined }),
  publisherId: text.map(toClientId),
  receivedAt: moment,
  expiresAt: fc.oneof(fc.constant(0), moment),
  envelope: fc.option(fc.record({ exchange: text, routingKey: text, header: bytes }), { nil: undefined }),
});

const will = fc.option(fc.record({ message, delayInterval: fc.integer({ min: 0, max: 0xffffffff }) }), {
  nil: undefined,
});
const delivery = fc.record({
  qos,
  retain: fc.boolean(),
  subscriptionIdentifiers: fc.array(fc.integer({ min: 0, max: 268_435_455 }), { maxLength: 3 }),
});
const options: fc.Arbitrary<SubscriptionOptions> = fc.record({
  qos,
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom(0 as const, 1 as const, 2 as const),
  subscriptionIdentifier: fc.nat({ max: 268_435_455 }),
});

const clientId = fc.constantFrom(...clientIds).map(toClientId);

/** What happens to a state, in words that need no object of it. */
export type Step =
  | Extract<Operation, { readonly type: "open" | "close" | "subscribe" | "define" }>
  | {
      readonly type: "publish";
      readonly message: Message;
      readonly to: readonly Receiver[];
      readonly packetId: number;
      readonly retain: boolean;
    }
  | {
      readonly type: "take";
      readonly clientId: string;
      readonly entries: readonly ("settle" | "release" | "requeue" | "keep")[];
    };

interface Receiver {
  readonly clientId: string;
  readonly delivery: QueueEntry["delivery"];
}

const always = fc.constant;

export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: always("open" as const),
    clientId,
    user: text,
    cleanStart: fc.boolean(),
    expiryInterval: fc.integer({ min: 0, max: 0xffffffff }),
    will,
    at: moment,
  }),
  fc.record({
    type: always("close" as const),
    clientId,
    expiryInterval: fc.integer({ min: 0, max: 0xffffffff }),
    keepWill: fc.boolean(),
    sentEnd: fc.nat({ max: 10 }),
    at: moment,
  }),
  fc.record({
    type: always("subscribe" as const),
    clientId,
    topicFilter: fc.constantFrom("#", "a/+", "$share/g/a/#", "plant/ü").map(filterOf),
    options,
  }),
  fc.record({ type: always("define" as const), name: text, value: fc.option(bytes, { nil: undefined }) }),
  {
    weight: 5,
    arbitrary: fc.record({
      type: always("publish" as const),
      message,
      to: fc.uniqueArray(fc.record({ clientId: fc.constantFrom(...clientIds), delivery }), {
        selector: (receiver) => receiver.clientId,
        maxLength: 4,
      }),
      packetId: fc.integer({ min: 1, max: 65_535 }),
      retain: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: always("take" as const),
      clientId: fc.constantFrom(...clientIds),
      entries: fc.array(fc.constantFrom("settle", "release", "requeue", "keep"), { maxLength: 4 }),
    }),
  },
);

/** Plays the steps into the store of a folder and closes it. */
export async function writeState(folder: string, steps: readonly Step[]): Promise<void> {
  const store = new LevelStore({ folder, sync: false }, silentLogger);
  const nothing = (): void => {};
  const machine = new StateMachine(store, {
    sessionOpened: nothing,
    sessionDeleted: nothing,
    subscribed: nothing,
    unsubscribed: nothing,
    retained: nothing,
    defined: nothing,
    corrupt: (what) => {
      throw new Error(what);
    },
  });
  const commit = async (): Promise<void> => {
    machine.freeze();
    await store.commit();
    machine.committed();
  };
  await machine.load();
  machine.apply({ type: "declare", name: "bridge/lake/0", at: 7 });
  for (const next of steps) {
    if (next.type === "take") {
      await commit();
      await takeSome(machine, next);
    } else if (next.type === "publish") machine.apply(published(machine, next));
    else machine.apply(next);
  }
  await commit();
  await store.close();
}

function published(
  machine: StateMachine,
  { message, to, packetId, retain }: Extract<Step, { type: "publish" }>,
): Operation {
  const bridge = machine.queue("bridge/lake/0") as Queue;
  const targets = to.flatMap(({ clientId, delivery }) => {
    const session = machine.session(toClientId(clientId));
    return session === undefined ? [] : [{ queue: session.queue, delivery }];
  });
  const receivedFor = machine.session(toClientId(clientIds[packetId % clientIds.length] as string));
  if (packetId % 2 === 0 && to[0] !== undefined) targets.push({ queue: bridge, delivery: to[0].delivery });
  return { type: "publish", message, targets, retain, receivedFor, packetId, willOf: undefined };
}

async function takeSome(
  machine: StateMachine,
  { clientId, entries }: Extract<Step, { type: "take" }>,
): Promise<void> {
  const queue = machine.session(toClientId(clientId))?.queue;
  if (queue === undefined || queue.count === 0) return;
  await new Promise<void>((resolve) => {
    queue.attach({ committedOnly: false, ready: resolve });
    if (queue.take() !== undefined) throw new Error("nothing is in memory before the first page is read");
  });
  for (const what of entries) {
    const entry = queue.take();
    if (entry === undefined) break;
    const { seq } = entry;
    if (what === "requeue")
      machine.apply({ type: "requeue", queue, seq, deliveryCount: entry.deliveryCount + 1 });
    else if (what !== "keep") machine.apply({ type: what, queue, seq });
  }
  machine.apply({ type: "mark", queue, sentEnd: queue.sentEnd });
  queue.detach();
}

/** All that a folder holds but the numbers and places the store gives by itself. */
export async function readState(folder: string): Promise<object> {
  const store = new LevelStore({ folder, sync: false, isReadOnly: true }, silentLogger);
  const loaded = new Loaded();
  await store.open(loaded);
  const names = new Map(loaded.queues.map((queue) => [queue.id, queue.name]));
  const entries: object[] = [];
  for (const queue of loaded.queues) entries.push(...(await entriesOf(store, queue)));
  await store.close();
  return {
    queues: loaded.queues.map(({ id, headSeq, ...rest }) => ({
      ...rest,
      headSeq: rest.count === 0 ? 0 : headSeq,
    })),
    sessions: loaded.sessions.map(({ queueId, ...rest }) => ({ ...rest, queue: names.get(queueId) })),
    subscriptions: loaded.subscriptions,
    received: loaded.receivedIds,
    retained: loaded.retainedMessages,
    definitions: loaded.definitions,
    corruptions: loaded.corruptions,
    entries,
  };
}

async function entriesOf(store: LevelStore, queue: QueueRecord): Promise<object[]> {
  const entries = await store.readEntries(queue, 0, 1e9, 1e6, 1e9);
  return entries.map(({ seq, message, delivery, deliveryCount, body }) => ({
    queue: queue.name,
    seq,
    message,
    delivery,
    deliveryCount,
    references: body?.references,
  }));
}
