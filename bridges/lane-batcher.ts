import type { Message } from "../src/base/message.ts";
import type { QueuedMessage } from "../src/base/queued-message.ts";
import type { BridgeRecord, OutboxLane } from "./bridge.ts";
import { TemplateInput } from "./template-input.ts";

export interface LaneBatcherOptions {
  readonly bridgeName: string;
  readonly laneNumber: number;
  readonly maximumRecords: number;
  /** Rough size of a batch; a larger record travels alone. */
  readonly maximumBytes: number;
}

/** Room for headers, key and framing of one record. */
const RECORD_OVERHEAD_BYTES = 128;

/** Takes what a lane holds now, up to the limits of a batch; there is no timer: what came meanwhile is the next batch. */
export class LaneBatcher {
  readonly #lane: OutboxLane;
  readonly #options: LaneBatcherOptions;
  /** Called with an entry that holds no message any more. */
  readonly #hollow: (queued: QueuedMessage) => void;
  #carried: BridgeRecord | undefined;

  constructor(lane: OutboxLane, options: LaneBatcherOptions, hollow: (queued: QueuedMessage) => void) {
    this.#lane = lane;
    this.#options = options;
    this.#hollow = hollow;
  }

  collect(): BridgeRecord[] {
    const records: BridgeRecord[] = [];
    let bytes = 0;
    while (records.length < this.#options.maximumRecords) {
      const record = this.#next();
      if (!record) break;
      bytes += sizeOf(record.message);
      if (records.length > 0 && bytes > this.#options.maximumBytes) {
        this.#carried = record;
        break;
      }
      records.push(record);
    }
    return records;
  }

  #next(): BridgeRecord | undefined {
    const carried = this.#carried;
    this.#carried = undefined;
    if (carried) return carried;
    for (let queued = this.#lane.take(); queued; queued = this.#lane.take()) {
      if (queued.message) return this.#toRecord(queued, queued.message);
      this.#hollow(queued);
    }
    return undefined;
  }

  #toRecord(queued: QueuedMessage, message: Message): BridgeRecord {
    const { bridgeName, laneNumber } = this.#options;
    return {
      queued,
      message,
      input: new TemplateInput(message),
      mapping: queued.delivery.subscriptionIdentifiers[0] ?? 0,
      bridgeSeq: `${bridgeName}/${this.#lane.epoch}/${laneNumber}/${queued.seq}`,
    };
  }
}

function sizeOf(message: Message): number {
  let bytes = message.payload.length + message.topicName.length + RECORD_OVERHEAD_BYTES;
  for (const [name, value] of message.properties?.userProperties ?? []) bytes += name.length + value.length;
  return bytes;
}
