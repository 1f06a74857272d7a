import type { Random } from "../../simulation/random.ts";
import type { Arrival } from "../../support/amqp-peer.ts";
import type { AmqpLink } from "./amqp-link.ts";

const PADDING = Buffer.alloc(64 * 1024, ".");

/** Sends 1, 2, 3, … to one queue, persistent and with confirms; what was not confirmed before a kill is not sent again. */
export class NumberedPublisher {
  readonly queue: string;
  /** What the broker took responsibility for. */
  readonly confirmed = new Set<number>();
  readonly faults: string[] = [];
  readonly #random: Random;
  readonly #window: number;
  #lastSent = 0;
  #link: AmqpLink | undefined;
  #channel = 0;
  /** Sequence of the message that has delivery tag 1 on this channel, less one. */
  #base = 0;
  #unconfirmed = new Set<number>();
  #isPaused = true;
  #whenIdle: (() => void) | undefined;

  constructor(queue: string, window: number, random: Random) {
    this.queue = queue;
    this.#window = window;
    this.#random = random;
  }

  get sent(): number {
    return this.#lastSent;
  }

  async connect(link: AmqpLink): Promise<void> {
    this.#channel = await link.openChannel((arrival) => this.#arrived(arrival));
    await link.ask(this.#channel, { kind: "confirm.select", noWait: false });
    this.#base = this.#lastSent;
    this.#unconfirmed.clear();
    this.#link = link;
  }

  start(): void {
    this.#isPaused = false;
    this.#fill();
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Pauses and waits until all that was sent is confirmed. */
  async idle(): Promise<void> {
    this.pause();
    if (this.#unconfirmed.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  #fill(): void {
    const link = this.#link;
    while (!this.#isPaused && link?.isOpen && this.#unconfirmed.size < this.#window) {
      const sequence = ++this.#lastSent;
      const padding = this.#random.chance(0.03) ? this.#random.below(PADDING.length) : this.#random.below(40);
      const body = Buffer.concat([Buffer.from(`${sequence} `), PADDING.subarray(0, padding)]);
      this.#unconfirmed.add(sequence);
      link.publish(this.#channel, this.queue, body);
    }
  }

  #arrived({ method }: Arrival): void {
    if (method.kind === "basic.return") this.faults.push(`${this.queue}: a message was returned`);
    if (method.kind === "basic.nack") this.faults.push(`${this.queue}: a message was refused`);
    if (method.kind !== "basic.ack") return;
    const last = this.#base + method.deliveryTag;
    const confirmed = method.multiple ? [...this.#unconfirmed].filter((one) => one <= last) : [last];
    for (const sequence of confirmed) {
      if (!this.#unconfirmed.delete(sequence)) this.faults.push(`${this.queue}: ${sequence} confirmed twice`);
      this.confirmed.add(sequence);
    }
    if (this.#unconfirmed.size === 0) this.#whenIdle?.();
    if (this.#unconfirmed.size * 2 < this.#window) this.#fill();
  }
}

/** What a numbered message says. */
export function sequenceOf(body: Buffer | undefined): number {
  return Number.parseInt(body?.toString("latin1", 0, 12) ?? "", 10);
}
