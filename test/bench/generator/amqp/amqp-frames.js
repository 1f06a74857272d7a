// The AMQP 0-9-1 the generator speaks: frames by hand, so that writing and reading them costs next to nothing.
export const HEADER = Buffer.from("AMQP\0\0\x09\x01", "latin1");
export const FRAME_METHOD = 1;
const FRAME_HEADER = 2;
const FRAME_BODY = 3;
const FRAME_END = 0xce;
const HEAD_BYTES = 7;
const OVERHEAD_BYTES = 8;
/** basic.ack by a consumer, whole. */
export const ACK_BYTES = 21;
/** Flag of the property delivery-mode. */
const DELIVERY_MODE = 0x1000;

/** class × 65536 + method. */
export const Id = {
  start: 0x0a000a,
  startOk: 0x0a000b,
  tune: 0x0a001e,
  tuneOk: 0x0a001f,
  open: 0x0a0028,
  openOk: 0x0a0029,
  connectionClose: 0x0a0032,
  channelOpen: 0x14000a,
  channelOpenOk: 0x14000b,
  channelClose: 0x140028,
  declare: 0x32000a,
  declareOk: 0x32000b,
  qos: 0x3c000a,
  qosOk: 0x3c000b,
  consume: 0x3c0014,
  consumeOk: 0x3c0015,
  publish: 0x3c0028,
  deliver: 0x3c003c,
  ack: 0x3c0050,
  nack: 0x3c0078,
  confirmSelect: 0x55000a,
  confirmSelectOk: 0x55000b,
};

export function octet(value) {
  return Buffer.from([value]);
}

export function short(value) {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function long(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function shortString(text) {
  return Buffer.concat([octet(Buffer.byteLength(text)), Buffer.from(text)]);
}

export function longString(text) {
  return Buffer.concat([long(Buffer.byteLength(text)), Buffer.from(text)]);
}

export const EMPTY_TABLE = long(0);

export function method(channel, id, ...fields) {
  return frame(FRAME_METHOD, channel, Buffer.concat([long(id), ...fields]));
}

/** basic.publish to a queue by its name, with its message. */
export function publication(channel, queue, payload, deliveryMode) {
  const properties = Buffer.concat([short(DELIVERY_MODE), octet(deliveryMode)]);
  const bodySize = Buffer.concat([long(0), long(payload.length)]);
  return Buffer.concat([
    method(channel, Id.publish, short(0), shortString(""), shortString(queue), octet(0)),
    frame(FRAME_HEADER, channel, Buffer.concat([short(60), short(0), bodySize, properties])),
    frame(FRAME_BODY, channel, payload),
  ]);
}

function frame(type, channel, payload) {
  return Buffer.concat([octet(type), short(channel), long(payload.length), payload, octet(FRAME_END)]);
}

/** An acknowledgement of one delivery; its tag is copied from the delivery. Returns the offset behind it. */
export function writeAck(target, offset, channel, source, tagAt) {
  target[offset] = FRAME_METHOD;
  target[offset + 1] = channel >> 8;
  target[offset + 2] = channel & 0xff;
  target.writeUInt32BE(ACK_BYTES - OVERHEAD_BYTES, offset + 3);
  target.writeUInt32BE(Id.ack, offset + HEAD_BYTES);
  for (let i = 0; i < 8; i++) target[offset + 11 + i] = source[tagAt + i];
  target[offset + 19] = 0;
  target[offset + 20] = FRAME_END;
  return offset + ACK_BYTES;
}

/** Cuts what was read into frames; the bytes are valid until the callback returns. */
export class FrameReader {
  #onFrame;
  #rest = Buffer.alloc(0);

  /** @param {(type: number, bytes: Buffer, start: number, end: number) => void} onFrame */
  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  push(bytes, count) {
    const read = bytes.subarray(0, count);
    const all = this.#rest.length === 0 ? read : Buffer.concat([this.#rest, read]);
    let at = 0;
    while (all.length - at >= OVERHEAD_BYTES) {
      const end = at + OVERHEAD_BYTES + all.readUInt32BE(at + 3);
      if (end > all.length) break;
      this.#onFrame(all[at], all, at + HEAD_BYTES, end - 1);
      at = end;
    }
    this.#rest = at === all.length ? this.#rest.subarray(0, 0) : Buffer.from(all.subarray(at));
  }
}
