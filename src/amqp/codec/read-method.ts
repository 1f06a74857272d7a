import { readUint64 } from "../../base/uint64.ts";
import { FieldReader } from "./field-reader.ts";
import {
  type BasicAck,
  type BasicPublish,
  decodeMethod,
  METHOD_IDS,
  type Method,
} from "./methods.generated.ts";
import type { NameCache } from "./name-cache.ts";

const ID_BYTES = 4;
const ACK_ID = METHOD_IDS["basic.ack"];
const ACK_BYTES = 13;
const PUBLISH_ID = METHOD_IDS["basic.publish"];
/** class method ticket. */
const PUBLISH_FIXED_BYTES = 6;

/** The method in a method frame's payload; it holds nothing of the buffer. hot: basic.publish and basic.ack. */
export function readMethod(buffer: Buffer, start: number, end: number, names?: NameCache): Method {
  const id = end - start < ID_BYTES ? 0 : buffer.readUInt32BE(start);
  if (id === PUBLISH_ID && names !== undefined) {
    const publish = readPublish(buffer, start, end, names);
    if (publish !== undefined) return publish;
  }
  if (id === ACK_ID && end - start === ACK_BYTES) return readAck(buffer, start + ID_BYTES);
  return decodeMethod(new FieldReader(buffer, start, end));
}

/** Publish => id ticket exchange routing-key bits. Undefined when it is not an ordinary one: not ASCII, or broken. */
function readPublish(buffer: Buffer, start: number, end: number, names: NameCache): BasicPublish | undefined {
  const exchangeAt = start + PUBLISH_FIXED_BYTES;
  const keyAt = behindText(buffer, exchangeAt, end);
  const bitsAt = behindText(buffer, keyAt, end);
  if (bitsAt + 1 !== end) return undefined;
  const exchange = names.ascii(buffer, exchangeAt + 1, keyAt);
  const routingKey = names.ascii(buffer, keyAt + 1, bitsAt);
  if (exchange === undefined || routingKey === undefined) return undefined;
  const bits = buffer[bitsAt] as number;
  return {
    kind: "basic.publish",
    exchange,
    routingKey,
    mandatory: (bits & 1) !== 0,
    immediate: (bits & 2) !== 0,
  };
}

/** Where the short string at `at` ends; `end` or more when it does not fit. */
function behindText(buffer: Buffer, at: number, end: number): number {
  return at < end ? at + 1 + (buffer[at] as number) : end;
}

function readAck(buffer: Buffer, at: number): BasicAck {
  return {
    kind: "basic.ack",
    deliveryTag: readUint64(buffer, at),
    multiple: ((buffer[at + 8] as number) & 1) !== 0,
  };
}
