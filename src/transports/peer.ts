import type { Socket } from "node:net";
import type { ClientCertificate, TransportKind } from "../base/byte-stream.ts";
import { formatAddress, isLoopbackAddress } from "../base/network-address.ts";
import type { ProxiedSource } from "./proxy-protocol.ts";

/** Where a connection comes from. */
export interface Peer {
  readonly remoteAddress: string;
  readonly isLoopback: boolean;
}

/** What a stream knows of itself from its beginning. */
export interface StreamOrigin {
  readonly transport: TransportKind;
  readonly peer: Peer;
  readonly clientCertificate: ClientCertificate | undefined;
}

/** The other end of the socket itself. */
export function peerOf(socket: Socket): Peer {
  const address = socket.remoteAddress ?? "";
  return {
    remoteAddress: formatAddress(address, socket.remotePort ?? 0),
    isLoopback: isLoopbackAddress(address),
  };
}

/** The peer behind a proxy: never on the loopback, whatever is announced and wherever the proxy runs. */
export function peerBehind(proxy: Peer, source: ProxiedSource | undefined): Peer {
  const remoteAddress =
    source === undefined ? proxy.remoteAddress : formatAddress(source.address, source.port);
  return { remoteAddress, isLoopback: false };
}
