import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** After how many bytes of a direction the network fails; a direction that is not named never ends it. */
export interface Cut {
  readonly fromBroker?: number;
  readonly fromClient?: number;
}

// CONNECT with some more of the client, CONNACK with some more of the broker.
const CONNECTING: Required<Cut> = { fromClient: 512, fromBroker: 64 };

/** The network between a client and the broker, which a test can let fail; works for every client and transport. */
export interface CuttableLink {
  readonly port: number;
  /** Ends the current connections without a word of MQTT. */
  cut(): void;
  /** Holds back what the broker sends, and all but the beginning of later connections: as much as connecting takes. */
  hold(): void;
  /** Lets go what is held of the current connection, which then ends as `cut` says. Later ones are held. */
  release(cut: Cut): void;
  /** Holds nothing any more. */
  releaseAll(): void;
  close(): Promise<void>;
}

/** Opens a link to a loopback port. */
export async function openLink(brokerPort: number): Promise<CuttableLink> {
  const link = new Link(brokerPort);
  await link.listen();
  return link;
}

class Link implements CuttableLink {
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  #isHolding = false;

  constructor(brokerPort: number) {
    this.#server = createServer((client) => {
      const wire = new Wire(client, connect(brokerPort, "127.0.0.1"));
      if (this.#isHolding) wire.holdAfter(CONNECTING);
      this.#wires.add(wire);
      client.once("close", () => this.#wires.delete(wire));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
  }

  cut(): void {
    for (const wire of this.#wires) wire.cut();
  }

  hold(): void {
    this.#isHolding = true;
    for (const wire of this.#wires) wire.holdAfter({ fromBroker: 0, fromClient: Number.POSITIVE_INFINITY });
  }

  release(cut: Cut): void {
    for (const wire of this.#wires) wire.release(cut);
  }

  releaseAll(): void {
    this.#isHolding = false;
    this.release({});
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** One connection: the two directions of bytes between its sockets. */
class Wire {
  readonly #fromClient: Direction;
  readonly #fromBroker: Direction;

  constructor(client: Socket, broker: Socket) {
    this.#fromClient = new Direction(client, broker);
    this.#fromBroker = new Direction(broker, client);
  }

  holdAfter({ fromBroker, fromClient }: Required<Cut>): void {
    this.#fromBroker.holdAfter(fromBroker);
    this.#fromClient.holdAfter(fromClient);
  }

  release({ fromBroker, fromClient }: Cut): void {
    this.#fromBroker.release(fromBroker);
    this.#fromClient.release(fromClient);
  }

  cut(): void {
    this.#fromClient.cut();
  }
}

/** Bytes on their way from one socket to another. */
class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  #held: Buffer[] = [];
  #leftToHold = Number.POSITIVE_INFINITY;
  #leftToCut = Number.POSITIVE_INFINITY;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => this.#pass(chunk));
    from.on("error", () => {}); // "close" follows
    from.once("close", () => to.destroySoon());
  }

  holdAfter(bytes: number): void {
    this.#leftToHold = bytes;
  }

  release(cutAfter = Number.POSITIVE_INFINITY): void {
    const held = Buffer.concat(this.#held);
    this.#held = [];
    this.#leftToHold = Number.POSITIVE_INFINITY;
    this.#leftToCut = cutAfter;
    if (held.length > 0) this.#pass(held);
  }

  cut(): void {
    this.#from.destroy();
    this.#to.destroy();
  }

  #pass(chunk: Buffer): void {
    const now = chunk.subarray(0, this.#leftToHold);
    const later = chunk.subarray(now.length);
    this.#leftToHold -= now.length;
    if (later.length > 0) this.#held.push(later);
    if (now.length > 0) this.#write(now);
  }

  #write(chunk: Buffer): void {
    if (chunk.length < this.#leftToCut) {
      this.#leftToCut -= chunk.length;
      this.#to.write(chunk);
      return;
    }
    this.#to.end(chunk.subarray(0, this.#leftToCut), () => this.cut());
    this.#leftToCut = 0;
  }
}
