import type { Packet } from "mqtt-packet";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { TopicCache } from "../../src/mqtt/codec/topic-cache.ts";
import type { AuthResult } from "../../src/mqtt/ports.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { queueKey } from "../../src/storage/open-batch.ts";
import { TestBroker } from "../support/test-broker.ts";
import { type Character, MISSING_MESSAGES } from "./character.ts";
import { EventLoop } from "./event-loop.ts";
import { MessageLog } from "./message-log.ts";
import { Model } from "./model.ts";
import { idOf, type SentMessage } from "./sent-message.ts";
import { SimulatedClient } from "./simulated-client.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { Wire } from "./wire.ts";

const ANYBODY: AuthResult = { accepted: true, user: "" };
const TOPICS = new TopicCache();

type NewMessage = Pick<SentMessage, "id" | "publisherId" | "number" | "topic" | "qos" | "retain"> &
  Partial<Pick<SentMessage, "expiryMs" | "padding" | "isOrdered">>;

/** The broker, its disk, its clients, the network between them, and the model that watches. */
export class World {
  readonly loop = new EventLoop();
  readonly clock = new SimulatedClock();
  readonly disk = new MemoryDisk();
  readonly clients: SimulatedClient[];
  readonly messages = new Map<string, SentMessage>();
  readonly wrong: string[] = [];
  readonly model: Model;
  wires: Wire[] = [];
  /** Nothing more can be said of this run. */
  isVoid = false;
  store = new SimulatedStore(this.disk);
  /** Messages that queues went without, counted over all processes. */
  #missed = 0;
  readonly #character: Character;
  readonly #log: MessageLog | undefined;
  #broker: TestBroker | undefined;
  #logKey = 0;
  /** Bytes of it are being read. */
  #read: Wire | undefined;
  #admissions: (() => void)[] = [];
  #lastWire = 0;

  constructor(character: Character) {
    this.#character = character;
    this.#log = character.hasLog ? new MessageLog(this.disk, this.messages) : undefined;
    this.model = new Model({
      now: () => this.clock.now(),
      wrong: (what) => this.report(what),
      log: this.#log,
      readLog: () => this.#readLog(),
      messages: this.messages,
      sessionExpiryMaximum: character.options.sessionExpiryMaximum,
      maximumInflight: character.options.maximumInflight,
      mayMiss: character.options.maximumQueuedMessages === MISSING_MESSAGES,
      ambiguous: () => {
        this.isVoid = true;
      },
      holdsState: (clientId) => this.clients.some(({ id, holdsState }) => id === clientId && holdsState),
    });
    const observer = {
      received: ({ id: clientId }: SimulatedClient, id: string, packet: Parameters<Model["received"]>[2]) =>
        this.model.received(clientId, id, packet),
      connected: ({ id }: SimulatedClient) => this.model.connackReceived(id),
      closed: (message: SentMessage) => {
        if (message.closedAt === 0) message.closedAt = this.model.moment;
      },
      wrong: (what: string) => this.report(what),
    };
    this.clients = character.versions.map(
      (version, i) => new SimulatedClient("abcd"[i] as string, version, character.homes[i], observer),
    );
  }

  get broker(): TestBroker {
    return this.#broker as TestBroker;
  }

  get missed(): number {
    return this.#missed + this.broker.dropped("queue_full") + this.broker.dropped("displaced");
  }

  /** A violation; after an ambiguity there are none. */
  report(what: string): void {
    if (!this.isVoid) this.wrong.push(what);
  }

  /** A process begins on what the disk holds. */
  async open(): Promise<void> {
    this.store = new SimulatedStore(this.disk);
    this.#broker = await TestBroker.open({
      options: this.#character.options,
      authorization: { authenticate: () => this.#authenticate() },
      disk: this.disk,
      clock: this.clock,
      store: this.store,
      topics: TOPICS,
      logger: this.#logger(),
    });
    if (this.#log !== undefined) this.#logKey = queueKey(this.broker.bindQueue("#"));
  }

