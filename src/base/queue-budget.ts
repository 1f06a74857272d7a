/** What many queues may hold together. Raised and lowered by each of them as messages come and go: O(1) per message. */
export class QueueBudget {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  #messages = 0;
  #bytes = 0;

  /** Infinity = no limit. */
  constructor(limits: { readonly maximumMessages: number; readonly maximumBytes: number }) {
    this.maximumMessages = limits.maximumMessages;
    this.maximumBytes = limits.maximumBytes;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing more fits. */
  get isSpent(): boolean {
    return this.#messages >= this.maximumMessages || this.#bytes >= this.maximumBytes;
  }

  /** Negative when messages have gone. */
  add(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }
}
