import { Link } from "../support/link.ts";

/** Opens, subscribes and ends sessions one after the other until the broker is gone, and notes what it was answered. */
export class Registrar {
  /** Client ids whose session was acknowledged, with the filters whose subscription was. */
  readonly present = new Map<string, Set<string>>();
  /** Client ids whose session ended with an acknowledgement. */
  readonly absent = new Set<string>();
  readonly #port: number;
  #last = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when the connection to the broker is lost. */
  async work(): Promise<void> {
    for (;;) {
      const clientId = `newcomer-${++this.#last}`;
      if (!(await this.#register(clientId))) return;
      if (this.#last % 3 === 0 && !(await this.#end(clientId))) return;
    }
  }

  async #register(clientId: string): Promise<boolean> {
    const connected = await this.#connect(clientId, true);
    if (connected === undefined) return false;
    const filters = new Set<string>();
    this.present.set(clientId, filters);
    for (const topic of ["a/#", "b/+/c"]) {
      connected.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] });
      if (!(await connected.answered())) return false;
      filters.add(topic);
    }
    connected.hangUp();
    return true;
  }

  async #end(clientId: string): Promise<boolean> {
    const filters = this.present.get(clientId);
    this.present.delete(clientId); // from here on it may be gone
    const connected = await this.#connect(clientId, false);
    if (connected === undefined) return false;
    if (filters !== undefined) this.absent.add(clientId);
    connected.hangUp();
    return true;
  }

  /** Undefined when the broker is gone. */
  async #connect(clientId: string, isPersistent: boolean) {
    let answer: ((isAnswered: boolean) => void) | undefined;
    const link = new Link({
      port: this.#port,
      version: 5,
      clientId,
      isPersistent,
      arrived: () => answer?.(true),
    });
    try {
      await link.connected;
    } catch {
      return undefined; // the broker was killed: what this connection asked for may or may not be there
    }
    return {
      send: link.send.bind(link),
      hangUp: link.hangUp.bind(link),
      answered: () =>
        new Promise<boolean>((resolve) => {
          answer = resolve;
          void link.closed.then(() => resolve(false));
        }),
    };
  }
}
