import { InputError } from "../../base/errors.ts";
import { slotOf } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import { sizeOf } from "../../state/queue-window.ts";
import type {
  QueueEntry,
  QueueRecord,
  QueueRef,
  ReceivedRecord,
  SessionRecord,
  SharedBody,
  SubscriptionRecord,
} from "../../state/records.ts";
import { EntryState } from "../../state/records.ts";
import type { StateStore } from "../../state/store.ts";
import type { ImportedLine, ImportedMessage } from "./parse-line.ts";

/** A queue without what the messages say. */
export type ImportedQueue = Pick<QueueRecord, "name" | "createdAt" | "nextSeq" | "sentEnd">;

/** A queue that is being filled. */
interface Filling {
  record: QueueRecord;
  lastSeq: number;
}

interface KnownBody {
  readonly body: SharedBody;
  readonly message: Message;
}

interface Place {
  readonly queue: QueueRef;
  readonly seq: number;
}

/** What waits to be written is committed from here on. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Shared bodies kept at hand; others are read back from where they were first written. */
const BODIES_BYTES = 32 * 1024 * 1024;

/**
 * Fills an empty store. In memory are the records of queues, the names of sessions and the places of shared bodies;
 * messages are only there until their batch is written.
 */
export class StateImport {
  readonly #store: StateStore;
  readonly #queues = new Map<string, Filling>();
  readonly #changed = new Set<Filling>();
  readonly #sessions = new Set<string>();
  readonly #places = new Map<number, Place>();
  readonly #bodies = new Map<number, KnownBody>();
  #bodiesBytes = 0;
  #nextQueueId = 1;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** Takes one line over; `place` is for errors. */
  async take(line: ImportedLine, place: string): Promise<void> {
    try {
      await this.#take(line);
    } catch (error) {
      if (error instanceof Objection) throw new InputError(`${place}: ${error.message}`);
      throw error;
    }
    if (this.#store.openBytes >= BATCH_BYTES) await this.commit();
  }

  /** Writes what is not written yet. */
  async commit(): Promise<void> {
    for (const { record } of this.#changed) this.#store.putQueue(record);
    this.#changed.clear();
    await this.#store.commit();
    if (this.#bodiesBytes < BODIES_BYTES) return;
    this.#bodies.clear();
    this.#bodiesBytes = 0;
  }

  async #take(line: ImportedLine): Promise<void> {
    switch (line.type) {
      case "definition":
        return this.#store.putDefinition(line.name, line.value);
      case "queue":
        return this.#declare(line);
      case "session":
        return this.#addSession(line.session);
      case "subscription":
        return this.#addSubscription(line.subscription);
      case "received":
        return this.#addReceived(line.received);
      case "retained":
        return this.#store.putRetained(line.message);
      case "message":
        return this.#addMessage(line);
      case "header":
      case "end":
        return;
    }
  }

  #declare({ name, createdAt, nextSeq, sentEnd }: ImportedQueue): void {
    if (this.#queues.has(name)) throw new Objection(`name: there is a queue ${JSON.stringify(name)} already`);
    const place = { slot: slotOf(name), id: this.#nextQueueId++ };
    const record = { ...place, name, createdAt, headSeq: nextSeq, nextSeq, count: 0, bytes: 0, sentEnd };
    this.#queues.set(name, { record, lastSeq: -1 });
    this.#store.putQueue(record);
  }

  /** A session whose queue was damaged has an empty one. */
  #addSession(session: Omit<SessionRecord, "queueId">): void {
    const { clientId } = session;
    if (this.#sessions.has(clientId)) {
      throw new Objection(`clientId: there is a session ${JSON.stringify(clientId)} already`);
    }
    const name = `session/${clientId}`;
    const createdAt = session.disconnectedAt;
    if (!this.#queues.has(name)) this.#declare({ name, createdAt, nextSeq: 0, sentEnd: 0 });
    this.#sessions.add(clientId);
    this.#store.putSession({ ...session, queueId: this.#queueNamed(name).record.id });
  }

  #addSubscription({ slot, clientId, topicFilter, options }: SubscriptionRecord): void {
    this.#expectSession(clientId);
    this.#store.putSubscription(slot, clientId, topicFilter, options);
  }

  #addReceived({ slot, clientId, packetId }: ReceivedRecord): void {
    this.#expectSession(clientId);
    this.#store.putReceived(slot, clientId, packetId);
  }

  async #addMessage(line: ImportedMessage): Promise<void> {
    const queue = this.#queueNamed(line.queue);
    const { record, lastSeq } = queue;
    const { seq, delivery, deliveryCount } = line;
    if (seq >= record.nextSeq)
      throw new Objection(`seq: must be below nextSeq of its queue, ${record.nextSeq}`);
    if (seq <= lastSeq) throw new Objection(`seq: must be above that of the message before, ${lastSeq}`);
    const content = await this.#contentOf(line, record);
    const entry: QueueEntry = { seq, ...content, delivery, deliveryCount, stored: EntryState.New };
    queue.lastSeq = seq;
    queue.record = {
      ...record,
      headSeq: record.count === 0 ? seq : record.headSeq,
      count: record.count + 1,
      bytes: record.bytes + sizeOf(entry.message),
    };
    this.#changed.add(queue);
    this.#store.putEntry(record, entry);
  }

  async #contentOf(
    { message, isReleased, body, seq }: ImportedMessage,
    queue: QueueRef,
  ): Promise<Pick<QueueEntry, "message" | "body">> {
    if (isReleased) return { message: undefined, body: undefined };
    if (body === undefined) {
      if (message === undefined) throw new Objection("message: is missing");
      return { message, body: undefined };
    }
    if (message !== undefined) return this.#newBody(body, message, { queue, seq });
    return this.#bodies.get(body) ?? (await this.#readBack(body));
  }

  #newBody(number: number, message: Message, place: Place): KnownBody {
    if (this.#places.has(number)) throw new Objection(`body: ${number} has its message already`);
    const { slot, id } = place.queue;
    const known = {
      message,
      body: { slot, queueId: id, seq: place.seq, references: 0, stored: false },
    };
    this.#places.set(number, place);
    this.#keep(number, known);
    return known;
  }

  /** It was written in an earlier batch: bodies are forgotten only after a commit. */
  async #readBack(number: number): Promise<KnownBody> {
    const place = this.#places.get(number);
    if (place === undefined) throw new Objection(`body: no line before has the message of ${number}`);
    const [entry] = await this.#store.readEntries(place.queue, place.seq, place.seq + 1, 1, 1);
    const { message, body } = entry ?? {};
    if (message === undefined || body === undefined)
      throw new Objection(`body: ${number} could not be read back`);
    const known = { message, body };
    this.#keep(number, known);
    return known;
  }

  #keep(number: number, known: KnownBody): void {
    this.#bodies.set(number, known);
    this.#bodiesBytes += known.message.payload.length;
  }

  #queueNamed(name: string): Filling {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Objection(`queue: no line before declares ${JSON.stringify(name)}`);
    return queue;
  }

  #expectSession(clientId: string): void {
    if (this.#sessions.has(clientId)) return;
    throw new Objection(`clientId: no line before has a session ${JSON.stringify(clientId)}`);
  }
}

/** What is wrong with a line among the others: becomes an InputError with its place. */
class Objection extends Error {}
