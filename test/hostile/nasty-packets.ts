import { generate, type Packet } from "mqtt-packet";
import type { Random } from "./random.ts";
import { connectPacket, type Version } from "./valid-packets.ts";

/** Topics and filters that have hurt a broker somewhere. */
export const NASTY_TOPICS: readonly string[] = [
  "/",
  "//",
  "a",
  "a/b",
  "a/b/ü",
  "$SYS/broker",
  "$x",
  "$share",
  "$share/",
  "$share/ab",
  "$share//a",
  "$share/g/",
  "$share/g/a",
  "$share/g+/a",
  "$share/g/#",
  "$share/$share/a",
  "$queue/a",
  "#",
  "+",
  "+/+/#",
  "a/#",
  "a/#/b",
  "a+",
  "__proto__",
  "constructor",
  "toString/hasOwnProperty",
  "\u{1f600}/\u{1f600}",
  "\ufeffa",
  "\u0001\u0085\uffff",
  "/".repeat(127),
  "/".repeat(128),
  "/".repeat(65_535),
  "x".repeat(65_535),
  "+/".repeat(20_000),
];

const CLIENT_IDS = [
  "",
  "a",
  "ab",
  "a:",
  "é",
  "\u{1f600}",
  "__proto__",
  "constructor",
  "+",
  "#",
  "x".repeat(999),
];
const USER_PROPERTIES = { __proto__: "x", constructor: ["y", "z"], a: "b" };

/** A packet whose form is right and whose content asks for trouble. */
export function nastyPacket(random: Random, version: Version): Buffer {
  const kind = random.below(12);
  if (kind === 0) return nastyConnect(random, version);
  return generate(nastyBody(random, version, kind), { protocolVersion: version });
}

export function nastyConnect(random: Random, version: Version): Buffer {
  const will = {
    topic: random.pick(NASTY_TOPICS).replaceAll(/[+#]/g, "w") || "w",
    payload: random.bytes(random.below(20)),
    qos: random.below(3) as 0 | 1 | 2,
    retain: random.oneIn(2),
    properties: { willDelayInterval: random.below(3), messageExpiryInterval: random.below(3) },
  };
  const clientId = random.pick(CLIENT_IDS.slice(version === 3 ? 1 : 0));
  return connectPacket(version, {
    clientId,
    clean: clientId === "" || random.oneIn(2),
    keepalive: random.pick([0, 1, 10, 65_535]),
    ...(random.oneIn(2) && { will }),
    properties: {
      sessionExpiryInterval: random.pick([0, 1, 3600, 0xffffffff]),
      receiveMaximum: random.pick([1, 2, 65_535]),
      maximumPacketSize: random.pick([1, 2, 20, 100, 0xffffffff]),
      userProperties: USER_PROPERTIES,
    },
  });
}

function nastyBody(random: Random, version: Version, kind: number): Packet {
  const messageId = random.pick([1, 2, 3, 258, 65_535]);
  if (kind <= 4) return nastyPublish(random, version, messageId);
  if (kind <= 6) {
    const subscriptions = Array.from({ length: 1 + random.below(4) }, () => ({
      topic: random.pick(NASTY_TOPICS),
      qos: random.below(3) as 0 | 1 | 2,
      nl: random.oneIn(5),
      rap: random.oneIn(2),
      rh: random.below(3) as 0 | 1 | 2,
    }));
    return { cmd: "subscribe", messageId, subscriptions };
  }
  if (kind === 7) return { cmd: "unsubscribe", messageId, unsubscriptions: [random.pick(NASTY_TOPICS)] };
  const cmd = (["puback", "pubrec", "pubrel", "pubcomp"] as const)[kind - 8] ?? "puback";
  return { cmd, messageId, reasonCode: random.pick([0, 0, 0, 0x80, 0x92]) };
}

function nastyPublish(random: Random, version: Version, messageId: number): Packet {
  const qos = random.below(3) as 0 | 1 | 2;
  const topicAlias = random.pick([0, 0, 0, 1, 2, 16, 17]);
  return {
    cmd: "publish",
    topic: random.pick(NASTY_TOPICS).replaceAll(/[+#]/g, "w"),
    payload: random.bytes(random.pick([0, 1, 30, 300])),
    qos,
    retain: random.oneIn(3),
    dup: qos > 0 && random.oneIn(2),
    ...(qos > 0 && { messageId }),
    ...(version === 5 && {
      properties: {
        messageExpiryInterval: random.below(3),
        userProperties: USER_PROPERTIES,
        ...(topicAlias > 0 && { topicAlias }),
      },
    }),
  };
}
