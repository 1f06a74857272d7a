import type { Reading } from "../../base/reading.ts";
import type { AmqpCounters } from "../amqp-counters.ts";
import type { Channel } from "../channel/channel.ts";
import type { Confirms } from "../channel/confirms.ts";
import type { Method } from "../codec/methods.generated.ts";
import type { Journal } from "../ports.ts";
import { Hold } from "./hold.ts";

export interface PublisherPacePorts {
  readonly reading: Reading<Hold>;
  readonly journal: Journal;
  readonly counters: AmqpCounters;
  /** Why publishers have to wait; undefined = they need not. */
  alarm(): string | undefined;
  channels(): Iterable<Channel>;
  /** Sent to clients that want to be told. */
  tell(method: Method): void;
}

/** Publications of one channel that are not confirmed yet. */
const MAXIMUM_UNCONFIRMED = 16_384;

/** How fast a publisher may be: confirms its messages and stops reading it for what it would have to wait for. */
export class PublisherPace {
  readonly #ports: PublisherPacePorts;
  #isPublisher = false;
  /** The client was told connection.blocked. */
  #isBlocked = false;
  #ready: Confirms[] = [];
  readonly #flush = (): void => {
    const ready = this.#ready;
    this.#ready = [];
    for (const confirms of ready) {
      const before = confirms.waitingCount;
      confirms.flush();
      this.#ports.counters.confirmed += before - confirms.waitingCount;
    }
    if (this.#ports.reading.isHeldFor(Hold.Unconfirmed)) this.#releaseUnconfirmed();
  };

  constructor(ports: PublisherPacePorts) {
    this.#ports = ports;
  }

  /** hot: a message is about to be published. */
  publishing(): void {
    if (this.#isPublisher) return;
    this.#isPublisher = true;
    this.alarmChanged(this.#ports.alarm());
  }

  /** hot: it was. */
  published({ confirms }: Channel): void {
    const { journal, reading } = this.#ports;
    if (journal.isBehind && !reading.isHeldFor(Hold.Journal)) {
      reading.hold(Hold.Journal);
      journal.whenCaughtUp(() => reading.release(Hold.Journal));
    }
    if (confirms !== undefined && confirms.waitingCount > MAXIMUM_UNCONFIRMED) reading.hold(Hold.Unconfirmed);
  }

  /** All that becomes durable in one event is confirmed together. */
  confirmsReady(confirms: Confirms): void {
    if (this.#ready.push(confirms) === 1) process.nextTick(this.#flush);
  }

  alarmChanged(reason: string | undefined): void {
    if (!this.#isPublisher) return;
    const { reading } = this.#ports;
    if (reason === undefined) {
      reading.release(Hold.Alarm);
      if (this.#isBlocked) this.#ports.tell({ kind: "connection.unblocked" });
      this.#isBlocked = false;
      return;
    }
    reading.hold(Hold.Alarm);
    if (this.#isBlocked) return;
    this.#isBlocked = true;
    this.#ports.tell({ kind: "connection.blocked", reason });
  }

  #releaseUnconfirmed(): void {
    for (const { confirms } of this.#ports.channels()) {
      if (confirms !== undefined && confirms.waitingCount * 2 > MAXIMUM_UNCONFIRMED) return;
    }
    this.#ports.reading.release(Hold.Unconfirmed);
  }
}
