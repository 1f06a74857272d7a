import type { Logger } from "../../base/logger.ts";
import { Refusal } from "../../base/refusal.ts";
import { type Definition, inWords } from "../../queues/definitions.ts";

/** So many lines name what was left out; one more says how many there were. */
const LINES = 20;
/** Nothing is removed from the store: it is tried again at the next start. */
const MESSAGE = "a stored exchange, queue or binding cannot be restored: it is left out, and stays stored";

/** Stored exchanges, queues and bindings that the broker has started without. */
export class LeftOut {
  readonly #logger: Logger;
  #count = 0;
  #lines = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get count(): number {
    return this.#count;
  }

  /** Damaged: `name` is what it was stored under. */
  unreadable(name: string, error: unknown): void {
    this.#count++;
    this.#log({ definition: name, err: error });
  }

  refused(definition: Definition, error: unknown): void {
    this.#count++;
    const why = error instanceof Refusal ? { reason: error.message } : { err: error };
    this.#log({ virtualHost: definition.host, definition: inWords(definition), ...why });
  }

  /** All that belongs to a virtual host which is not configured. */
  withoutHost(virtualHost: string, count: number): void {
    this.#count += count;
    this.#log({ virtualHost, definitions: count, reason: "the virtual host is not in queues.virtualHosts" });
  }

  /** All has been told. */
  end(): void {
    if (this.#lines <= LINES) return;
    const fields = { leftOut: this.#count, named: LINES };
    this.#logger.error(fields, "more stored exchanges, queues and bindings are left out than are named");
  }

  #log(fields: object): void {
    if (++this.#lines <= LINES) this.#logger.error(fields, MESSAGE);
  }
}
