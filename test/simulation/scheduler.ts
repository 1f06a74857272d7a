import type { IConnectPacket, Packet } from "mqtt-packet";
import type { QoS } from "../../src/base/qos.ts";
import type { Action, Character } from "./character.ts";
import type { Random } from "./random.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import type { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const TOPICS = ["t", "t/u", "v"] as const;
const FILTERS = ["t", "t/#", "t/u", "v", "+", "#", "will/#"] as const;
const JUMPS_MS = [1, 10, 100, 1000, 1000, 1500, 3000, 5000, 61_000, 3_601_000] as const;
const DOWNTIMES_MS = [0, 0, 0, 100, 1500, 5000, 61_000] as const;
const WILL_DELAYS = [0, 0, 3, 30] as const;

/** Does one thing after the other to a world; all that is random about it comes from the numbers it is given. */
export class Scheduler {
  readonly #world: World;
  readonly #character: Character;
  readonly #actions: readonly Action[];
  readonly #weights: readonly number[];
  readonly #weight: number;
  readonly #note: ((line: string) => void) | undefined;
  #wills = 0;

  constructor(world: World, character: Character, note: ((line: string) => void) | undefined) {
    this.#world = world;
    this.#character = character;
    this.#note = note;
    this.#actions = Object.keys(character.weights) as Action[];
    this.#weights = Object.values(character.weights);
    this.#weight = this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** Everybody connects, with the longest expiry there is, and subscribes. */
  async begin(): Promise<void> {
    if (!this.#character.startsConnected) return;
    for (const client of this.#world.clients) {
      const sessionExpiryInterval = Math.max(...this.#character.expiries);
      this.#world.dial(client, client.connectPacket(sessionExpiryInterval));
    }
    for (let i = 0; i < 2; i++) {
      await this.#flow();
      this.#world.store.succeed();
    }
  }

  async step(random: Random): Promise<void> {
    const { loop, store } = this.#world;
    await this.#act(this.#actions[random.weighted(this.#weights, this.#weight)] as Action, random);
    await loop.endEvent();
    if (random.chance(this.#character.laziness)) await loop.run(random.below(3));
    else await loop.settle();
    if (random.chance(this.#character.promptness)) {
      this.#world.store.succeed();
      this.#world.store.read();
      await loop.settle();
    }
    if (random.chance(this.#character.flow)) await this.#flow();
    if (store === this.#world.store || loop.isIdle) this.#world.observe();
  }

  async #act(action: Action, random: Random): Promise<void> {
    const world = this.#world;
    const client = random.pick(world.clients);
    switch (action) {
      case "connect":
        await this.#reconnect(client, random);
        break;
      case "disconnect":
        this.#disconnect(client, random);
        break;
      case "hang up":
        this.#tell(client, "forgets its connection");
        client.abandon();
        break;
      case "lose":
        await this.#lose(random);
        break;
      case "publish":
        this.#publish(client, random);
        break;
      case "subscribe":
        this.#subscribe(client, random);
        break;
      case "unsubscribe":
        if (client.isConnected) this.#unsubscribe(client, random.pick(FILTERS));
        break;
      case "hold answers":
        client.isTalking = false;
        break;
      case "answer":
        client.talk();
        break;
      case "to broker":
        await this.#toBroker(random);
        break;
      case "to client":
        world.deliverTo(client, 1 + random.below(4));
        break;
      case "flow":
        await this.#flow();
        break;
      case "admit":
        world.admit(random.below(3));
        break;
      case "read":
        world.store.read();
        break;
      case "commit":
        world.store.succeed();
        break;
      case "fail commit":
        if (world.store.isWriting) this.#note?.("a commit fails");
        world.store.fail();
        break;
      case "fail read":
        if (world.store.isReading) this.#note?.("a read fails");
        world.store.failRead();
        break;
      case "task":
        await world.loop.run(1 + random.below(3));
        break;
      case "time":
        this.#jump(random.pick(JUMPS_MS));
        break;
      case "crash":
        await this.#crash(random);
        break;
    }
  }

  async #flow(): Promise<void> {
    const { loop } = this.#world;
    for (let i = 0; i < 3; i++) {
      await this.#world.flow();
      await loop.settle();
    }
  }

  /** At its own pace, or at once, perhaps just after a DISCONNECT. */
  async #reconnect(client: SimulatedClient, random: Random): Promise<void> {
    const before = client.wire;
    const isQuick = random.chance(0.4);
    if (isQuick && before !== undefined) {
      this.#disconnect(client, random);
      await this.#world.deliver(before, before.bytesUnderWay);
    }
    const wire = this.#connect(client, random);
    if (isQuick) await this.#world.deliver(wire, wire.bytesUnderWay);
  }

  #connect(client: SimulatedClient, random: Random): Wire {
    const isClean = random.chance(0.25);
    if (isClean) client.mustStartClean = true;
    const connect = client.connectPacket(random.pick(this.#character.expiries));
    connect.keepalive = random.pick([0, 0, 0, 5]);
    if (random.chance(0.4)) Object.assign(connect, { will: this.#will(client, random) });
    if (client.version === 5 && random.chance(0.4)) {
      connect.properties = { ...connect.properties, receiveMaximum: 1 + random.below(4) };
    }
    const wire = this.#world.dial(client, connect);
    wire.isSlow = random.chance(this.#character.slowAdmission);
    this.#tell(client, () => `dials #${wire.number}: ${JSON.stringify(connect)}`);
    return wire;
  }

  #will(client: SimulatedClient, random: Random): IConnectPacket["will"] {
    const id = `will-${client.id}.${++this.#wills}`;
    const topic = `will/${client.id}`;
    const qos = random.below(3) as QoS;
    const retain = random.chance(0.2);
    this.#world.message({ id, publisherId: client.id, number: 0, topic, qos, retain });
    const willDelayInterval = random.pick(WILL_DELAYS);
    const will = { topic, payload: Buffer.from(id), qos, retain };
    return client.version === 5 ? { ...will, properties: { willDelayInterval } } : will;
  }

  #disconnect(client: SimulatedClient, random: Random): void {
    const { wire } = client;
    if (wire === undefined || !client.isConnected) return;
    const packet: Packet = { cmd: "disconnect" };
    if (client.version === 5) {
      packet.reasonCode = random.chance(0.3) ? 4 : 0;
      const asked = wire.connect?.properties?.sessionExpiryInterval ?? 0;
      const sessionExpiryInterval = random.pick(this.#character.expiries);
      if (asked > 0 && random.chance(0.3)) packet.properties = { sessionExpiryInterval };
    }
    this.#tell(client, () => `disconnects: ${JSON.stringify(packet)}`);
    wire.send(packet);
    client.abandon();
  }

  async #lose(random: Random): Promise<void> {
    const { wires } = this.#world;
    if (wires.length === 0) return;
    const wire = random.pick(wires);
    if (random.chance(0.5)) await this.#deliverSome(wire, random);
    this.#note?.(`the broker learns that #${wire.number} of ${wire.clientId} is lost`);
    if (random.chance(0.5)) wire.cut();
    else wire.lose();
  }

  #publish(client: SimulatedClient, random: Random): void {
    const topic = random.pick(TOPICS);
    const qos = random.pick([0, 1, 1, 2, 2, 2] as const);
    const count = 1 + random.below(3);
    for (let i = 0; i < count; i++) {
      if (qos === 0 && client.wire === undefined) return;
      const packetId = qos === 0 ? 0 : client.freePacketId();
      if (packetId === undefined) return;
      const number = ++client.lastNumber;
      const message = this.#world.message({
        id: `${client.id}.${number}`,
        publisherId: client.id,
        number,
        topic,
        qos,
        retain: random.chance(0.15),
        expiryMs: client.version === 5 && random.chance(0.1) ? random.pick([1000, 5000, 100_000]) : 0,
        padding: random.chance(0.1) ? 4200 : 0,
        isOrdered: qos > 0 || client.isConnected,
      });
      this.#tell(client, () => `publishes ${message.id} to ${topic}, QoS ${qos}, as ${packetId}`);
      client.publish(message, packetId);
    }
  }

  #subscribe(client: SimulatedClient, random: Random): void {
    const topicFilter = random.pick(FILTERS);
    const qos = random.pick([0, 1, 2, 2, 2] as const);
    const noLocal = client.version === 5 && random.chance(0.15);
    if (!client.isConnected) return;
    this.#tell(client, () => `subscribes to ${topicFilter}, QoS ${qos}${noLocal ? ", No Local" : ""}`);
    client.subscribe(topicFilter, qos, noLocal);
  }

  #unsubscribe(client: SimulatedClient, topicFilter: string): void {
    this.#tell(client, () => `unsubscribes from ${topicFilter}`);
    client.unsubscribe(topicFilter);
  }

  async #toBroker(random: Random): Promise<void> {
    const { wires } = this.#world;
    if (wires.length > 0) await this.#deliverSome(random.pick(wires), random);
  }

  async #deliverSome(wire: Wire, random: Random): Promise<void> {
    const count = wire.bytesUnderWay;
    if (count > 0) await this.#world.deliver(wire, random.chance(0.3) ? count : 1 + random.below(count));
  }

  #jump(milliseconds: number): void {
    this.#note?.(`${milliseconds} ms pass`);
    this.#world.clock.jump(milliseconds);
  }

  /** Perhaps in the middle of handling something. */
  async #crash(random: Random): Promise<void> {
    const wire = random.pick([undefined, ...this.#world.wires]);
    if (wire !== undefined && wire.bytesUnderWay > 0) this.#world.deliverNow(wire, wire.bytesUnderWay);
    const isWritten = random.chance(0.5);
    const downtimeMs = random.pick(DOWNTIMES_MS);
    this.#note?.(`crash${isWritten ? " after writing" : ""}, back after ${downtimeMs} ms`);
    await this.#world.crash(isWritten, downtimeMs);
  }

  #tell(client: SimulatedClient, what: string | (() => string)): void {
    this.#note?.(`${client.id} ${typeof what === "string" ? what : what()}`);
  }
}
