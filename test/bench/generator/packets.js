/** MQTT packets for the load generator, written once before the clock starts. Version 4 is MQTT 3.1.1. */

export const DISCONNECT = Buffer.from([0xe0, 0]);
export const PINGREQ = Buffer.from([0xc0, 0]);

const NEVER_EXPIRES = [5, 0x11, 0xff, 0xff, 0xff, 0xff];
/** What a sensor might say of its payload: a content type and two user properties. */
const PROPERTIES = properties([
  [0x03, ...text("application/json")],
  [0x26, ...text("unit"), ...text("celsius")],
  [0x26, ...text("site"), ...text("plant-7")],
]);

/** Keep alive 0: nobody pings. A session that is not clean outlives its connection. */
export function connect(clientId, isClean, version) {
  const head = [...text("MQTT"), version, isClean ? 2 : 0, 0, 0];
  if (version === 5) head.push(...(isClean ? [0] : NEVER_EXPIRES));
  return packet(0x10, Buffer.from([...head, ...text(clientId)]));
}

/** One packet with all filters; every broker here takes up to 1,000. */
export function subscribe(filters, qos, version) {
  const head = version === 5 ? [0, 1, 0] : [0, 1];
  return packet(
    0x82,
    Buffer.concat([Buffer.from(head), ...filters.map((filter) => Buffer.from([...text(filter), qos]))]),
  );
}

/**
 * @typedef {object} Publication
 * @property {string} topic
 * @property {Buffer} payload
 * @property {0 | 1 | 2} qos
 * @property {boolean} [retain]
 * @property {4 | 5} version
 * @property {boolean} [hasProperties] Only in version 5.
 */

/** @param {Publication} publication @param {number} packetId Left out at QoS 0. */
export function publish({ topic, payload, qos, retain = false, version, hasProperties = false }, packetId) {
  const head = text(topic);
  if (qos > 0) head.push(packetId >> 8, packetId & 0xff);
  if (version === 5) head.push(...(hasProperties ? PROPERTIES : [0]));
  return packet(0x30 | (qos << 1) | (retain ? 1 : 0), Buffer.concat([Buffer.from(head), payload]));
}

function properties(entries) {
  const bytes = entries.flat();
  return [bytes.length, ...bytes];
}

function text(value) {
  const bytes = Buffer.from(value);
  return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
}

function packet(firstByte, body) {
  const head = [firstByte];
  let rest = body.length;
  for (; rest > 127; rest >>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, rest]), body]);
}
