import { QueueCounters } from "../../queues/queue-counters.ts";

/** What is counted of a queue. */
export interface Counted {
  readonly published: number;
  readonly counters: QueueCounters;
}

/** What several queues counted together. */
export class QueueTally implements Counted {
  published = 0;
  readonly counters = new QueueCounters();

  add({ published, counters }: Counted): void {
    this.published += published;
    this.counters.add(counters);
  }
}
