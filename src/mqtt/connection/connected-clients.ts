import type { TransportKind } from "../../base/byte-stream.ts";
import type { ProtocolVersion } from "../codec/packets.ts";

export interface ConnectedCount {
  readonly transport: TransportKind;
  readonly protocolVersion: ProtocolVersion;
  readonly count: number;
}

/** How many clients are connected, by what carries them: counted as they come and go, so that nobody walks over them. */
export class ConnectedClients {
  readonly #counts = new Map<string, ConnectedCount>();

  joined(transport: TransportKind, protocolVersion: ProtocolVersion): void {
    this.#add(transport, protocolVersion, 1);
  }

  left(transport: TransportKind, protocolVersion: ProtocolVersion): void {
    this.#add(transport, protocolVersion, -1);
  }

  /** Those there are; transports and versions nobody uses are left out. */
  counts(): readonly ConnectedCount[] {
    return [...this.#counts.values()].filter(({ count }) => count > 0);
  }

  #add(transport: TransportKind, protocolVersion: ProtocolVersion, change: 1 | -1): void {
    const key = `${transport}/${protocolVersion}`;
    const count = (this.#counts.get(key)?.count ?? 0) + change;
    this.#counts.set(key, { transport, protocolVersion, count });
  }
}
