import type { TopicFilter } from "../base/ids.ts";
import type { GroupQueue } from "./group-source.ts";
import type { Router } from "./router.ts";
import { type GroupMember, SharedGroup, type SharedGroupPorts } from "./shared-group.ts";

export interface SharedGroupsPorts<Q> extends SharedGroupPorts<Q> {
  /** The durable queue of that name, made when there is none. */
  declareQueue(name: string): Q;
  dropQueue(queue: Q): void;
}

/** Which shared subscription is meant: same name and same filter, same group (MQTT 5 §4.8.2). */
export interface GroupKey {
  readonly shareName: string;
  readonly topicFilter: TopicFilter;
}

/** Names of durable group queues begin like this. */
export const GROUP_QUEUE_PREFIX = "share/";

/** Each member clears RETAIN as it asked for. */
const OPTIONS = { qos: 1, noLocal: false, retainAsPublished: true, subscriptionIdentifier: 0 } as const;

/** All shared subscriptions. A group lives as long as it has members, its durable queue too. */
export class SharedGroups<Q extends GroupQueue> {
  readonly #router: Router<Q>;
  readonly #ports: SharedGroupsPorts<Q>;
  readonly #groups = new Map<string, SharedGroup<Q>>();

  constructor(router: Router<Q>, ports: SharedGroupsPorts<Q>) {
    this.#router = router;
    this.#ports = ports;
  }

  /** `isDurable`: the member's session outlives its connection, so the messages must too. */
  join(key: GroupKey, member: GroupMember, isDurable: boolean): SharedGroup<Q> {
    const name = queueName(key);
    const group = this.#groups.get(name) ?? this.#create(name, key);
    if (isDurable && group.queue === undefined) group.useQueue(this.#ports.declareQueue(name));
    group.join(member);
    return group;
  }

  leave(key: GroupKey, member: GroupMember): void {
    const name = queueName(key);
    const group = this.#groups.get(name);
    if (group === undefined) return;
    group.leave(member);
    if (!group.isEmpty) return;
    group.end();
    this.#groups.delete(name);
    this.#router.unsubscribe(group, key.topicFilter);
    if (group.queue !== undefined) this.#ports.dropQueue(group.queue);
  }

  /** Whether a durable queue still has a group; one without is left over from a crash. */
  has(name: string): boolean {
    return this.#groups.has(name);
  }

  #create(name: string, { topicFilter }: GroupKey): SharedGroup<Q> {
    const group = new SharedGroup(this.#ports);
    this.#groups.set(name, group);
    this.#router.subscribe({ receiver: group, topicFilter, options: OPTIONS });
    return group;
  }
}

function queueName({ shareName, topicFilter }: GroupKey): string {
  return `${GROUP_QUEUE_PREFIX}${shareName}/${topicFilter}`;
}
