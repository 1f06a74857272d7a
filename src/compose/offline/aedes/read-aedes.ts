import createPersistence from "aedes-persistence-level";
import { slotOf, toClientId } from "../../../base/ids.ts";
import { lowerQoS, type QoS } from "../../../base/qos.ts";
import type { Delivery } from "../../../base/queued-message.ts";
import { isShared, parseShared } from "../../../base/shared-filter.ts";
import { filterMatches, toTopicFilter } from "../../../base/topic-filter.ts";
import { isReserved } from "../../../base/topic-name.ts";
import type { SubscriptionRecord, WillRecord } from "../../../state/records.ts";
import type { ImportedLine, ImportedMessage } from "../parse-line.ts";
import { clientIdsIn, incomingIds, openAedes } from "./aedes-database.ts";
import {
  asText,
  asWhole,
  type StoredPacket,
  type StoredSubscription,
  toMessage,
  toOptions,
  toWill,
} from "./aedes-packet.ts";

export interface AedesOptions {
  /** Milliseconds since the epoch: when all sessions are taken to have lost their connection. */
  readonly now: number;
  /** Seconds: Aedes' sessions do not expire, ours do. */
  readonly expiryInterval: number;
  /** The user of a client id; "" for those who log in without one. */
  userOf(clientId: string): string;
  /** Something could not be brought over. */
  skipped(what: string): void;
}

type Persistence = ReturnType<typeof createPersistence>;
type Database = Awaited<ReturnType<typeof openAedes>>;

/** Packet ids go round: our packet id follows from the place in the queue. */
const PACKET_IDS = 65_535;

/** Everything in a folder of Aedes 1.x with aedes-persistence-level, as the lines of an export. */
export async function* readAedes(folder: string, options: AedesOptions): AsyncGenerator<ImportedLine> {
  const database = await openAedes(folder);
  try {
    const persistence = createPersistence(database);
    const wills = await readWills(persistence, options);
    for (const clientId of await clientIdsIn(database)) {
      yield* new ClientReader(clientId, database, persistence, options).read(wills.get(clientId));
    }
    yield* readRetained(persistence, options);
  } finally {
    await database.close();
  }
}

/** Of clients that were connected when Aedes ended without closing: published when our broker starts. */
async function readWills(
  persistence: Persistence,
  { now, skipped }: AedesOptions,
): Promise<Map<string, WillRecord>> {
  const wills = new Map<string, WillRecord>();
  for await (const packet of persistence.streamWill() as AsyncIterable<StoredPacket>) {
    const clientId = asText(packet.clientId) ?? "";
    const will = toWill(packet, now);
    if (will === undefined) skipped(`will of ${clientId}: no message that could be published`);
    else wills.set(clientId, will);
  }
  return wills;
}

async function* readRetained(
  persistence: Persistence,
  { now, skipped }: AedesOptions,
): AsyncGenerator<ImportedLine> {
  for await (const packet of persistence.createRetainedStream("#") as AsyncIterable<StoredPacket>) {
    const message = toMessage(packet, now);
    if (message === undefined || message.payload.length === 0 || isReserved(message.topicName)) {
      skipped(`retained message of ${asText(packet.topic)}: no message that clients may publish`);
    } else yield { type: "retained", message: { ...message, retain: true } };
  }
}

/** Reads one client's session. */
class ClientReader {
  readonly #clientId: string;
  readonly #database: Database;
  readonly #persistence: Persistence;
  readonly #options: AedesOptions;
  #subscriptions: SubscriptionRecord[] = [];

  constructor(clientId: string, database: Database, persistence: Persistence, options: AedesOptions) {
    this.#clientId = clientId;
    this.#database = database;
    this.#persistence = persistence;
    this.#options = options;
  }

