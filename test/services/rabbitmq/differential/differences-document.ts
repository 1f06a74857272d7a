import type { Difference } from "./compare-servers.ts";
import { explanationOf, knownDifferences } from "./known-differences.ts";

const LONGEST_ANSWER = 300;

/** The text of docs/amqp-differences.md: every case in which the answers differ, by reason. */
export function differencesDocument(differences: ReadonlyMap<string, Difference>, played: number): string {
  const sections = knownDifferences.map(({ title, reason }, index) => {
    const rows = [...differences]
      .filter(([name]) => explanationOf(name) === knownDifferences[index])
      .filter(([name]) => !name.includes(" beside MQTT: "))
      .map(([name, { rabbitmq, causeway }]) => `| ${cell(name)} | ${code(rabbitmq)} | ${code(causeway)} |`);
    const table = ["| Case | RabbitMQ | Causeway |", "| --- | --- | --- |", ...rows].join("\n");
    return `## ${title}\n\n${reason}\n\n${table}\n`;
  });
  return `${introduction(played)}\n${sections.join("\n")}`;
}

function introduction(played: number): string {
  return `# Where AMQP 0-9-1 differs from RabbitMQ

${played} scripted exchanges are played against RabbitMQ 3.10 and against Causeway, and everything both answer is
compared: methods in their order, reply codes and texts, counts, \`redelivered\`, properties and headers. This page lists
all that differs; \`test/services/rabbitmq/differential\` fails when it is not true any more, and writes it with
\`WRITE_DIFFERENCES=1\`. Only what the other server did not say is shown.

Not compared: times, names that servers make up, how many confirms travel in one frame, product and version.
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function code(answers: string): string {
  const text = answers.length > LONGEST_ANSWER ? `${answers.slice(0, LONGEST_ANSWER)} …` : answers;
  return `\`${cell(text).replaceAll("`", "'")}\``;
}
