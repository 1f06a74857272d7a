import { Group } from "./group.js";
import { Latencies } from "./latencies.js";
import { Pacer } from "./pacing.js";
import { Peer } from "./peer.js";
import { Publisher } from "./publisher.js";

/** Connections opened at a time. */
const AT_A_TIME = 50;

/** All connections of one scenario of traffic. */
export class Load {
  #scenario;
  #target;
  #groups;
  #pacer;
  #latencies;

  /** @param {import("./streams.js").Target & { version: 4 | 5 }} target */
  constructor(scenario, target) {
    this.#scenario = scenario;
    this.#target = target;
    if (scenario.rate !== undefined) this.#latencies = new Latencies();
    this.#groups = Array.from({ length: scenario.groups }, () => new Group(scenario));
  }

  async open() {
    const { subscribers, publishers, rate } = this.#scenario;
    await inTurns(subscribers, (i) => this.#openSubscriber(i));
    await inTurns(publishers, (i) => this.#openPublisher(i));
    const all = this.#groups.flatMap((group) => group.publishers);
    if (rate !== undefined) this.#pacer = new Pacer(all, this.#scenario, rate);
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
    return this.#sum(this.#scenario.counts === "delivered" ? "received" : "acknowledged");
  }

  get reads() {
    return this.#sum("reads");
  }

  get lost() {
    return this.#sum("lost");
  }

  get sent() {
    return this.#pacer?.sent ?? this.#sum("sent");
  }

  /** Offline sessions are owed what was acknowledged. */
  get outstanding() {
    const { session, subscribers, groups, fan } = this.#scenario;
    const owed = session === "offline" ? this.#sum("acknowledged") * (subscribers / groups) : this.sent * fan;
    return owed - this.#sum("received") - this.lost;
  }

  /** Sent at QoS 1 or 2 and not answered yet. */
  get unacknowledged() {
    return this.sent - this.#sum("acknowledged");
  }

  /** Progress of any kind: when it stays, nothing comes any more. */
  get progress() {
    return this.#sum("acknowledged") + this.#sum("received");
  }

  /** Forgets the latencies of the warm-up. */
  forgetLatencies() {
    this.#latencies?.forget();
    this.#pacer?.lateness.forget();
  }

  /** Empty where latency is not measured. */
  get latencies() {
    if (this.#pacer === undefined) return {};
    return { ...this.#latencies.summary(), generatorLateP99Ms: this.#pacer.lateness.summary().p99Ms };
  }

  /** Takes for lost what is still on its way: for a broker that drops, or nothing would be sent any more. */
  giveUpOutstanding() {
    if (this.#pacer !== undefined || this.#scenario.fan === 0) return;
    for (const group of this.#groups) {
      group.lost += group.outstanding;
      group.pump();
    }
  }

  /** The offline sessions come back for what was acknowledged in their absence. */
  async resume() {
    await inTurns(this.#scenario.subscribers, async (i) => {
      const peer = new Peer(this.#target);
      this.#groups[i % this.#scenario.groups].subscribers.push(peer);
      await peer.connect(`${this.#scenario.clients}-subscriber-${i}`, false);
    });
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

  async #openSubscriber(i) {
    const { groups, filters, qos, session } = this.#scenario;
    const group = this.#groups[i % groups];
    const peer = new Peer(this.#target, () => group.pump());
    peer.latencies = this.#latencies;
    await peer.connect(`${this.#scenario.clients}-subscriber-${i}`, session === "clean");
    await peer.subscribe(filters(i % groups, i), qos);
    if (session === "offline") await peer.disconnect();
    else group.subscribers.push(peer);
  }

  async #openPublisher(i) {
    const { groups, topics } = this.#scenario;
    const group = this.#groups[i % groups];
    const peer = new Peer(this.#target, () => group.pump());
    await peer.connect(`${this.#scenario.clients}-publisher-${i}`, true);
    group.publishers.push(new Publisher(peer, topics(i % groups, i), this.#scenario));
  }
}

/** Runs a task for 0…count - 1, a bounded number at a time. */
export async function inTurns(count, task, atATime = AT_A_TIME) {
  let next = 0;
  const worker = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, count) }, worker));
}
