import type { FieldTable } from "../../base/field-table.ts";
import { FieldReader } from "./field-reader.ts";
import { FieldWriter } from "./field-writer.ts";
import { readTable, skipTable } from "./table-reader.ts";
import { writeTable } from "./table-writer.ts";

/** What a publisher says of its message (AMQP 0-9-1, class basic); a property that is not there is absent. */
export interface PropertyValues {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly headers?: FieldTable;
  /** 1 = transient, 2 = persistent. */
  readonly deliveryMode?: number;
  readonly priority?: number;
  readonly correlationId?: string;
  readonly replyTo?: string;
  /** Milliseconds, in decimal digits. */
  readonly expiration?: string;
  readonly messageId?: string;
  /** Seconds since the epoch. */
  readonly timestamp?: number;
  readonly type?: string;
  readonly userId?: string;
  readonly appId?: string;
  readonly clusterId?: string;
}

export type PropertyName = keyof PropertyValues;

/** New values; a property set to undefined is left out. */
export type PropertyChanges = { readonly [N in PropertyName]?: PropertyValues[N] | undefined };

const TEXT = 0;
const TABLE = 1;
const OCTET = 2;
const TIMESTAMP = 3;

/** Places in the flags and in the list; [0] has the highest bit. */
const Place = {
  contentType: 0,
  contentEncoding: 1,
  headers: 2,
  deliveryMode: 3,
  priority: 4,
  correlationId: 5,
  replyTo: 6,
  expiration: 7,
  messageId: 8,
  timestamp: 9,
  type: 10,
  userId: 11,
  appId: 12,
  clusterId: 13,
} as const satisfies Record<PropertyName, number>;

const NAMES = Object.keys(Place) as readonly PropertyName[];
const FORMS: readonly number[] = NAMES.map(formOf);
const FIRST_FLAG = 0x8000;
/** Further flag words, and a bit that means nothing. */
const UNKNOWN_FLAGS = 0x0003;
const FLAGS_BYTES = 2;

function formOf(name: PropertyName): number {
  if (name === "headers") return TABLE;
  if (name === "deliveryMode" || name === "priority") return OCTET;
  return name === "timestamp" ? TIMESTAMP : TEXT;
}

/**
 * The properties of a message as they came, read only where somebody asks.
 *
 *     flags (2 bytes, a bit per property) | the properties that are there, in the flags' order
 *
 * May be a view into a read buffer while the event that brought it lasts; `owned` copies it.
 */
export class BasicProperties {
  readonly #buffer: Buffer;
  readonly #start: number;
  readonly #end: number;

