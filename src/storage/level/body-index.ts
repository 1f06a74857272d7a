import type { Message } from "../../base/message.ts";
import type { SharedBody } from "../../state/records.ts";
import type { BodyRef } from "./keys.ts";

/**
 * The shared bodies that somebody in the process still holds: entries read from different queues must meet in one
 * object, because its `references` is the number that goes to disk. Holds them weakly, so it is bounded by its users.
 */
export class BodyIndex {
  readonly #bodies = new Map<string, WeakRef<SharedBody>>();
  readonly #messages = new WeakMap<SharedBody, Message>();
  readonly #collected = new FinalizationRegistry<string>((name) => {
    if (this.#bodies.get(name)?.deref() === undefined) this.#bodies.delete(name);
  });

  find(ref: BodyRef): SharedBody | undefined {
    return this.#bodies.get(nameOf(ref))?.deref();
  }

  messageOf(body: SharedBody): Message | undefined {
    return this.#messages.get(body);
  }

  add(body: SharedBody, message: Message | undefined): void {
    if (message !== undefined) this.#messages.set(body, message);
    const name = nameOf(body);
    if (this.#bodies.get(name)?.deref() === body) return;
    this.#bodies.set(name, new WeakRef(body));
    this.#collected.register(body, name);
  }
}

function nameOf(ref: BodyRef): string {
  return `${ref.slot}/${ref.queueId}/${ref.seq}`;
}
