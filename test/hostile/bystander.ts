import { setTimeout as sleep } from "node:timers/promises";
import { type RawClient, tcpClient } from "../support/raw-client.ts";

const PAUSE_MS = 5;

/** What an innocent client saw, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly largest: number;
}

/** A client that asks the broker again and again whether it is there, and notes how long the answer took. */
export class Bystander {
  readonly #client: RawClient;
  readonly #latencies: number[] = [];
  #isRunning = true;
  readonly #done: Promise<void>;

  static async connect(port: number, clientId = "bystander"): Promise<Bystander> {
    const client = await tcpClient(port, 5);
    await client.connect({ clientId });
    return new Bystander(client);
  }

  private constructor(client: RawClient) {
    this.#client = client;
    this.#done = this.#run();
  }

  async stop(): Promise<Latencies> {
    this.#isRunning = false;
    await this.#done;
    await this.#client.disconnect();
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), largest: sorted.at(-1) ?? 0 };
  }

  async #run(): Promise<void> {
    while (this.#isRunning) {
      const start = performance.now();
      await this.#client.ping();
      this.#latencies.push(performance.now() - start);
      await sleep(PAUSE_MS);
    }
  }
}
