import type { ByteStream } from "./byte-stream.ts";
import type { Clock } from "./clock.ts";

const SMALLEST_CHUNK_BYTES = 512;
const LARGEST_CHUNK_BYTES = 64 * 1024;
/** A chunk this much larger than what a turn brought is given back. */
const MUCH_LARGER = 8;
/** Payloads from here on are not copied. */
export const BY_REFERENCE_BYTES = 16 * 1024;
/** Unflushed output above this leaves at once instead of at the end of the turn. */
const FLUSH_AT_BYTES = 512 * 1024;

/**
 * Flushes outputs: one that was quiet for a millisecond as soon as the current event is handled, which costs no extra
 * turn of the event loop; a busy one at the end of the turn, when all reads of the turn have added to it.
 */
export class Flusher {
  readonly #clock: Pick<Clock, "now">;
  readonly #quiet = new FlushList();
  readonly #busy = new FlushList();
  /** A chunk that came at this time is being handled: `end` follows and flushes; 0 = none. */
  #handlingSince = 0;
  readonly #flushQuiet = (): void => this.#quiet.flush(this.#clock.now());
  readonly #flushBusy = (): void => this.#busy.flush(this.#clock.now());

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** hot: `end` must follow in the same event, whatever happens in between. `now` in milliseconds since the epoch. */
  begin(now: number): void {
    this.#handlingSince = now;
  }

  /** hot: what the event brought forth leaves now, without a tick of its own. */
  end(): void {
    const since = this.#handlingSince;
    this.#handlingSince = 0;
    this.#quiet.flush(since);
  }

