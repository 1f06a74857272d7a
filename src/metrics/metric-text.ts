import type { MetricDefinition } from "./catalogue.ts";

/** A value, and the labels that tell it from the others of its metric. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

/** Writes one metric in Prometheus' text format 0.0.4; what never changes of it is written once. */
export class MetricText {
  readonly #name: string;
  readonly #head: string;

  constructor(name: string, { type, help }: Pick<MetricDefinition, "type" | "help">) {
    this.#name = name;
    this.#head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  }

  write(samples: readonly Sample[]): string {
    let text = this.#head;
    for (const [value, labels] of samples) text += `${this.#name}${writeLabels(labels)} ${value}\n`;
    return text;
  }
}

function writeLabels(labels: Sample[1]): string {
  if (labels === undefined) return "";
  let text = "";
  for (const label in labels) {
    text += `${text === "" ? "{" : ","}${label}="${escapeLabel(labels[label] as string)}"`;
  }
  return `${text}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}
