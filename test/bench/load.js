import { Latencies, Pacer } from "./pacing.js";
import { publish } from "./packets.js";
import { Peer } from "./peer.js";

/** A publisher writes a quarter of its window at once, never less: writes stay large when acknowledgements trickle. */
const CHUNKS = 4;

/** Publishers and subscribers that share topics, with a bound on what is on its way between them. */
class Group {
  subscribers = [];
  publishers = [];
  sent = 0;
  lost = 0;
  #scenario;
  #turn = 0;
  #isStopped = true;

  constructor(scenario) {
    this.#scenario = scenario;
  }

  get received() {
    return this.subscribers.reduce((sum, peer) => sum + peer.received, 0);
  }

  get acknowledged() {
    return this.publishers.reduce((sum, publisher) => sum + publisher.peer.acknowledged, 0);
  }

  get outstanding() {
    return this.sent * this.#scenario.fan - this.received - this.lost;
  }

  start() {
    this.#isStopped = false;
    this.pump();
  }

  stop() {
    this.#isStopped = true;
  }

  /** Lets every publisher that has room write a chunk, beginning with the one whose turn it is. */
  pump() {
    if (this.#isStopped) return;
    const { window, fan } = this.#scenario;
    const chunk = window / CHUNKS;
    let room = window * this.publishers.length * fan - this.outstanding;
    for (let skipped = 0; skipped < this.publishers.length && room >= chunk * fan; ) {
      const publisher = this.publishers[this.#turn];
      this.#turn = (this.#turn + 1) % this.publishers.length;
      if (publisher.mayWrite()) {
        publisher.writeChunk();
        this.sent += chunk;
        room -= chunk * fan;
        skipped = 0;
      } else {
        skipped++;
      }
    }
  }
}

class Publisher {
  peer;
  topic;
  #chunks;
  #chunkMessages;
  #next = 0;
  #written = 0;
  #hasAcknowledgements;
  #window;

  constructor(peer, topic, scenario) {
    const { qos, window, payloadBytes } = scenario;
    this.peer = peer;
    this.topic = topic;
    this.#window = window;
    this.#chunkMessages = window / CHUNKS;
    this.#hasAcknowledgements = qos > 0;
    const payload = Buffer.alloc(payloadBytes, "x");
    // ids 1…window go round: acknowledgements come in order, so an id is free again when its chunk's turn comes
    const frames = Array.from({ length: window }, (_, at) => publish(topic, payload, qos, at + 1));
    this.#chunks = Array.from({ length: CHUNKS }, (_, at) =>
      Buffer.concat(frames.slice(at * this.#chunkMessages, (at + 1) * this.#chunkMessages)),
    );
  }

  mayWrite() {
    if (!this.#hasAcknowledgements) return true;
    return this.#written - this.peer.acknowledged + this.#chunkMessages <= this.#window;
  }

  writeChunk() {
    this.peer.write(this.#chunks[this.#next]);
    this.#next = (this.#next + 1) % CHUNKS;
    this.#written += this.#chunkMessages;
  }
}

/** All connections of one scenario. */
export class Load {
  #scenario;
  #groups;
  #pacer;
  #latencies;

  constructor(scenario) {
    this.#scenario = scenario;
    if (scenario.rate !== undefined) this.#latencies = new Latencies(scenario.payloadBytes);
    this.#groups = Array.from({ length: scenario.groups }, () => new Group(scenario));
  }

  async open(port) {
    for (let i = 0; i < this.#scenario.subscribers; i++) await this.#openSubscriber(port, i);
    for (let i = 0; i < this.#scenario.publishers; i++) await this.#openPublisher(port, i);
    const publishers = this.#groups.flatMap((group) => group.publishers);
    if (this.#scenario.rate !== undefined) this.#pacer = new Pacer(publishers, this.#scenario);
  }

  start() {
    if (this.#pacer !== undefined) this.#pacer.start();
    else for (const group of this.#groups) group.start();
  }

  stop() {
    this.#pacer?.stop();
    for (const group of this.#groups) group.stop();
  }

  /** Messages counted as the scenario wants them counted. */
  get count() {
    const what = this.#scenario.counts === "delivered" ? "received" : "acknowledged";
    return this.#sum(what);
  }

  get lost() {
    return this.#sum("lost");
  }

  get sent() {
    return this.#pacer?.sent ?? this.#sum("sent");
  }

  get outstanding() {
    if (this.#scenario.isOffline) return this.#sum("acknowledged") - this.#sum("received");
    return this.sent * this.#scenario.fan - this.#sum("received") - this.lost;
  }

  /** Forgets the latencies of the warm-up. */
  forgetLatencies() {
    this.#latencies?.forget();
  }

  /** Empty where latency is not measured. */
  get latencies() {
    return this.#latencies?.summary() ?? {};
  }

  /** Takes for lost what is still on its way: for a broker that drops, or nothing would be sent any more. */
  giveUpOutstanding() {
    if (this.#pacer !== undefined) return;
    for (const group of this.#groups) {
      group.lost += group.outstanding;
      group.pump();
    }
  }

  /** Progress of any kind: when it stays, nothing comes any more. */
  get progress() {
    return this.#sum("acknowledged") + this.#sum("received");
  }

  /** The offline sessions come back for what was acknowledged in their absence. */
  async resume(port) {
    for (let i = 0; i < this.#scenario.subscribers; i++) {
      const peer = new Peer(port, () => {});
      this.#groups[i % this.#scenario.groups].subscribers.push(peer);
      await peer.connect(`subscriber-${i}`, false);
    }
  }

  close() {
    for (const group of this.#groups) {
      for (const peer of group.subscribers) peer.destroy();
      for (const publisher of group.publishers) publisher.peer.destroy();
    }
  }

  #sum(what) {
    return this.#groups.reduce((sum, group) => sum + group[what], 0);
  }

  async #openSubscriber(port, i) {
    const { groups, filter, qos, isOffline } = this.#scenario;
    const group = this.#groups[i % groups];
    const peer = new Peer(port, () => group.pump());
    peer.latencies = this.#latencies;
    await peer.connect(`subscriber-${i}`, !isOffline);
    await peer.subscribe(named(filter, i % groups, i), qos);
    if (isOffline) await peer.disconnect();
    else group.subscribers.push(peer);
  }

  async #openPublisher(port, i) {
    const { groups, topic } = this.#scenario;
    const group = this.#groups[i % groups];
    const peer = new Peer(port, () => group.pump());
    await peer.connect(`publisher-${i}`, true);
    group.publishers.push(new Publisher(peer, named(topic, i % groups, i), this.#scenario));
  }
}

function named(pattern, group, i) {
  return pattern.replace("%g", String(group).padStart(4, "0")).replace("%i", String(i).padStart(4, "0"));
}
