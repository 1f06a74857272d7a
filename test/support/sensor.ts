import { performance } from "node:perf_hooks";
import type { MqttClient } from "mqtt";
import { connectClient, persistent } from "./mqtt-clients.ts";

const WINDOW = 50;

export interface SensorOptions {
  readonly id: string;
  readonly topicName: string;
  readonly port: number;
  readonly protocolVersion: 4 | 5;
  /** With 2 the session is persistent: without it nobody can promise "exactly once" over a broken connection. */
  readonly qos: 1 | 2;
  /** Called when the broker has taken the responsibility for a reading. */
  acknowledged(): void;
}

/** A publisher of numbered readings; what is not acknowledged when the connection ends, MQTT.js sends again. */
export class Sensor {
  readonly id: string;
  readonly #options: SensorOptions;
  readonly #client: MqttClient;
  #published = 0;
  #acknowledged = 0;
  #goal = 0;
  #isOnline = true;
  #finished: (() => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  static async connect(options: SensorOptions): Promise<Sensor> {
    const { id: clientId, port, protocolVersion, qos } = options;
    const session = qos === 2 ? persistent(protocolVersion) : { protocolVersion };
    const client = await connectClient(`mqtt://127.0.0.1:${port}`, { clientId, ...session });
    return new Sensor(options, client);
  }

  constructor(options: SensorOptions, client: MqttClient) {
    this.id = options.id;
    this.#options = options;
    this.#client = client;
    // "connect" comes after MQTT.js has sent the old readings again: new ones queue up behind them.
    client.on("connect", () => {
      this.#isOnline = true;
      this.#publishMore();
    });
    client.on("close", () => {
      this.#isOnline = false;
    });
  }

  /** Publishes so many readings more; resolves when all are acknowledged. */
  publish(count: number): Promise<void> {
    this.#goal += count;
    return new Promise((resolve, reject) => {
      this.#finished = resolve;
      this.#failed = reject;
      this.#publishMore();
    });
  }

  end(): Promise<void> {
    return this.#client.endAsync(true);
  }

  #publishMore(): void {
    while (this.#isOnline && this.#published < this.#goal && this.#published - this.#acknowledged < WINDOW) {
      this.#published++;
      this.#publishOne(this.#published);
    }
  }

  #publishOne(sequence: number): void {
    const { topicName, qos } = this.#options;
    this.#client.publish(topicName, this.#reading(sequence), { qos }, (error) => {
      if (error) {
        this.#failed?.(new Error(`${this.id}: reading ${sequence}: ${error.message}`));
        return;
      }
      this.#acknowledged++;
      this.#options.acknowledged();
      if (this.#acknowledged === this.#goal) this.#finished?.();
      else this.#publishMore();
    });
  }

  #reading(sequence: number): string {
    return JSON.stringify({
      sensor_id: this.id,
      temperature: 20 + (sequence % 150) / 10,
      location: `${this.#options.topicName.split("/")[1]}/ZoneA`,
      timestamp: new Date(performance.timeOrigin + performance.now()).toISOString(),
      sequence,
    });
  }
}
