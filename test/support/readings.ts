interface Reading {
  readonly sensor_id: string;
  readonly sequence: number;
}

/** Readings as they arrived at one receiver: in order per sensor, repeats counted and left out. */
export class Readings {
  readonly #bySensor = new Map<string, Set<number>>();
  readonly #bridgeSeqs = new Set<string>();
  #count = 0;
  /** The bridge sent the same record again: its bridge-seq was here before. */
  bridgeRepeats = 0;
  /** A publisher sent a reading again whose acknowledgement it had not got. */
  publisherRepeats = 0;

  /** Different readings. */
  get count(): number {
    return this.#count;
  }

  get repeats(): number {
    return this.bridgeRepeats + this.publisherRepeats;
  }

  add(payload: Buffer, bridgeSeq?: string): void {
    if (bridgeSeq !== undefined && this.#bridgeSeqs.has(bridgeSeq)) {
      this.bridgeRepeats++;
      return;
    }
    if (bridgeSeq !== undefined) this.#bridgeSeqs.add(bridgeSeq);
    const reading: Reading = JSON.parse(payload.toString("utf8"));
    const sequences = this.#sequencesOf(reading.sensor_id);
    if (sequences.has(reading.sequence)) {
      this.publisherRepeats++;
      return;
    }
    sequences.add(reading.sequence);
    this.#count++;
  }

  /** Per sensor, what is not as published; empty when every reading from 1 to `perSensor` came, in order. */
  faults(sensorIds: readonly string[], perSensor: number): string[] {
    return sensorIds.flatMap((sensorId) => {
      const sequences = [...this.#sequencesOf(sensorId)];
      const lost = numbers(perSensor).filter((sequence) => !this.#sequencesOf(sensorId).has(sequence));
      if (lost.length > 0) return [`${sensorId}: lost ${lost.length}, first ${lost[0]}, last ${lost.at(-1)}`];
      const swapped = sequences.findIndex((sequence, index) => sequence !== index + 1);
      if (swapped === -1) return [];
      return [`${sensorId}: ${sequences[swapped]} where ${swapped + 1} was expected`];
    });
  }

  #sequencesOf(sensorId: string): Set<number> {
    const sequences = this.#bySensor.get(sensorId) ?? new Set();
    this.#bySensor.set(sensorId, sequences);
    return sequences;
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