  /** The bytes must have passed `readProperties` once: nothing is checked here. */
  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.#buffer = buffer;
    this.#start = start;
    this.#end = end;
  }

  /** Flags and list. */
  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** A view of flags and list: what is stored and sent on. */
  get raw(): Buffer {
    const isWhole = this.#end - this.#start === this.#buffer.length;
    return isWhole ? this.#buffer : this.#buffer.subarray(this.#start, this.#end);
  }

  /** Writes flags and list and returns the offset behind them. */
  copyTo(target: Buffer, offset: number): number {
    const isWhole = this.#end - this.#start === this.#buffer.length;
    if (isWhole)
      target.set(this.#buffer, offset); // twice as fast as copy
    else this.#buffer.copy(target, offset, this.#start, this.#end);
    return offset + this.#end - this.#start;
  }

  /** The same with bytes of its own, for whoever keeps it. */
  owned(): BasicProperties {
    return new BasicProperties(Buffer.from(this.raw));
  }

  has(name: PropertyName): boolean {
    return (this.#flags & (FIRST_FLAG >> Place[name])) !== 0;
  }

  get contentType(): string | undefined {
    return this.#text(Place.contentType);
  }

  get contentEncoding(): string | undefined {
    return this.#text(Place.contentEncoding);
  }

  /** Decoded anew each time: keep it while it is used. */
  get headers(): FieldTable | undefined {
    const at = this.#find(Place.headers);
    return at < 0 ? undefined : readTable(new FieldReader(this.#buffer, at, this.#end));
  }

  get deliveryMode(): number | undefined {
    return this.#octet(Place.deliveryMode);
  }

  get priority(): number | undefined {
    return this.#octet(Place.priority);
  }

  get correlationId(): string | undefined {
    return this.#text(Place.correlationId);
  }

  get replyTo(): string | undefined {
    return this.#text(Place.replyTo);
  }

  get expiration(): string | undefined {
    return this.#text(Place.expiration);
  }

  get messageId(): string | undefined {
    return this.#text(Place.messageId);
  }

  /** Undefined also for what no number can hold: 2^53 and later. */
  get timestamp(): number | undefined {
    const at = this.#find(Place.timestamp);
    if (at < 0) return undefined;
    const seconds = new FieldReader(this.#buffer, at, this.#end).longlong();
    return Number.isSafeInteger(seconds) ? seconds : undefined;
  }

  get type(): string | undefined {
    return this.#text(Place.type);
  }

  get userId(): string | undefined {
    return this.#text(Place.userId);
  }

  get appId(): string | undefined {
    return this.#text(Place.appId);
  }

  get clusterId(): string | undefined {
    return this.#text(Place.clusterId);
  }

  /** The same with some properties changed, added or left out; all others byte for byte as they came. */
  with(changes: PropertyChanges): BasicProperties {
    const writer = new FieldWriter();
    writer.short(0);
    let flags = 0;
    for (let place = 0; place < NAMES.length; place++) {
      const name = NAMES[place] as PropertyName;
      const isThere = Object.hasOwn(changes, name)
        ? writeProperty(writer, changes, name)
        : this.#writeUnchanged(writer, place);
      if (isThere) flags |= FIRST_FLAG >> place;
    }
    const bytes = writer.finish();
    bytes.writeUInt16BE(flags, 0);
    return new BasicProperties(bytes);
  }

  #writeUnchanged(writer: FieldWriter, place: number): boolean {
    const at = this.#find(place);
    if (at < 0) return false;
    writer.bytes(this.#buffer.subarray(at, this.#behind(place, at)));
    return true;
  }

  get #flags(): number {
    return ((this.#buffer[this.#start] as number) << 8) | (this.#buffer[this.#start + 1] as number);
  }

  /** Offset of a property's value; -1 when it is not there. */
  #find(place: number): number {
    const flags = this.#flags;
    if ((flags & (FIRST_FLAG >> place)) === 0) return -1;
    let at = this.#start + FLAGS_BYTES;
    for (let before = 0; before < place; before++) {
      if ((flags & (FIRST_FLAG >> before)) !== 0) at = this.#behind(before, at);
    }
    return at;
  }

  #behind(place: number, at: number): number {
    switch (FORMS[place]) {
      case TEXT:
        return at + 1 + (this.#buffer[at] as number);
      case TABLE:
        return at + 4 + this.#buffer.readUInt32BE(at);
      case OCTET:
        return at + 1;
      default:
        return at + 8;
    }
  }

  /** Bytes that are no UTF-8 become U+FFFD; what is sent on is the bytes. */
  #text(place: number): string | undefined {
    const at = this.#find(place);
    if (at < 0) return undefined;
    return this.#buffer.toString("utf8", at + 1, at + 1 + (this.#buffer[at] as number));
  }

  #octet(place: number): number | undefined {
    const at = this.#find(place);
    return at < 0 ? undefined : this.#buffer[at];
  }
}

/** No property at all. */
export const NO_PROPERTIES: BasicProperties = new BasicProperties(Buffer.alloc(FLAGS_BYTES));

/** Properties made from values. */
export function toProperties(values: PropertyValues): BasicProperties {
  return NO_PROPERTIES.with(values);
}

/**
 * Properties => flags { property }, to the end of the reader. Checks all of it, tables included, so that
 * nothing which was accepted fails when somebody reads it later; builds nothing.
 */
export function readProperties(reader: FieldReader): BasicProperties {
  const start = reader.position;
  const flags = reader.short();
  if ((flags & UNKNOWN_FLAGS) !== 0) throw reader.undecodable("unknown properties");
  for (let place = 0; place < FORMS.length; place++) {
    if ((flags & (FIRST_FLAG >> place)) !== 0) skipProperty(reader, FORMS[place] as number);
  }
  reader.finish();
  return new BasicProperties(reader.buffer, start, reader.end);
}

function skipProperty(reader: FieldReader, form: number): void {
  if (form === TEXT) reader.skip(reader.octet());
  else if (form === TABLE) skipTable(reader);
  else reader.skip(form === OCTET ? 1 : 8);
}

/** Returns false when the property is to be left out. */
function writeProperty(writer: FieldWriter, changes: PropertyChanges, name: PropertyName): boolean {
  const value = changes[name];
  if (value === undefined) return false;
  if (typeof value === "string") writer.shortString(value);
  else if (typeof value === "object") writeTable(writer, value);
  else if (name === "timestamp") writer.longlong(value);
  else writer.octet(value);
  return true;
}
