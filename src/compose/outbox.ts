import type { OutboxLane } from "../../bridges/bridge.ts";
import type { Clock } from "../base/clock.ts";
import type { Message } from "../base/message.ts";
import type { QueuedMessage } from "../base/queued-message.ts";
import type { Receiver } from "../routing/router.ts";
import type { Journal } from "../state/journal.ts";
import type { Queue } from "../state/queue.ts";

/** A bridge's lane: a durable queue that hands out what is on disk. */
export class QueueLane implements OutboxLane {
  readonly #queue: Queue;
  readonly #deadLetters: Queue;
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor(queue: Queue, deadLetters: Queue, journal: Journal, clock: Clock) {
    this.#queue = queue;
    this.#deadLetters = deadLetters;
    this.#journal = journal;
    this.#clock = clock;
  }

  get count(): number {
    return this.#queue.count;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  get epoch(): string {
    return this.#queue.createdAt.toString(36);
  }

  get nextSeq(): number {
    return this.#queue.nextSeq;
  }

  attach(ready: () => void): void {
    // Called while an operation is applied: the lane goes to work in a turn of its own.
    let isScheduled = false;
    const inOwnTurn = (): void => {
      isScheduled = false;
      ready();
    };
    this.#queue.attach({
      committedOnly: true,
      ready: () => {
        if (isScheduled) return;
        isScheduled = true;
        setImmediate(inOwnTurn);
      },
    });
  }

  detach(): void {
    this.#queue.detach();
  }

  take(): QueuedMessage | undefined {
    return this.#queue.take();
  }

  settle(queued: QueuedMessage): void {
    this.#journal.append({ type: "settle", queue: this.#queue, seq: queued.seq });
  }

  bury(queued: QueuedMessage, reason: string): boolean {
    if (this.#deadLetters.isFull) return false;
    if (queued.message === undefined) return true;
    this.#journal.append({
      type: "bury",
      from: this.#queue,
      seq: queued.seq,
      message: withReason(queued.message, reason, this.#clock.now()),
      targets: [{ queue: this.#deadLetters, delivery: queued.delivery }],
    });
    return true;
  }
}

/** Says why and when it was given up, in user properties, where an inspection or a later delivery shows it. */
function withReason(message: Message, reason: string, at: number): Message {
  const { properties } = message;
  return {
    ...message,
    properties: {
      payloadFormatIndicator: properties?.payloadFormatIndicator,
      contentType: properties?.contentType,
      responseTopic: properties?.responseTopic,
      correlationData: properties?.correlationData,
      userProperties: [
        ...(properties?.userProperties ?? []),
        ["dead-letter-reason", reason],
        ["dead-letter-time", new Date(at).toISOString()],
      ],
    },
  };
}

/** One mapping of a bridge, as the router sees it: everything that matches goes into a lane of the outbox. */
export class MappingReceiver implements Receiver<Queue> {
  readonly mayRefuse = true;
  /** No client: No Local never applies. */
  readonly id = "";
  readonly #lanes: readonly Queue[];
  readonly #laneOf: (message: Message) => number;

  constructor(lanes: readonly Queue[], laneOf: (message: Message) => number) {
    this.#lanes = lanes;
    this.#laneOf = laneOf;
  }

  queueFor(message: Message): Queue {
    return this.#lanes[this.#laneOf(message)] as Queue;
  }

  /** Never called: `queueFor` always names a queue. */
  deliver(): void {}
}
