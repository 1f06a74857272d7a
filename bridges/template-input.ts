import { BrokerError } from "../src/base/errors.ts";
import type { Message } from "../src/base/message.ts";

/** The message does not hold what a template asks for: no retry can help, so the record is poison. */
export class TemplateError extends BrokerError {
  readonly code = "TEMPLATE";
}

/** One message as templates see it: its payload is parsed as JSON at most once, and only when asked for. */
export class TemplateInput {
  readonly message: Message;
  #json: { readonly value: unknown } | undefined;

  constructor(message: Message) {
    this.message = message;
  }

  /** The text between two slashes, counted from 0. */
  topicLevel(level: number): string {
    const text = this.message.topicName.split("/")[level];
    if (text === undefined) throw new TemplateError(`the topic name has no level ${level}`);
    return text;
  }

  /** A string, number or boolean inside the payload; arrays are entered by index (`readings.0`). */
  payloadField(path: readonly string[]): string {
    let value = this.#payload();
    for (const name of path) value = member(value, name);
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw new TemplateError(`the payload holds no text, number or boolean at "${path.join(".")}"`);
  }

  #payload(): unknown {
    this.#json ??= { value: parseJson(this.message.payload) };
    return this.#json.value;
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch (cause) {
    throw new TemplateError("the payload is not JSON", { cause });
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
