/** Where one QoS 1 or 2 message stands: the sender of MQTT 5 §4.3. */
export const DeliveryState = {
  /** Never sent, or through. */
  None: 0,
  AwaitingPuback: 1,
  AwaitingPubrec: 2,
  Releasing: 3,
  AwaitingPubcomp: 4,
} as const;
export type DeliveryState = (typeof DeliveryState)[keyof typeof DeliveryState];

/** Packet Identifiers; so far apart two messages would have the same one. */
const PACKET_IDS = 65535;
const FIRST_PLACES = 32;
const NO_PLACES = new Uint8Array(0);

/** 1..65535, the same for the same place in the queue wherever it is computed. */
export function packetIdOf(seq: number): number {
  return 1 + (seq % PACKET_IDS);
}

/**
 * The messages of a session that are sent and not acknowledged, by their place in the queue; the packet id follows from
 * it. Tuned: a byte per message, no hashing; at most 64 KiB, nothing for a session to which nothing is sent.
 *
 *      first             end
 *        [ state | state )      the state of `seq` is at its remainder, in a ring
 */
export class InflightWindow {
  #states = NO_PLACES;
  /** The oldest message that is not acknowledged. */
  #first = 0;
  #end = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Whether a message, of a higher place than all before, can be added: its packet id may still be in use. */
  mayAdd(seq: number): boolean {
    return this.#count === 0 || seq - this.#first < PACKET_IDS;
  }

  /** hot: `mayAdd` was true. */
  add(seq: number, state: DeliveryState): void {
    if (this.#count === 0) this.#first = this.#end = seq;
    if (seq - this.#first >= this.#states.length) this.#grow(seq - this.#first + 1);
    const mask = this.#states.length - 1;
    for (let skipped = this.#end; skipped < seq; skipped++) this.#states[skipped & mask] = DeliveryState.None;
    this.#states[seq & mask] = state;
    this.#end = seq + 1;
    this.#count++;
  }

  /** hot: the place of the message with this packet id; -1: there is none. */
  find(packetId: number): number {
    if (this.#count === 0) return -1;
    const distance = packetId - packetIdOf(this.#first);
    const seq = this.#first + (distance < 0 ? distance + PACKET_IDS : distance);
    return this.stateOf(seq) === DeliveryState.None ? -1 : seq;
  }

  stateOf(seq: number): DeliveryState {
    if (seq < this.#first || seq >= this.#end) return DeliveryState.None;
    return this.#states[seq & (this.#states.length - 1)] as DeliveryState;
  }

  /** For a message that is in the window. */
  advance(seq: number, state: DeliveryState): void {
    this.#states[seq & (this.#states.length - 1)] = state;
  }

  /** hot: for a message that is in the window. */
  remove(seq: number): void {
    const mask = this.#states.length - 1;
    this.#states[seq & mask] = DeliveryState.None;
    this.#count--;
    if (this.#count === 0) this.#first = this.#end;
    else while (this.#states[this.#first & mask] === DeliveryState.None) this.#first++;
  }

  clear(): void {
    this.#states = NO_PLACES;
    this.#first = this.#end = this.#count = 0;
  }

  #grow(places: number): void {
    let length = Math.max(FIRST_PLACES, this.#states.length);
    while (length < places) length *= 2;
    const before = this.#states;
    const after = new Uint8Array(length);
    for (let seq = this.#first; seq < this.#end; seq++) {
      after[seq & (length - 1)] = before[seq & (before.length - 1)] as number;
    }
    this.#states = after;
  }
}
