import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import type { Queue } from "../../../src/state/queue.ts";
import type { QueueEntry } from "../../../src/state/records.ts";
import { StateMachine } from "../../../src/state/state-machine.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { readNumbered } from "./numbered-message.ts";

const PAGE = 1000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** The data folder of a broker that does not run, opened as the broker opens it. */
export class StoredState {
  readonly machine: StateMachine;
  /** By topic: the sequence of the retained message. */
  readonly retained = new Map<string, number>();
  readonly corrupt: string[] = [];
  readonly #store: LevelStore;

  static async open(folder: string): Promise<StoredState> {
    const state = new StoredState(folder);
    await state.machine.load();
    return state;
  }

  private constructor(folder: string) {
    this.#store = new LevelStore({ folder, sync: false }, silentLogger);
    this.machine = new StateMachine(this.#store, {
      sessionOpened() {},
      sessionDeleted() {},
      subscribed() {},
      unsubscribed() {},
      retained: ({ topicName, payload }: Message) =>
        this.retained.set(topicName, readNumbered(topicName, payload).sequence),
      corrupt: (what) => this.corrupt.push(what),
    });
  }

  /** The queues whose names begin so. */
  queues(prefix: string): Queue[] {
    return [...this.machine.queues()].filter(({ name }) => name.startsWith(prefix));
  }

  /** All that is on disk of a queue. */
  async *entries(queue: Queue): AsyncGenerator<QueueEntry> {
    let { headSeq } = queue.record();
    for (;;) {
      const page = await this.#store.readEntries(queue, headSeq, queue.nextSeq, PAGE, PAGE_BYTES);
      if (page.length === 0) return;
      yield* page;
      headSeq = (page.at(-1) as QueueEntry).seq + 1;
    }
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
