import { Sensor } from "./sensor.ts";

const CITIES = 5;

interface Mark {
  readonly count: number;
  reached(): void;
}

export interface FleetOptions {
  readonly port: number;
  readonly sensors: number;
  readonly qos?: 1 | 2;
}

/** Sensors in several cities, every second one with MQTT 5, the others with MQTT 3.1.1. */
export class SensorFleet {
  readonly #sensors: Sensor[] = [];
  #marks: Mark[] = [];
  #acknowledged = 0;
  #publishing: Promise<unknown> = Promise.resolve();

  static async connect({ port, sensors, qos = 1 }: FleetOptions): Promise<SensorFleet> {
    const fleet = new SensorFleet();
    for (let n = 1; n <= sensors; n++) {
      const sensor = await Sensor.connect({
        id: `S${100 + n}`,
        topicName: `sensors/City${(n % CITIES) + 1}/temp`,
        port,
        protocolVersion: n % 2 === 0 ? 4 : 5,
        qos,
        acknowledged: () => fleet.#count(),
      });
      fleet.#sensors.push(sensor);
    }
    return fleet;
  }

  get ids(): string[] {
    return this.#sensors.map(({ id }) => id);
  }

  /** Readings for which a publisher has its PUBACK or PUBCOMP. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Each sensor publishes so many readings more; resolves when all are acknowledged. */
  async publish(perSensor: number): Promise<void> {
    const publishing = Promise.all(this.#sensors.map((sensor) => sensor.publish(perSensor)));
    this.#publishing = publishing;
    await publishing;
  }

  /** Resolves at the very acknowledgement that makes it so many in all; fails when publishing does. */
  async whenAcknowledged(count: number): Promise<void> {
    if (this.#acknowledged >= count) return;
    const marked = new Promise<void>((reached) => {
      this.#marks.push({ count, reached });
    });
    await Promise.race([marked, this.#publishing.then(() => marked)]);
  }

  async end(): Promise<void> {
    await Promise.all(this.#sensors.map((sensor) => sensor.end()));
  }

  #count(): void {
    this.#acknowledged++;
    for (const { count, reached } of this.#marks) if (this.#acknowledged >= count) reached();
    this.#marks = this.#marks.filter(({ count }) => this.#acknowledged < count);
  }
}
