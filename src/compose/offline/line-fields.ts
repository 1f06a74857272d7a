import { InputError } from "../../base/errors.ts";

/** The fields of one JSON object of a line; every access checks, and every error names line and field. */
export class LineFields {
  readonly #place: string;
  readonly #prefix: string;
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #known = new Set<string>();

  /** `place` is file and line; `prefix` names the object inside the line. */
  constructor(value: unknown, place: string, prefix = "") {
    this.#place = place;
    this.#prefix = prefix;
    if (!isObject(value))
      throw new InputError(`${place}: ${prefix === "" ? "" : `${prefix}: `}not an object`);
    this.#values = new Map(Object.entries(value));
  }

  has(name: string): boolean {
    const value = this.#take(name);
    return value !== undefined && value !== null;
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value !== "string") throw this.wrong(name, "must be text");
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  integer(name: string, minimum: number, maximum: number): number {
    const value = this.#take(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum) {
      return value;
    }
    throw this.wrong(name, `must be a whole number from ${minimum} to ${maximum}`);
  }

  /** A safe integer of milliseconds, a place in a queue, or a count. */
  count(name: string): number {
    return this.integer(name, 0, Number.MAX_SAFE_INTEGER);
  }

  flag(name: string): boolean {
    const value = this.#take(name);
    if (typeof value !== "boolean") throw this.wrong(name, "must be true or false");
    return value;
  }

  /** Base64, exactly as `Buffer` writes it: what decodes to something else than it says is refused. */
  bytes(name: string): Buffer {
    const text = this.text(name);
    const bytes = Buffer.from(text, "base64");
    if (bytes.toString("base64") !== text) throw this.wrong(name, "must be base64");
    return bytes;
  }

  list(name: string): readonly unknown[] {
    const value = this.#take(name);
    if (!Array.isArray(value)) throw this.wrong(name, "must be a list");
    return value;
  }

  object(name: string): LineFields {
    return new LineFields(this.#take(name), this.#place, this.#path(name));
  }

  /** Every field was asked for: a misspelt one must not be dropped silently. */
  end(): void {
    for (const name of this.#values.keys()) {
      if (!this.#known.has(name)) throw this.wrong(name, "is not a field of this line");
    }
  }

  wrong(name: string, what: string): InputError {
    return new InputError(`${this.#place}: ${this.#path(name)}: ${what}`);
  }

  #take(name: string): unknown {
    this.#known.add(name);
    return this.#values.get(name);
  }

  #path(name: string): string {
    return this.#prefix === "" ? name : `${this.#prefix}.${name}`;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
