/** MQTT 3.1.1 packets for the load generator, written once before the clock starts. */

export const DISCONNECT = Buffer.from([0xe0, 0]);

/** Keep alive 0: nobody pings. */
export function connect(clientId, cleanSession) {
  const head = [...text("MQTT"), 4, cleanSession ? 2 : 0, 0, 0];
  return packet(0x10, Buffer.from([...head, ...text(clientId)]));
}

export function subscribe(filter, qos) {
  return packet(0x82, Buffer.from([0, 1, ...text(filter), qos]));
}

/** `packetId` is left out at QoS 0. */
export function publish(topic, payload, qos, packetId) {
  const id = qos === 0 ? [] : [packetId >> 8, packetId & 0xff];
  return packet(0x30 | (qos << 1), Buffer.concat([Buffer.from([...text(topic), ...id]), payload]));
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
