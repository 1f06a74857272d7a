import { BlockList, isIPv6 } from "node:net";

/** The proxies whose word about their clients' addresses is taken. */
export interface ProxyProtocolOptions {
  /** `10.0.0.0/8`, `fd00::/8`, or one address. */
  readonly networks: readonly string[];
}

/** Tells whether an address belongs to one of the networks; IPv4 addresses mapped into IPv6 count as IPv4. */
export function createNetworks({ networks }: ProxyProtocolOptions): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
