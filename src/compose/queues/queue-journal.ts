import type { Clock } from "../../base/clock.ts";
import { assert } from "../../base/errors.ts";
import type { Message } from "../../base/message.ts";
import type { CommitWaiter, LaneTarget, QueueJournal } from "../../queues/ports.ts";
import type { Journal } from "../../state/journal.ts";
import type { Queue } from "../../state/queue.ts";
import type { StateMachine } from "../../state/state-machine.ts";

/** The durable changes the queue engine asks for, as operations of the journal. */
export class JournalledQueues implements QueueJournal<Queue> {
  readonly #journal: Journal;
  readonly #machine: StateMachine;
  readonly #clock: Clock;

  constructor(journal: Journal, machine: StateMachine, clock: Clock) {
    this.#journal = journal;
    this.#machine = machine;
    this.#clock = clock;
  }

  declareLane(name: string): Queue {
    if (this.#machine.queue(name) === undefined) {
      this.#journal.append({ type: "declare", name, at: this.#clock.now() });
    }
    const lane = this.#machine.queue(name);
    assert(lane !== undefined, "a queue that was declared is there");
    return lane;
  }

  dropLane({ name }: Queue): void {
    this.#journal.append({ type: "drop", name });
  }

  define(name: string, value: Buffer | undefined, waiter?: CommitWaiter, token?: number): void {
    this.#journal.append({ type: "define", name, value }, waiter, token);
  }

  settle(queue: Queue, seq: number): void {
    this.#journal.append({ type: "settle", queue, seq });
  }

  bury(from: Queue, seq: number, message: Message, targets: readonly LaneTarget<Queue>[]): void {
    this.#journal.append({ type: "bury", from, seq, message, targets });
  }

  requeue(queue: Queue, seq: number, deliveryCount: number): void {
    this.#journal.append({ type: "requeue", queue, seq, deliveryCount });
  }

  mark(queue: Queue, sentEnd: number): void {
    this.#journal.append({ type: "mark", queue, sentEnd });
  }

  whenCommitted(waiter: CommitWaiter, token: number): void {
    this.#journal.whenCommitted(waiter, token);
  }
}
