// Nanoseconds per packet, our codec beside mqtt-packet. After `npm run build`: node test/bench/micro/codec.js
import { generate, parser } from "mqtt-packet";
import { readAckPacketId, readAckReasonCode, writeAck } from "../../../dist/src/mqtt/codec/acks.js";
import { decodeControl } from "../../../dist/src/mqtt/codec/control.js";
import { Framer } from "../../../dist/src/mqtt/codec/framer.js";
import { readPublish } from "../../../dist/src/mqtt/codec/publish.js";
import { encodePublish, writePublish } from "../../../dist/src/mqtt/codec/publish-writer.js";
import { TopicCache } from "../../../dist/src/mqtt/codec/topic-cache.js";

const ROUNDS = 7;
const TOPICS = 1000;
const CHUNK_BYTES = 65_536;
let kept = 0;

/** The best of some rounds: what the code costs when nothing disturbs it. */
function measure(name, perRound, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    run(perRound);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / perRound);
  }
  console.log(`${name.padEnd(52)} ${best.toFixed(0).padStart(7)} ns`);
}

function publishes(version, qos, properties) {
  return Array.from({ length: TOPICS }, (_, i) => ({
    topicName: `plant/line-${i % 10}/sensor-${i}/temperature`,
    payload: Buffer.alloc(64, 0x61),
    qos,
    retain: false,
    dup: false,
    packetId: 1 + i,
    topicAlias: 0,
    messageExpiryInterval: undefined,
    properties,
    subscriptionIdentifiers: [],
  })).map((publish) => ({ publish, encoded: encodePublish(publish, version) }));
}

function comparePublish(name, version, qos, properties) {
  const packets = publishes(version, qos, properties);
  const stream = Buffer.concat(packets.map(({ encoded }) => encoded));
  const output = Buffer.alloc(CHUNK_BYTES);
  const topics = new TopicCache();
  const framer = new Framer(1 << 20);
  const sink = {
    frame(firstByte, buffer, start, end) {
      kept += readPublish(firstByte, buffer, start, end, version, topics).payload.length;
      return true;
    },
  };
  measure(`${name}: frame and read`, 1_000_000, (count) => {
    for (let i = 0; i < count; i += TOPICS) framer.push(stream, sink);
  });
  measure(`${name}: write into a buffer`, 1_000_000, (count) => {
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at > CHUNK_BYTES - 1000) at = 0;
      at = writePublish(output, at, packets[i % TOPICS].publish, version);
    }
    kept += at;
  });
  const theirs = parser({ protocolVersion: version });
  theirs.on("packet", (packet) => {
    kept += packet.payload.length;
  });
  measure(`${name}: mqtt-packet parses`, 100_000, (count) => {
    for (let i = 0; i < count; i += TOPICS) theirs.parse(stream);
  });
  const packet = {
    cmd: "publish",
    topic: packets[0].publish.topicName,
    payload: packets[0].publish.payload,
    qos,
  };
  const foreign = { ...packet, messageId: 1, ...(properties && { properties: { contentType: "a" } }) };
  measure(`${name}: mqtt-packet generates`, 100_000, (count) => {
    for (let i = 0; i < count; i++) kept += generate(foreign, { protocolVersion: version }).length;
  });
}

function compareAcks() {
  const ack = Buffer.from("40020007", "hex");
  measure("PUBACK: read", 5_000_000, (count) => {
    for (let i = 0; i < count; i++) kept += readAckPacketId(ack, 2, 4, 5) + readAckReasonCode(4, ack, 2, 4);
  });
  const output = Buffer.alloc(8);
  measure("PUBACK: write", 5_000_000, (count) => {
    for (let i = 0; i < count; i++) kept += writeAck(output, 0, 4, i & 0xffff, 0, 5);
  });
}

function measureAlias() {
  const packet = Buffer.concat([Buffer.from("300a000003230001", "hex"), Buffer.alloc(64)]);
  const topics = new TopicCache();
  measure("PUBLISH 5 QoS 0 with a Topic Alias alone: read", 2_000_000, (count) => {
    for (let i = 0; i < count; i++) kept += readPublish(0x30, packet, 2, packet.length, 5, topics).topicAlias;
  });
}

function measureControl() {
  const connect = generate({
    cmd: "connect",
    clientId: "sensor-1",
    clean: true,
    keepalive: 60,
    protocolVersion: 5,
  });
  measure("CONNECT: decode", 50_000, (count) => {
    for (let i = 0; i < count; i++) kept += decodeControl(0x10, connect, 2, connect.length, 5).keepAlive;
  });
  const entry = Buffer.from([0, 1, 0x61, 0]);
  const subscribe = Buffer.concat([Buffer.from([0, 1, 0]), ...new Array(100_000).fill(entry)]);
  measure("SUBSCRIBE with 100000 filters: decode", 1, () => {
    kept += decodeControl(0x82, subscribe, 0, subscribe.length, 5).subscriptions.length;
  });
}

comparePublish("PUBLISH 3.1.1 QoS 0", 4, 0, undefined);
comparePublish("PUBLISH 5 QoS 1", 5, 1, undefined);
comparePublish("PUBLISH 5 QoS 1 with properties", 5, 1, {
  payloadFormatIndicator: 1,
  contentType: "application/json",
  responseTopic: undefined,
  correlationData: undefined,
  userProperties: [["unit", "celsius"]],
});
compareAcks();
measureAlias();
measureControl();
console.log(`Node ${process.version}; ${kept} bytes seen`);
