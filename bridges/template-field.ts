import type { TemplateInput } from "./template-input.ts";

/** What a placeholder becomes for one message. */
export type TemplateField = (input: TemplateInput) => string;

const PLAIN_FIELDS: ReadonlyMap<string, TemplateField> = new Map<string, TemplateField>([
  ["topic", (input) => input.message.topicName],
  ["topic.dotted", (input) => input.message.topicName.replaceAll("/", ".")],
  ["clientId", (input) => input.message.publisherId],
  ["qos", (input) => String(input.message.qos)],
]);

/** The field a placeholder names; undefined when there is none of that name. */
export function parseField(name: string): TemplateField | undefined {
  return PLAIN_FIELDS.get(name) ?? parseLevel(name) ?? parsePayloadPath(name);
}

function parseLevel(name: string): TemplateField | undefined {
  const digits = /^topic\[(\d{1,5})\]$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const level = Number(digits);
  return (input) => input.topicLevel(level);
}

function parsePayloadPath(name: string): TemplateField | undefined {
  const [root, ...path] = name.split(".");
  if (root !== "payload" || path.length === 0 || path.includes("")) return undefined;
  return (input) => input.payloadField(path);
}