  /** hot: called by an output when it gets its first byte since its last flush. */
  schedule(output: Output): void {
    const since = this.#handlingSince;
    if (output.flushedAt === (since === 0 ? this.#clock.now() : since)) {
      if (this.#busy.add(output)) setImmediate(this.#flushBusy);
    } else if (this.#quiet.add(output) && since === 0) {
      process.nextTick(this.#flushQuiet);
    }
  }
}

/** Outputs that wait for their flush, linked by themselves: nothing is allocated. */
class FlushList {
  #first: Output | undefined;
  #last: Output | undefined;

  /** Returns whether it is the first one since the last flush. */
  add(output: Output): boolean {
    const last = this.#last;
    this.#last = output;
    if (last === undefined) this.#first = output;
    else last.nextToFlush = output;
    return last === undefined;
  }

  flush(now: number): void {
    let output = this.#first;
    this.#first = this.#last = undefined;
    while (output !== undefined) {
      const next: Output | undefined = output.nextToFlush;
      output.nextToFlush = undefined;
      output.flush(now);
      output = next;
    }
  }
}

/** Raised by every flush. */
export interface SentBytes {
  bytesSent: number;
}

/**
 * A connection's output: packets are written one behind the other into a chunk, which leaves in one write per turn.
 *
 *     chunk: [ written before | this turn's packets | free ]
 *                             ^ #start              ^ #end
 *
 * While written bytes are on their way only the free part is used; when the stream has let go of all of them, which is
 * nearly always before `write` returns, the chunk is filled from its beginning again.
 */
export class Output {
  readonly #stream: ByteStream;
  readonly #counters: SentBytes;
  readonly #flusher: Flusher;
  #chunk: Buffer | undefined;
  #start = 0;
  #end = 0;
  #chunkBytes = SMALLEST_CHUNK_BYTES;
  /** Filled chunks and payloads by reference, in order. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #isScheduled = false;
  #isClosed = false;
  /** Something was left in the stream by the last flush. */
  #hasBacklog = false;
  /** Milliseconds since the epoch; 0 = never. */
  flushedAt = 0;
  /** For the flusher only. */
  nextToFlush: Output | undefined;

  constructor(stream: ByteStream, flusher: Flusher, counters: SentBytes) {
    this.#stream = stream;
    this.#counters = counters;
    this.#flusher = flusher;
  }

  /** Bytes the client has not taken yet, those of this turn left out: they had no chance so far. */
  get waitingBytes(): number {
    return this.#hasBacklog ? this.#stream.bufferedBytes : 0;
  }

  /** hot: room for `length` bytes; write them at `position` of the buffer returned, then call `advance`. */
  reserve(length: number): Buffer {
    const chunk = this.#chunk;
    if (chunk !== undefined && this.#end + length <= chunk.length) return chunk;
    return this.#newChunk(length);
  }

  get position(): number {
    return this.#end;
  }

  /** The bytes up to `end` are written. */
  advance(end: number): void {
    this.#end = end;
    this.#changed();
  }

  write(bytes: Uint8Array): void {
    const chunk = this.reserve(bytes.length);
    chunk.set(bytes, this.#end);
    this.advance(this.#end + bytes.length);
  }

  /** Sends these bytes without copying them: they must not change any more. */
  reference(bytes: Buffer): void {
    this.#closePiece();
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.length;
    this.#changed();
  }

  /** `now` in milliseconds since the epoch. */
  flush(now: number): void {
    this.#isScheduled = false;
    this.flushedAt = now;
    this.#send();
  }

  #send(): void {
    if (this.#isClosed) return;
    const chunk = this.#chunk;
    if (this.#pieces.length === 0) {
      if (chunk === undefined || this.#end === this.#start) return;
      this.#stream.write(chunk.subarray(this.#start, this.#end));
      this.#written(this.#end - this.#start);
      return;
    }
    this.#closePiece();
    const pieces = this.#pieces;
    const bytes = this.#pieceBytes;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#stream.cork();
    for (const piece of pieces) this.#stream.write(piece);
    this.#stream.uncork();
    this.#written(bytes);
  }

  #written(bytes: number): void {
    this.#counters.bytesSent += bytes;
    this.#start = this.#end;
    this.#hasBacklog = this.#stream.bufferedBytes > 0;
    if (this.#hasBacklog) return;
    this.#start = this.#end = 0;
    const chunkBytes = this.#chunk?.length ?? 0;
    if (chunkBytes > SMALLEST_CHUNK_BYTES * MUCH_LARGER && bytes * MUCH_LARGER <= chunkBytes) this.#shrink();
  }

  /** Nothing more will be sent. */
  close(): void {
    this.#isClosed = true;
    this.#chunk = undefined;
    this.#pieces = [];
  }

  #changed(): void {
    if (this.#isScheduled) {
      if (this.#pieceBytes > FLUSH_AT_BYTES) this.#send(); // its turn with the flusher still comes
      return;
    }
    this.#isScheduled = true;
    this.#flusher.schedule(this);
  }

  #newChunk(length: number): Buffer {
    if (this.#chunk !== undefined && length <= this.#chunk.length && this.#isFree) {
      this.#start = this.#end = 0;
      return this.#chunk;
    }
    this.#closePiece();
    // More than a chunk in one turn: the next one is larger.
    if (this.#pieces.length > 0) this.#chunkBytes = Math.min(LARGEST_CHUNK_BYTES, this.#chunkBytes * 4);
    this.#chunk = Buffer.allocUnsafe(Math.max(length, this.#chunkBytes));
    this.#start = 0;
    this.#end = 0;
    return this.#chunk;
  }

  /** All of the chunk was written, and the stream has let go of it since. */
  get #isFree(): boolean {
    return this.#start === this.#end && this.#pieces.length === 0 && this.#stream.bufferedBytes === 0;
  }

  #closePiece(): void {
    if (this.#chunk === undefined || this.#end === this.#start) return;
    this.#pieces.push(this.#chunk.subarray(this.#start, this.#end));
    this.#pieceBytes += this.#end - this.#start;
    this.#start = this.#end;
  }

  /** Idle connections hold little memory. */
  #shrink(): void {
    this.#chunkBytes = Math.max(SMALLEST_CHUNK_BYTES, this.#chunkBytes / 4);
    this.#chunk = undefined;
  }
}
