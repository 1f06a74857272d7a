import type { Inspection, Query, Subject, Summary } from "../../src/base/inspection.ts";

const EMPTY: Summary = {
  version: "1.2.3",
  problems: [],
  sessions: { total: 0, connected: 0, durable: 0 },
  subscriptions: 0,
  queues: { count: 0, messages: 0, bytes: 0 },
  largestQueue: null,
  retained: { count: 0, messages: 0, bytes: 0 },
  bridges: 0,
};

/** A broker that holds nothing. */
export const nothingToSee: Inspection = {
  summary: async () => EMPTY,
  list: async () => ({ rows: [], cursor: null }),
};

/** Notes what it is asked, and answers what it is told to. */
export class RecordedInspection implements Inspection {
  readonly asked: [Subject, Query][] = [];
  answer: unknown = { rows: [], cursor: null };

  summary(): Promise<Summary> {
    return nothingToSee.summary();
  }

  async list(subject: Subject, query: Query): Promise<never> {
    this.asked.push([subject, query]);
    return this.answer as never;
  }
}
