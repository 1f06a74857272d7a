import { type Packet, parser, type UserProperties } from "mqtt-packet";
import type { UserProperty } from "../../src/base/message.ts";
import type { ProtocolVersion } from "../../src/mqtt/codec/packets.ts";

/** What mqtt-packet makes of the bytes of one packet; throws when it refuses them. */
export function parseForeign(bytes: Buffer, version: ProtocolVersion): Packet {
  const packets: Packet[] = [];
  const parsing = parser({ protocolVersion: version });
  parsing.on("packet", (packet) => packets.push(packet));
  parsing.on("error", (error) => {
    throw error;
  });
  parsing.parse(bytes);
  if (packets.length !== 1 || packets[0] === undefined) throw new Error("not one packet");
  return packets[0];
}

/** User properties as mqtt-packet keeps them: grouped by name. */
export function grouped(userProperties: readonly UserProperty[]): UserProperties {
  const byName: UserProperties = Object.create(null);
  for (const [name, value] of userProperties) {
    const known = byName[name];
    if (known === undefined || known === "") byName[name] = value;
    else byName[name] = Array.isArray(known) ? [...known, value] : [known, value];
  }
  return byName;
}
