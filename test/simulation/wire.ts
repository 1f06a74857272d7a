import { generate, type IConnectPacket, type Packet, type Parser, parser } from "mqtt-packet";
import { SimulatedStream } from "./simulated-stream.ts";

/** Who watches the border between the network and the broker. */
export interface WireObserver {
  /** All bytes of a packet have reached the broker. */
  arrived(wire: Wire, packet: Packet): void;
  /** The broker wrote it. */
  left(wire: Wire, packet: Packet): void;
  /** The broker closed the connection, or was told that it is lost. Once, unless the process dies first. */
  ended(wire: Wire, byWhom: "broker" | "network"): void;
}

interface Sent {
  readonly packet: Packet;
  /** Bytes of it that have not arrived. */
  missing: number;
}

/** One network connection, with what is under way in both directions. */
export class Wire {
  readonly number: number;
  readonly clientId: string;
  readonly version: 4 | 5;
  readonly stream: SimulatedStream;
  /** The client knows this connection and uses it. */
  isOpenAtClient = true;
  /** What CONNECT said, once it was sent. */
  connect: IConnectPacket | undefined;
  /** It takes the broker long to say whose it is. */
  isSlow = false;
  /** The moment its CONNECT arrived. */
  connectAt = 0;
  readonly #observer: WireObserver;
  readonly #parser: Parser;
  #bytes = Buffer.alloc(0);
  #sent: Sent[] = [];
  readonly #toClient: Packet[] = [];

  constructor(number: number, clientId: string, version: 4 | 5, observer: WireObserver) {
    this.number = number;
    this.clientId = clientId;
    this.version = version;
    this.#observer = observer;
    this.#parser = parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => {
      this.#toClient.push(packet);
      observer.left(this, packet);
    });
    this.#parser.on("error", (error) => {
      throw error;
    });
    this.stream = new SimulatedStream({
      wrote: (bytes) => void this.#parser.parse(bytes),
      ended: () => observer.ended(this, "broker"),
    });
  }

  // ---- the client's end

  send(packet: Packet): void {
    if (packet.cmd === "connect") this.connect = packet;
    const bytes = generate(packet, { protocolVersion: this.version });
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#sent.push({ packet, missing: bytes.length });
  }

  /** What has come to the client, at most one packet. */
  receive(): Packet | undefined {
    return this.#toClient.shift();
  }

  get hasForClient(): boolean {
    return this.isOpenAtClient && (this.#toClient.length > 0 || this.stream.isEnded);
  }

  get waitingForClient(): number {
    return this.#toClient.length;
  }

  // ---- the network

  /** Bytes that may arrive at the broker now. */
  get bytesUnderWay(): number {
    return this.stream.isEnded || !this.stream.isReading ? 0 : this.#bytes.length;
  }

  /** The next `count` bytes arrive. */
  deliver(count: number): void {
    const chunk = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    let rest = count;
    while (rest > 0) {
      const first = this.#sent[0] as Sent;
      const part = Math.min(rest, first.missing);
      first.missing -= part;
      rest -= part;
      if (first.missing > 0) break;
      this.#sent.shift();
      this.#observer.arrived(this, first.packet);
    }
    this.stream.arrive(chunk);
  }

  /** The broker learns that the connection is lost; what was under way is gone. */
  lose(): void {
    this.#bytes = Buffer.alloc(0);
    if (this.stream.isEnded) return;
    this.#observer.ended(this, "network");
    this.stream.lose();
  }

  /** What was on its way to the client is gone too. */
  cut(): void {
    this.#toClient.length = 0;
    this.lose();
  }
}
