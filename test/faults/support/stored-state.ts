import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import type { Queue } from "../../../src/state/queue.ts";
import type { QueueEntry, QueueRecord } from "../../../src/state/records.ts";
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

  /** The same, after giving back the space of deleted queues. */
  static async openAndClear(folder: string): Promise<StoredState> {
    const state = new StoredState(folder);
    const store = state.#store;
    store.onCommitWanted = () => void store.commit();
    await state.machine.load();
    await store.cleared();
    return state;
  }

  private constructor(folder: string) {
    this.#store = new LevelStore({ folder, sync: false }, silentLogger);
    this.machine = new StateMachine(this.#store, {
      sessionOpened() {},
      sessionDeleted() {},
      subscribed() {},
      unsubscribed() {},
      defined() {},
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
  async *entries(queue: QueueRecord): AsyncGenerator<QueueEntry> {
    let { headSeq } = queue;
    for (;;) {
      const page = await this.#store.readEntries(queue, headSeq, queue.nextSeq, PAGE, PAGE_BYTES);
      if (page.length === 0) return;
      yield* page;
      headSeq = (page.at(-1) as QueueEntry).seq + 1;
    }
  }

  /** How many entries are on disk, of a queue that may be gone. */
  async count(queue: QueueRecord): Promise<number> {
    let count = 0;
    for await (const _ of this.entries(queue)) count++;
    return count;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
