import { FieldReader } from "./field-reader.ts";
import { type BasicAck, decodeMethod, METHOD_IDS, type Method } from "./methods.generated.ts";

const ACK_ID = METHOD_IDS["basic.ack"];
const ACK_BYTES = 13;
const TWO_TO_32 = 0x1_0000_0000;

/** The method in a method frame's payload. hot: basic.ack without a reader. */
export function readMethod(buffer: Buffer, start: number, end: number): Method {
  if (end - start === ACK_BYTES && buffer.readUInt32BE(start) === ACK_ID) return readAck(buffer, start + 4);
  return decodeMethod(new FieldReader(buffer, start, end));
}

function readAck(buffer: Buffer, at: number): BasicAck {
  return {
    kind: "basic.ack",
    deliveryTag: buffer.readUInt32BE(at) * TWO_TO_32 + buffer.readUInt32BE(at + 4),
    multiple: ((buffer[at + 8] as number) & 1) !== 0,
  };
}
