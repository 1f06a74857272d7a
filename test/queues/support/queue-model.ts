interface ModelMessage {
  readonly text: string;
  readonly priority: number;
  readonly place: number;
  readonly due: number;
  redelivered: boolean;
  returns: number;
}

/** A queue as simple as can be: a sorted list, looked through whole each time. */
export class QueueModel {
  readonly #deliveryLimit: number;
  #ready: ModelMessage[] = [];
  #held = new Map<string, ModelMessage>();
  #place = 0;
  deadCount = 0;

  constructor(deliveryLimit: number) {
    this.#deliveryLimit = deliveryLimit;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  inHands(): [string, boolean][] {
    return [...this.#held.values()].map(({ text, redelivered }) => [text, redelivered]);
  }

  publish(text: string, priority: number, due: number): void {
    this.#put({ text, priority, place: this.#place++, due, redelivered: false, returns: 0 });
  }

  /** What is due and first of its priority goes; what `capacity` leaves room for is handed out. */
  settle(now: number, capacity: number): void {
    this.expire(now);
    while (this.#held.size < capacity && this.takeFirst() !== undefined) this.expire(now);
  }

  expire(now: number): void {
    for (const priority of [0, 1, 2]) {
      for (;;) {
        const head = this.#ready.find((message) => message.priority === priority);
        if (head === undefined || head.due > now) break;
        this.#ready.splice(this.#ready.indexOf(head), 1);
        this.deadCount++;
      }
    }
  }

  takeFirst(): ModelMessage | undefined {
    const first = this.#ready.shift();
    if (first !== undefined) this.#held.set(first.text, first);
    return first;
  }

  acknowledge(text: string): void {
    this.#held.delete(text);
  }

  reject(text: string): void {
    this.#held.delete(text);
    this.deadCount++;
  }

  requeue(text: string): void {
    const message = this.#held.get(text);
    if (message === undefined) return;
    this.#held.delete(text);
    message.returns++;
    message.redelivered = true;
    if (message.returns > this.#deliveryLimit) this.deadCount++;
    else this.#put(message);
  }

  purge(): number {
    return this.#ready.splice(0).length;
  }

  restart(wasKilled: boolean): void {
    for (const message of this.#held.values()) {
      message.redelivered = true;
      this.#put(message);
    }
    this.#held.clear();
    if (wasKilled) for (const message of this.#ready) message.redelivered = true;
  }

  #put(message: ModelMessage): void {
    this.#ready.push(message);
    this.#ready.sort((a, b) => b.priority - a.priority || a.place - b.place);
  }
}
