import { Group } from "../group.js";
import { CHUNKS } from "../publisher.js";
import { publication } from "./amqp-frames.js";
import { AmqpPeer } from "./amqp-peer.js";

/** Sends one chunk of messages again and again, from bytes made before the clock starts. */
class AmqpPublisher {
  peer;
  #bytes;
  #chunkMessages;
  #window;
  #hasConfirms;
  #written = 0;

  constructor(peer, queue, { window, payloadBytes, isDurable, hasConfirms }) {
    this.peer = peer;
    this.#window = window;
    this.#chunkMessages = window / CHUNKS;
    this.#hasConfirms = hasConfirms;
    const one = publication(1, queue, Buffer.alloc(payloadBytes, "x"), isDurable ? 2 : 1);
    this.#bytes = Buffer.concat(Array.from({ length: this.#chunkMessages }, () => one));
  }

  mayWrite() {
    return !this.#hasConfirms || this.#written - this.peer.acknowledged + this.#chunkMessages <= this.#window;
  }

  writeChunk() {
    this.peer.write(this.#bytes);
    this.#written += this.#chunkMessages;
  }
}

/** All connections of one AMQP scenario: queue n has publishers and consumers of its own. */
export class AmqpLoad {
  groups = [];
  #scenario;
  #target;

  constructor(scenario, target) {
    this.#scenario = scenario;
    this.#target = target;
  }

  async open() {
    for (let n = 0; n < this.#scenario.queues; n++) this.groups.push(await this.#openGroup(n));
  }

  async #openGroup(n) {
    const { isDurable, hasConfirms, hasConsumers, prefetch } = this.#scenario;
    const queue = `bench-${n}`;
    const group = new Group(this.#scenario);
    const publishing = await this.#connect(group);
    await publishing.declare(queue, isDurable);
    if (hasConfirms) await publishing.confirmSelect();
    group.publishers.push(new AmqpPublisher(publishing, queue, this.#scenario));
    if (!hasConsumers) return group;
    const consuming = await this.#connect(group);
    await consuming.consume(queue, prefetch);
    group.subscribers.push(consuming);
    return group;
  }

  async #connect(group) {
    const peer = new AmqpPeer(this.#target, () => group.pump());
    await peer.connect();
    return peer;
  }

  start() {
    for (const group of this.groups) group.start();
  }

  stop() {
    for (const group of this.groups) group.stop();
  }

  close() {
    for (const { subscribers, publishers } of this.groups) {
      for (const peer of subscribers) peer.destroy();
      for (const { peer } of publishers) peer.destroy();
    }
  }

  /** Messages: what was confirmed, or what arrived. */
  get count() {
    return this.#sum(this.#scenario.hasConsumers ? "received" : "acknowledged");
  }

  /** Sent, and not there yet. */
  get outstanding() {
    return this.#sum("sent") - this.count;
  }

  #sum(what) {
    return this.groups.reduce((sum, group) => sum + group[what], 0);
  }
}
