/** One value of /metrics: of the sample that carries at least these labels. */
export async function readMetric(
  adminPort: number,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const samples = (await response.text())
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((label) => line.includes(label)));
  if (samples.length !== 1) throw new Error(`${samples.length} samples of ${name} {${wanted}}`);
  return Number(samples[0]?.split(" ").at(-1));
}
