import type { Random } from "./random.ts";

/** Changes bytes at random: a bit, a byte, a piece out, in, twice, swapped, or a wrong length. */
export function mutate(random: Random, bytes: Buffer, donors: readonly Buffer[]): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) changed = mutateOnce(random, changed, donors);
  return changed;
}

function mutateOnce(random: Random, bytes: Buffer, donors: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(8));
  const before = bytes.subarray(0, at);
  switch (random.below(8)) {
    case 0:
      return withByte(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 1:
      return withByte(bytes, at, () => random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]));
    case 2:
      return Buffer.concat([before, bytes.subarray(end)]);
    case 3:
      return Buffer.concat([before, random.bytes(1 + random.below(8)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([before, bytes.subarray(at, end), bytes.subarray(at)]);
    case 5: {
      const donor = random.pick(donors);
      const from = random.below(donor.length + 1);
      return Buffer.concat([before, donor.subarray(from, from + 1 + random.below(40)), bytes.subarray(end)]);
    }
    case 6:
      return withByte(bytes, 1, (byte) => byte + random.pick([-2, -1, 1, 2]));
    default:
      return Buffer.from(before);
  }
}

function withByte(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const changed = Buffer.from(bytes);
  if (at < changed.length) changed[at] = change(changed[at] as number) & 0xff;
  return changed;
}

/** Sets the Remaining Length to what follows it, so that a change reaches the body's reader. */
export function withTrueLength(bytes: Buffer): Buffer {
  let bodyAt = 1;
  while (bodyAt < Math.min(5, bytes.length) && (bytes[bodyAt] as number) >= 0x80) bodyAt++;
  const body = bytes.subarray(bodyAt + 1);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([bytes.subarray(0, 1), Buffer.from(length), body]);
}

/** The same bytes in one piece, in pieces of random size, or one by one. */
export function inPieces(random: Random, bytes: Buffer): Buffer[] {
  const style = random.below(4);
  if (style < 2) return [bytes];
  const pieces: Buffer[] = [];
  const largest = style === 2 ? 400 : 1;
  if (largest === 1 && bytes.length > 2000) return [bytes];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(largest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