  async *read(will: WillRecord | undefined): AsyncGenerator<ImportedLine> {
    const clientId = toClientId(this.#clientId);
    const slot = slotOf(clientId);
    this.#subscriptions = await this.#readSubscriptions();
    const received = await incomingIds(this.#database, clientId);
    const { nextSeq, sentEnd } = await this.#measure();
    const isSession = this.#subscriptions.length + received.length + nextSeq > 0;
    const { now } = this.#options;
    yield { type: "queue", name: this.#queue, createdAt: now, nextSeq, sentEnd };
    const session = {
      slot,
      clientId,
      user: this.#options.userOf(clientId),
      expiryInterval: isSession ? this.#options.expiryInterval : 0, // only there for its will
      disconnectedAt: now,
      sentEnd,
      will,
    };
    yield { type: "session", session };
    for (const subscription of this.#subscriptions) yield { type: "subscription", subscription };
    for (const packetId of received) yield { type: "received", received: { slot, clientId, packetId } };
    for await (const { seq, packet } of this.#outgoing()) {
      const line = this.#toLine(seq, packet);
      if (line === undefined) this.#options.skipped(`a message for ${clientId}: it could not be delivered`);
      else yield line;
    }
  }

  get #queue(): string {
    return `session/${this.#clientId}`;
  }

  async #readSubscriptions(): Promise<SubscriptionRecord[]> {
    const clientId = toClientId(this.#clientId);
    const records: SubscriptionRecord[] = [];
    const stored = await this.#persistence.subscriptionsByClient({ id: clientId });
    for (const subscription of stored as StoredSubscription[]) {
      const text = asText(subscription.topic) ?? "";
      const topicFilter = toTopicFilter(text);
      const options = toOptions(subscription);
      const isBroken = isShared(text) && parseShared(text) === undefined;
      if (topicFilter === undefined || options === undefined || isBroken) {
        this.#options.skipped(`subscription of ${clientId} to ${text}: not a topic filter`);
      } else records.push({ slot: slotOf(clientId), clientId, topicFilter, options });
    }
    return records;
  }

  /** The places are given once to know where the queue ends, and once more with the messages. */
  async #measure(): Promise<{ nextSeq: number; sentEnd: number }> {
    let nextSeq = 0;
    let sentEnd = 0;
    for await (const { seq, packet } of this.#outgoing()) {
      nextSeq = seq + 1;
      if (packetIdOf(packet) !== undefined) sentEnd = nextSeq;
    }
    return { nextSeq, sentEnd };
  }

  /** What was sent keeps the packet id its receiver knows it by [MQTT-4.4.0-1]: its place is the next that has it. */
  async *#outgoing(): AsyncGenerator<{ seq: number; packet: StoredPacket }> {
    let next = 0;
    const stream = this.#persistence.outgoingStream({ id: this.#clientId });
    for await (const packet of stream as AsyncIterable<StoredPacket>) {
      const packetId = packetIdOf(packet);
      const ahead =
        packetId === undefined ? 0 : (packetId - 1 - (next % PACKET_IDS) + PACKET_IDS) % PACKET_IDS;
      const seq = next + ahead;
      next = seq + 1;
      yield { seq, packet };
    }
  }

  #toLine(seq: number, packet: StoredPacket): ImportedMessage | undefined {
    const place = { type: "message", queue: this.#queue, seq, deliveryCount: 0, body: undefined } as const;
    if (packet.cmd === "pubrel") {
      const delivery = { qos: 2, retain: false, subscriptionIdentifiers: [] } as const;
      return { ...place, delivery, message: undefined, isReleased: true };
    }
    const message = toMessage(packet, this.#options.now);
    if (message === undefined || message.qos === 0) return undefined;
    const delivery = this.#deliveryOf(packet, message.topicName, message);
    return { ...place, delivery, message: { ...message, retain: false }, isReleased: false };
  }

  /** Aedes stores the publisher's QoS until it sends; what the subscriptions grant is decided here, then. */
  #deliveryOf(
    packet: StoredPacket,
    topicName: string,
    { qos, retain }: Pick<Delivery, "qos" | "retain">,
  ): Delivery {
    const matching = this.#subscriptions
      .filter(({ topicFilter, options }) => options.qos > 0 && filterMatches(topicFilter, topicName))
      .map(({ options }) => options);
    const granted = Math.max(0, ...matching.map((options) => options.qos)) as QoS;
    const wasSent = packetIdOf(packet) !== undefined;
    return {
      qos: wasSent || granted === 0 ? qos : lowerQoS(qos, granted),
      retain: retain && matching.some(({ retainAsPublished }) => retainAsPublished),
      subscriptionIdentifiers: matching
        .map(({ subscriptionIdentifier }) => subscriptionIdentifier)
        .filter((identifier) => identifier > 0),
    };
  }
}

function packetIdOf(packet: StoredPacket): number | undefined {
  const packetId = asWhole(packet.messageId);
  return packetId !== undefined && packetId >= 1 && packetId <= PACKET_IDS ? packetId : undefined;
}
