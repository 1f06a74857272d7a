/** Different counts of acknowledged readings, in order, all before the last reading. */
export function randomMoments(count: number, readings: number): number[] {
  const step = Math.floor(readings / (count + 1));
  return Array.from({ length: count }, (_, n) => n * step + 1 + Math.floor(Math.random() * step));
}
