import { BrokerError } from "../src/base/errors.ts";
import { parseField, type TemplateField } from "./template-field.ts";
import type { TemplateInput } from "./template-input.ts";

/** A text with placeholders, parsed once when the bridge is created. */
export interface Template {
  /** As it was written. */
  readonly text: string;
  /** True when nothing in it depends on the message. */
  readonly isConstant: boolean;
  /** Throws a TemplateError when the message lacks what the template asks for. */
  render(input: TemplateInput): string;
}

/** The template cannot be parsed; `position` counts characters from 0. */
export class TemplateSyntaxError extends BrokerError {
  readonly code = "TEMPLATE_SYNTAX";
  readonly position: number;

  constructor(detail: string, position: number) {
    super(`${detail} at position ${position}`);
    this.position = position;
  }
}

/**
 * Parses `${topic}`, `${topic[1]}` (a level, from 0), `${topic.dotted}` (`/` becomes `.`), `${clientId}`, `${qos}` and
 * `${payload.a.b}` (payload read as JSON); `$${` stands for `${`. Throws a TemplateSyntaxError.
 */
export function parseTemplate(text: string): Template {
  const parts = [...splitParts(text)];
  const isConstant = parts.every((part) => typeof part === "string");
  return {
    text,
    isConstant,
    render: (input) => {
      let rendered = "";
      for (const part of parts) rendered += typeof part === "string" ? part : part(input);
      return rendered;
    },
  };
}

function* splitParts(text: string): Generator<string | TemplateField> {
  let at = 0;
  for (let open = text.indexOf("${"); open !== -1; open = text.indexOf("${", at)) {
    if (open > at && text[open - 1] === "$") {
      yield `${text.slice(at, open - 1)}\${`;
      at = open + 2;
      continue;
    }
    const close = text.indexOf("}", open);
    if (close === -1) throw new TemplateSyntaxError('placeholder without "}"', open);
    yield text.slice(at, open);
    yield fieldAt(text.slice(open + 2, close), open);
    at = close + 1;
  }
  yield text.slice(at);
}

function fieldAt(name: string, position: number): TemplateField {
  const field = parseField(name);
  if (field) return field;
  const known = "topic, topic[N], topic.dotted, clientId, qos, payload.FIELD";
  throw new TemplateSyntaxError(`unknown placeholder "\${${name}}" (known: ${known})`, position);
}
