import { closeIterator, type Database } from "./database.ts";

const MOST_PER_READ = 1000;
const READ_AHEAD_BYTES = 1024 * 1024;

interface ScanRange {
  readonly gte?: Buffer;
  readonly lt?: Buffer;
}

/** Hands over all records of a range in order, a chunk at a time, past the cache. */
export async function* scan(
  database: Database,
  range: ScanRange,
): AsyncGenerator<readonly [key: Buffer, value: Buffer][]> {
  const iterator = database.iterator({ ...range, highWaterMarkBytes: READ_AHEAD_BYTES, fillCache: false });
  try {
    for (;;) {
      const chunk = await iterator.nextv(MOST_PER_READ);
      if (chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    await closeIterator(iterator);
  }
}