  /** kill -9, and a new process `downtimeMs` later. */
  async crash(isWritten: boolean, downtimeMs: number): Promise<void> {
    this.#missed = this.missed;
    this.store.die(isWritten);
    this.broker.journal.close();
    for (const wire of this.wires) wire.stream.die();
    this.loop.clear();
    this.#admissions = [];
    this.clock.forgetTimers();
    const from = this.clock.now();
    this.clock.jump(downtimeMs);
    this.model.crashed(from, this.clock.now());
    await this.open();
    await this.loop.endEvent();
  }

  dial(client: SimulatedClient, connect: Packet): Wire {
    const wire = new Wire(++this.#lastWire, client.id, client.version, this.model);
    this.wires.push(wire);
    this.broker.mqtt.accept(wire.stream);
    client.dialled(wire, connect);
    return wire;
  }

  message(fields: NewMessage): SentMessage {
    const message = {
      expiryMs: 0,
      padding: 0,
      isOrdered: false,
      ...fields,
      madeAt: this.model.moment,
      arrivals: 0,
      readByMs: Number.POSITIVE_INFINITY,
      firstArrivedAtMs: 0,
      firstArrivedAt: 0,
      acknowledgedAt: 0,
      closedAt: 0,
    };
    this.messages.set(message.id, message);
    return message;
  }

  /** Everything that is under way arrives. */
  async flow(): Promise<void> {
    for (const wire of this.wires) await this.deliver(wire, wire.bytesUnderWay);
    for (const client of this.clients) this.deliverTo(client, Number.POSITIVE_INFINITY);
  }

  /** Bytes reach the broker; what follows from them is not awaited. */
  deliverNow(wire: Wire, count: number): void {
    this.#read = wire;
    wire.deliver(count);
  }

  /** Bytes reach the broker, as one event. */
  async deliver(wire: Wire, count: number): Promise<void> {
    if (count === 0) return;
    this.deliverNow(wire, count);
    await this.loop.endEvent();
  }

  /** At most `count` packets reach the client, and it reacts; then perhaps the end of the connection. */
  deliverTo(client: SimulatedClient, count: number): void {
    const { wire } = client;
    for (let i = 0; i < count && wire !== undefined; i++) {
      const packet = wire.receive();
      if (packet !== undefined) client.react(packet);
      else {
        if (wire.stream.isEnded) client.abandon();
        return;
      }
    }
  }

  get isAdmitting(): boolean {
    return this.#admissions.length > 0;
  }

  /** The broker learns who some client is. */
  admit(index = 0): void {
    this.#admissions.splice(index % Math.max(1, this.#admissions.length), 1)[0]?.();
  }

  #authenticate(): AuthResult | Promise<AuthResult> {
    const wire = this.#read as Wire;
    if (!wire.isSlow) {
      this.model.admitted(wire);
      return ANYBODY;
    }
    return new Promise((resolve) => {
      this.#admissions.push(() => {
        this.model.admitted(wire);
        resolve(ANYBODY);
      });
    });
  }

  /** Forgets connections that have ended at both ends, and tells the model when all is quiet. */
  observe(): void {
    this.wires = this.wires.filter(({ stream, isOpenAtClient }) => isOpenAtClient || !stream.isEnded);
    if (this.isQuiet) this.#settled();
  }

  get isQuiet(): boolean {
    const { machine, journal } = this.broker;
    return (
      this.loop.isIdle &&
      !this.isAdmitting &&
      !this.store.isReading &&
      !this.store.isWriting &&
      !machine.isDirty &&
      journal.failure === undefined
    );
  }

  #settled(): void {
    this.model.settled();
    for (const [topic, message] of this.#log?.retained ?? []) {
      const retained = this.disk.retained.get(topic as never);
      const id = retained && idOf(retained.payload);
      if (id !== message.id && message.expiryMs === 0)
        this.report(`${topic} retains ${id}, not ${message.id}`);
    }
  }

  #readLog(): void {
    for (const wrong of this.#log?.read(this.#logKey) ?? []) this.report(wrong);
  }

  #logger(): Logger {
    return {
      ...silentLogger,
      warn: (fields: object, what: string) => this.report(`warning: ${what} ${JSON.stringify(fields)}`),
      error: (fields: { error?: Error }, what: string) => {
        if (!what.includes("No space left") && !what.includes("could not be read"))
          this.report(`error: ${what} ${fields.error?.stack}`);
      },
    };
  }
}
