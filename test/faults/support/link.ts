import { connect, type Socket } from "node:net";
import { generate, type IConnackPacket, type Packet, parser } from "mqtt-packet";

export type Version = 4 | 5;

const CONNACK_TIMEOUT_MS = 20_000;

export interface LinkOptions {
  readonly port: number;
  readonly version: Version;
  readonly clientId: string;
  readonly isPersistent: boolean;
  readonly receiveMaximum?: number;
  /** Everything after CONNACK. */
  arrived(packet: Packet): void;
}

/** One network connection of a client, which may end at any moment without that being an error. */
export class Link {
  /** CONNACK; rejects when the connection ends before it. */
  readonly connected: Promise<IConnackPacket>;
  /** Resolves when nothing comes from it any more. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #version: Version;
  #isOpen = true;

  constructor(options: LinkOptions) {
    this.#version = options.version;
    this.#socket = connect({ port: options.port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("error", () => {}); // "close" follows
    this.closed = new Promise((resolve) =>
      this.#socket.once("close", () => {
        this.#isOpen = false;
        resolve();
      }),
    );
    this.connected = this.#handshake(options);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(packet: Packet): void {
    if (this.#isOpen) this.#socket.write(generate(packet, { protocolVersion: this.#version }));
  }

  /** Ends without a DISCONNECT. */
  hangUp(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #handshake(options: LinkOptions): Promise<IConnackPacket> {
    const packets = parser({ protocolVersion: this.#version });
    this.#socket.on("data", (bytes) => packets.parse(bytes));
    this.send(connectPacket(options));
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error("no CONNACK came")), CONNACK_TIMEOUT_MS);
      let isConnected = false;
      packets.on("packet", (packet: Packet) => {
        if (isConnected) options.arrived(packet);
        else if (packet.cmd === "connack") resolve(packet);
        isConnected = true;
        clearTimeout(patience);
      });
      packets.on("error", reject);
      this.#socket.once("close", () => {
        clearTimeout(patience);
        reject(new Error("the connection ended before CONNACK"));
      });
    });
  }
}

function connectPacket({ clientId, version, isPersistent, receiveMaximum }: LinkOptions): Packet {
  const sessionExpiryInterval = isPersistent ? 0xffff_ffff : 0;
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: version,
    clientId,
    clean: !isPersistent,
    keepalive: 0,
    ...(version === 5 && {
      properties: { sessionExpiryInterval, ...(receiveMaximum !== undefined && { receiveMaximum }) },
    }),
  };
}
