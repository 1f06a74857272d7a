import type { Message } from "../base/message.ts";
import type { QoS } from "../base/qos.ts";
import type { QueueBudget } from "../base/queue-budget.ts";
import type { Delivery, QueuedMessage } from "../base/queued-message.ts";
import { DurableSource, type GroupQueue, type GroupSource, MemorySource } from "./group-source.ts";
import type { Receiver } from "./router.ts";

/** One subscriber of a group, connected or not. */
export interface GroupMember {
  readonly isConnected: boolean;
  /** Whether it can take one more message of QoS 1 now. */
  readonly isReady: boolean;
  /** Whether the rules let it have this message. */
  mayReceive(message: Message): boolean;
  /** QoS 0: at most once, now. */
  deliver(message: Message, delivery: Delivery): void;
  /** QoS 1: calls `settled` or `returned` later, once. */
  take(shared: SharedDelivery): void;
}

/** A message of a group that one of its members has. */
export interface SharedDelivery {
  readonly queued: QueuedMessage;
  /** Acknowledged. */
  settled(): void;
  /** The member went without acknowledging. */
  returned(): void;
}

export interface SharedGroupPorts<Q> {
  settle(queue: Q, seq: number): void;
  now(): number;
  dropped(reason: "receiver_offline" | "queue_full" | "budget_full" | "not_authorized" | "expired"): void;
  /** What may wait in a group without a durable queue. */
  readonly maximumMessages: number;
  /** What all such groups, and others in memory, may hold together; undefined = no limit. */
  readonly memoryBudget?: QueueBudget;
  /** A full durable queue may have messages for it refused. */
  readonly mayRefuse?: boolean;
}

/**
 * The subscribers of one shared subscription (MQTT 5 §4.8.2): each message goes to one of them, in rotation among
 * those that can take it, at QoS 1 at most. What one did not acknowledge when it went goes to another.
 *
 *     router ─▶ queue (durable when a durable session takes part, else in memory) ─▶ member, member, …
 *                 ▲────────────── returned by a member that went ──────────────┘
 */
export class SharedGroup<Q extends GroupQueue> implements Receiver<Q> {
  readonly mayRefuse: boolean;
  /** No Local is not allowed for shared subscriptions [MQTT-3.8.3-4]. */
  readonly id = "";
  readonly #ports: SharedGroupPorts<Q>;
  readonly #members: GroupMember[] = [];
  readonly #memory: MemorySource;
  #durable: DurableSource<Q> | undefined;
  #next = 0;
  #isAttached = false;
  /** Came back from members that went; they go out first. */
  #returned: Given<Q>[] = [];

  constructor(ports: SharedGroupPorts<Q>) {
    this.#ports = ports;
    this.mayRefuse = ports.mayRefuse === true;
    this.#memory = new MemorySource(ports.maximumMessages, ports.memoryBudget);
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  get queue(): Q | undefined {
    return this.#durable?.queue;
  }

  /** From now on messages wait in this queue; what waits in memory goes out first. */
  useQueue(queue: Q): void {
    this.#durable = new DurableSource(queue, this.#ports.settle);
    if (this.#isAttached) this.#durable.attach(() => this.#dispatch());
  }

  join(member: GroupMember): void {
    this.#members.push(member);
    this.memberChanged();
  }

  leave(member: GroupMember): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    this.memberChanged();
  }

  /** A member came or went, or can take more again. */
  memberChanged(): void {
    const isNeeded = this.#members.some((member) => member.isConnected);
    if (isNeeded !== this.#isAttached) this.#attach(isNeeded);
    this.#dispatch();
  }

  // as the router's receiver

  queueFor(_message: Message, qos: QoS): Q | undefined {
    return qos === 0 ? undefined : this.#durable?.queue;
  }

  deliver(message: Message, delivery: Delivery): void {
    if (delivery.qos === 0) {
      const member = this.#pick(message, (candidate) => candidate.isConnected);
      if (member === undefined) this.#ports.dropped("receiver_offline");
      else member.deliver(message, delivery);
      return;
    }
    const loss = this.#memory.lossAtLimit();
    if (loss !== undefined) {
      this.#ports.dropped(loss);
      return;
    }
    this.#memory.push(message, delivery);
    this.#dispatch();
  }

  /** The last member is gone: what waits in memory is given up. */
  end(): void {
    this.#memory.clear();
  }

  /** From a member's delivery: another member gets it (MQTT 5 §4.8.2.1). */
  takeBack(given: Given<Q>): void {
    if (this.#isAttached) this.#returned.push(given);
  }

  #attach(isNeeded: boolean): void {
    this.#isAttached = isNeeded;
    this.#returned = []; // all of it comes again from where it waits
    for (const source of [this.#memory, this.#durable]) {
      if (isNeeded) source?.attach(() => this.#dispatch());
      else source?.detach();
    }
  }

  #dispatch(): void {
    while (this.#isAttached && this.#members.some((member) => member.isReady)) {
      const given = this.#returned.shift() ?? this.#take(this.#memory) ?? this.#take(this.#durable);
      if (given === undefined) return;
      this.#give(given);
    }
  }

  #take(source: GroupSource | undefined): Given<Q> | undefined {
    const queued = source?.take();
    return source === undefined || queued === undefined ? undefined : new Given(this, source, queued);
  }

  #give(given: Given<Q>): void {
    const { message } = given.queued;
    if (message === undefined || (message.expiresAt !== 0 && message.expiresAt <= this.#ports.now())) {
      given.settled();
      this.#ports.dropped("expired");
      return;
    }
    const member = this.#pick(message, (candidate) => candidate.isReady);
    if (member !== undefined) {
      member.take(given);
    } else {
      given.settled();
      this.#ports.dropped("not_authorized"); // those that are ready may not have it
    }
  }

  #pick(message: Message, suits: (member: GroupMember) => boolean): GroupMember | undefined {
    const count = this.#members.length;
    for (let i = 0; i < count; i++) {
      const at = (this.#next + i) % count;
      const member = this.#members[at] as GroupMember;
      if (!suits(member) || !member.mayReceive(message)) continue;
      this.#next = (at + 1) % count;
      return member;
    }
    return undefined;
  }
}

/** A message in the hands of a member. */
class Given<Q extends GroupQueue> implements SharedDelivery {
  readonly queued: QueuedMessage;
  readonly #group: SharedGroup<Q>;
  readonly #source: GroupSource;

  constructor(group: SharedGroup<Q>, source: GroupSource, queued: QueuedMessage) {
    this.#group = group;
    this.#source = source;
    this.queued = queued;
  }

  settled(): void {
    this.#source.settle(this.queued);
  }

  returned(): void {
    this.#group.takeBack(this);
  }
}
