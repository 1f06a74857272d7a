import { isIPv4, isIPv6, SocketAddress } from "node:net";

/** Where the proxy's client came from. */
export interface ProxiedSource {
  readonly address: string;
  readonly port: number;
}

/** What the bytes at the beginning of a proxied connection are. */
export type ProxyHeader =
  | { readonly kind: "incomplete" }
  | { readonly kind: "invalid"; readonly reason: string }
  /** `source` is undefined when the proxy speaks for itself (LOCAL) or does not know (UNKNOWN). */
  | { readonly kind: "complete"; readonly length: number; readonly source: ProxiedSource | undefined };

const INCOMPLETE: ProxyHeader = { kind: "incomplete" };

const V1_PREFIX = Buffer.from("PROXY ");
const V1_MAXIMUM_BYTES = 107;
const V1_LINE = /^PROXY (TCP4|TCP6) (\S{1,39}) (\S{1,39}) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

const V2_SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const V2_HEAD_BYTES = 16;
/** The protocol would allow 65535; addresses take at most 216, the rest is for what proxies tell in TLVs. */
const V2_MAXIMUM_BODY_BYTES = 4096;

const Command = { Local: 0, Proxy: 1 } as const;
const Family = { Unspecified: 0, Internet: 1, Internet6: 2, Unix: 3 } as const;
const Protocol = { Unspecified: 0, Stream: 1 } as const;

/** Bytes of the addresses and ports by family. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = {
  [Family.Unspecified]: 0,
  [Family.Internet]: 12,
  [Family.Internet6]: 36,
  [Family.Unix]: 216,
};

/** Reads the header of the PROXY protocol, version 1 (text) or 2 (binary), from the first bytes of a connection. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsAs(bytes, V2_SIGNATURE)) return parseVersion2(bytes);
  if (beginsAs(bytes, V1_PREFIX)) return parseVersion1(bytes);
  return invalid("it does not begin with a PROXY header");
}

/** Whether as much as there is of `bytes` agrees with `expected`. */
function beginsAs(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.subarray(0, length).equals(expected.subarray(0, length));
}

/** header => "PROXY" ("TCP4" | "TCP6") source destination source_port destination_port CRLF | "PROXY UNKNOWN" … CRLF */
function parseVersion1(bytes: Buffer): ProxyHeader {
  const head = bytes.toString("latin1", 0, V1_MAXIMUM_BYTES);
  const end = head.indexOf("\r\n");
  if (end < 0) {
    return head.length < V1_MAXIMUM_BYTES ? INCOMPLETE : invalid("its line is longer than 107 bytes");
  }
  const line = head.slice(0, end);
  const length = end + 2;
  if (line === "PROXY UNKNOWN" || line.startsWith("PROXY UNKNOWN ")) {
    return { kind: "complete", length, source: undefined };
  }
  const [, family, address = "", destination = "", port, destinationPort] = V1_LINE.exec(line) ?? [];
  const isAddress = family === "TCP4" ? isIPv4 : isPlainIPv6;
  const isValid =
    isAddress(address) && isAddress(destination) && isPort(Number(port)) && isPort(Number(destinationPort));
  if (!isValid) return invalid("its line cannot be read");
  return { kind: "complete", length, source: { address: canonical(address), port: Number(port) } };
}

/** header => signature:12 version_and_command:1 family_and_protocol:1 length:2 [addresses] [TLVs] */
function parseVersion2(bytes: Buffer): ProxyHeader {
  if (bytes.length < V2_HEAD_BYTES) return INCOMPLETE;
  const version = bytes.readUInt8(12) >> 4;
  const command = bytes.readUInt8(12) & 0x0f;
  const bodyBytes = bytes.readUInt16BE(14);
  if (version !== 2) return invalid(`its version is ${version}`);
  if (command !== Command.Local && command !== Command.Proxy) return invalid(`its command is ${command}`);
  if (bodyBytes > V2_MAXIMUM_BODY_BYTES) return invalid(`it is longer than ${V2_MAXIMUM_BODY_BYTES} bytes`);
  const length = V2_HEAD_BYTES + bodyBytes;
  if (command === Command.Local) {
    return bytes.length < length ? INCOMPLETE : { kind: "complete", length, source: undefined };
  }
  const family = bytes.readUInt8(13) >> 4;
  const reason = objectionTo(family, bytes.readUInt8(13) & 0x0f, bodyBytes);
  if (reason !== undefined) return invalid(reason);
  if (bytes.length < length) return INCOMPLETE;
  return { kind: "complete", length, source: sourceOf(bytes.subarray(V2_HEAD_BYTES, length), family) };
}

function objectionTo(family: number, protocol: number, bodyBytes: number): string | undefined {
  const addressBytes = ADDRESS_BYTES[family];
  if (addressBytes === undefined) return `its address family is ${family}`;
  if (protocol !== Protocol.Stream && protocol !== Protocol.Unspecified) return "it announces no stream";
  return bodyBytes < addressBytes ? "it is too short for its addresses" : undefined;
}

function sourceOf(body: Buffer, family: number): ProxiedSource | undefined {
  if (family === Family.Internet) {
    return { address: body.subarray(0, 4).join("."), port: body.readUInt16BE(8) };
  }
  if (family !== Family.Internet6) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => body.readUInt16BE(index * 2).toString(16));
  return { address: canonical(groups.join(":")), port: body.readUInt16BE(32) };
}

/** An IPv6 address in its short form, so that one host has one name in logs. */
function canonical(address: string): string {
  return isIPv4(address) ? address : new SocketAddress({ address, family: "ipv6" }).address;
}

function isPlainIPv6(address: string): boolean {
  return isIPv6(address) && !address.includes("%");
}

function isPort(port: number): boolean {
  return port <= 65_535;
}

function invalid(reason: string): ProxyHeader {
  return { kind: "invalid", reason };
}
