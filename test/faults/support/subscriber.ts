import type { IPublishPacket, Packet, QoS } from "mqtt-packet";
import { Link, type Version } from "./link.ts";
import { readNumbered } from "./numbered-message.ts";

export interface SubscriberOptions {
  readonly id: string;
  readonly port: number;
  readonly version: Version;
  readonly qos: 1 | 2;
  readonly topicFilters: readonly string[];
  readonly receiveMaximum?: number;
  /** Milliseconds until the next answers leave, which leave together; 0 = with the packet that asked for them. */
  answerDelayMs(): number;
}

/**
 * A persistent subscriber that keeps to the standard, and judges what its application gets: per topic 1, 2, 3 and so
 * on, with repeats only where QoS 1 allows them.
 */
export class Subscriber {
  readonly id: string;
  readonly faults: string[] = [];
  /** By topic: the last sequence in order. */
  readonly received = new Map<string, number>();
  /** Messages the application got again with QoS 1. */
  repeats = 0;
  readonly #options: SubscriberOptions;
  /** QoS 2 packet ids between PUBLISH and PUBREL [MQTT-4.3.3-10]. */
  readonly #unreleased = new Set<number>();
  #link: Link | undefined;
  #isSubscribed = false;
  #subscribing: (() => void) | undefined;
  #answers: Packet[] = [];
  #answering: NodeJS.Timeout | undefined;
  #whenProgress: (() => void) | undefined;

  constructor(options: SubscriberOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get isOnline(): boolean {
    return this.#link?.isOpen === true;
  }

  async connect(): Promise<void> {
    const { id: clientId, port, version, receiveMaximum } = this.#options;
    await this.#link?.closed; // what it still has to say was said before
    this.#dropAnswers();
    const link = new Link({
      port,
      version,
      clientId,
      isPersistent: true,
      ...(receiveMaximum !== undefined && { receiveMaximum }),
      arrived: (packet) => this.#arrived(packet),
    });
    this.#link = link;
    void link.closed.then(() => this.#subscribing?.());
    const connack = await link.connected;
    if (this.#isSubscribed && !connack.sessionPresent) this.faults.push(`${clientId}: its session was lost`);
    if (!this.#isSubscribed) await this.#subscribe(link);
  }

  hangUp(): void {
    this.#dropAnswers();
    this.#link?.hangUp();
  }

  /** Resolves when every topic of `wanted` was received up to its sequence, or after `patienceMs`. */
  async caughtUp(wanted: ReadonlyMap<string, number>, patienceMs: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (this.isOnline && this.missing(wanted).length > 0 && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const patience = setTimeout(resolve, deadline - Date.now());
        this.#whenProgress = () => {
          clearTimeout(patience);
          resolve();
        };
      });
    }
  }

  /** What was acknowledged to publishers and did not come here. */
  missing(wanted: ReadonlyMap<string, number>): string[] {
    return [...wanted].flatMap(([topicName, sequence]) => {
      const last = this.received.get(topicName) ?? 0;
      return last >= sequence ? [] : [`${this.id}: ${topicName}: got ${last} of ${sequence}`];
    });
  }

  async #subscribe(link: Link): Promise<void> {
    const { topicFilters, qos, version } = this.#options;
    const answered = new Promise<void>((resolve) => {
      this.#subscribing = resolve;
    });
    const options = version === 5 ? { qos, nl: false, rap: true, rh: 2 as const } : { qos };
    const subscriptions = topicFilters.map((topic) => ({ topic, ...options }));
    link.send({ cmd: "subscribe", messageId: 1, subscriptions });
    await answered;
  }

  #arrived(packet: Packet): void {
    switch (packet.cmd) {
      case "suback":
        this.#isSubscribed = true;
        this.#subscribing?.();
        break;
      case "publish":
        this.#publishArrived(packet);
        break;
      case "pubrel":
        this.#unreleased.delete(packet.messageId as number);
        this.#answer({ cmd: "pubcomp", messageId: packet.messageId as number });
        break;
      case "disconnect":
        break;
      default:
        this.faults.push(`${this.id}: got ${packet.cmd}`);
    }
  }

  #publishArrived(packet: IPublishPacket): void {
    const messageId = packet.messageId as number;
    if (packet.qos === 1) {
      this.#deliver(packet);
      this.#answer({ cmd: "puback", messageId });
      return;
    }
    if (!this.#unreleased.has(messageId)) this.#deliver(packet);
    else if (!packet.dup)
      this.faults.push(`${this.id}: packet id ${messageId} was used again before PUBCOMP`);
    this.#unreleased.add(messageId);
    this.#answer({ cmd: "pubrec", messageId });
  }

  #deliver({ topic, payload, qos }: IPublishPacket): void {
    const { sequence } = readNumbered(topic, payload);
    const last = this.received.get(topic) ?? 0;
    if (sequence === last + 1) this.received.set(topic, sequence);
    else if (sequence <= last) this.#repeated(topic, sequence, qos);
    else this.faults.push(`${this.id}: ${topic}: ${sequence} came after ${last}`);
    this.#whenProgress?.();
  }

  /**
   * With QoS 1 a repeat need not carry DUP: what was sent on before it was on disk is forgotten with the process, and
   * is a new message when its publisher sends it again.
   */
  #repeated(topicName: string, sequence: number, qos: QoS): void {
    this.repeats++;
    if (qos === 2) this.faults.push(`${this.id}: ${topicName}: ${sequence} came twice with QoS 2`);
  }

  #answer(packet: Packet): void {
    this.#answers.push(packet);
    const delayMs = this.#options.answerDelayMs();
    if (this.#answering !== undefined) return;
    if (delayMs === 0) this.#flush();
    else this.#answering = setTimeout(() => this.#flush(), delayMs);
  }

  #flush(): void {
    this.#answering = undefined;
    for (const packet of this.#answers.splice(0)) this.#link?.send(packet);
  }

  #dropAnswers(): void {
    clearTimeout(this.#answering);
    this.#answering = undefined;
    this.#answers = [];
  }
}
