import { setTimeout as sleep } from "node:timers/promises";
import { AmqpLink } from "../faults/amqp-kill-loop/amqp-link.ts";

const PAUSE_MS = 5;
const QUEUE = "the bystander's";

/** What an innocent client saw; every message was confirmed and delivered, or `stop` has failed. */
export interface Undisturbed {
  readonly count: number;
  /** Milliseconds from a publication until it is confirmed and delivered. */
  readonly largest: number;
}

/** A client that publishes a persistent message, waits for its confirm and for itself to be delivered it, and again. */
export class AmqpBystander {
  readonly #link: AmqpLink;
  readonly #channel: number;
  readonly #latencies: number[] = [];
  #isRunning = true;
  #awaited: { confirm: boolean; body: string; resolve(): void } | undefined;
  #done: Promise<void> = Promise.resolve();

  static async connect(port: number): Promise<AmqpBystander> {
    const link = await AmqpLink.open(port);
    let arrived: (isConfirm: boolean, body?: string) => void = () => {};
    const channel = await link.openChannel(({ method, body }) => {
      if (method.kind === "basic.ack") arrived(true);
      if (method.kind === "basic.deliver") arrived(false, String(body));
    });
    const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false };
    await link.ask(channel, { kind: "queue.declare", queue: QUEUE, ...flags, arguments: [] });
    await link.ask(channel, { kind: "confirm.select", noWait: false });
    const consume = { noLocal: false, noAck: true, exclusive: false, noWait: false, arguments: [] };
    await link.ask(channel, { kind: "basic.consume", queue: QUEUE, consumerTag: "", ...consume });
    const bystander = new AmqpBystander(link, channel);
    arrived = (isConfirm, body) => bystander.#arrived(isConfirm, body);
    bystander.#done = bystander.#run();
    return bystander;
  }

  private constructor(link: AmqpLink, channel: number) {
    this.#link = link;
    this.#channel = channel;
  }

  async stop(): Promise<Undisturbed> {
    this.#isRunning = false;
    await this.#done;
    const { isOpen } = this.#link;
    this.#link.drop();
    if (!isOpen) throw new Error("the bystander's connection was closed");
    return { count: this.#latencies.length, largest: Math.max(...this.#latencies) };
  }

  async #run(): Promise<void> {
    for (let n = 1; (this.#isRunning || n === 1) && this.#link.isOpen; n++) {
      const start = performance.now();
      await new Promise<void>((resolve) => {
        this.#awaited = { confirm: true, body: String(n), resolve };
        this.#link.publish(this.#channel, QUEUE, Buffer.from(String(n)));
      });
      this.#latencies.push(performance.now() - start);
      await sleep(PAUSE_MS);
    }
  }

  #arrived(isConfirm: boolean, body = ""): void {
    const awaited = this.#awaited;
    if (awaited === undefined) return;
    if (isConfirm) awaited.confirm = false;
    else if (body === awaited.body) awaited.body = "";
    if (!awaited.confirm && awaited.body === "") awaited.resolve();
  }
}
