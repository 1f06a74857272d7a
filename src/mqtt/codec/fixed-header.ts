import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { PacketType } from "./packets.ts";

const ANY_FLAGS = 16;
const SERVER_ONLY = 17;
const RESERVED = 18;

/** Per packet type: the flags it must carry, or why its flags are not looked at here (MQTT 5 §2.1.2, §2.1.3). */
const FLAGS_OF_TYPE = new Uint8Array(16).fill(RESERVED);
FLAGS_OF_TYPE[PacketType.Connect] = 0;
FLAGS_OF_TYPE[PacketType.Connack] = SERVER_ONLY;
FLAGS_OF_TYPE[PacketType.Publish] = ANY_FLAGS; // readPublish looks at them
FLAGS_OF_TYPE[PacketType.Puback] = 0;
FLAGS_OF_TYPE[PacketType.Pubrec] = 0;
FLAGS_OF_TYPE[PacketType.Pubrel] = 2; // [MQTT-3.6.1-1]
FLAGS_OF_TYPE[PacketType.Pubcomp] = 0;
FLAGS_OF_TYPE[PacketType.Subscribe] = 2; // [MQTT-3.8.1-1]
FLAGS_OF_TYPE[PacketType.Suback] = SERVER_ONLY;
FLAGS_OF_TYPE[PacketType.Unsubscribe] = 2; // [MQTT-3.10.1-1]
FLAGS_OF_TYPE[PacketType.Unsuback] = SERVER_ONLY;
FLAGS_OF_TYPE[PacketType.Pingreq] = 0;
FLAGS_OF_TYPE[PacketType.Pingresp] = SERVER_ONLY;
FLAGS_OF_TYPE[PacketType.Disconnect] = 0; // [MQTT-3.14.1-1]
FLAGS_OF_TYPE[PacketType.Auth] = 0; // [MQTT-3.15.1-1]

/** Throws unless a client may send a packet that begins with this byte; the framer asks before it reads on. */
export function checkFirstByte(firstByte: number): void {
  const flags = FLAGS_OF_TYPE[firstByte >> 4];
  if (flags !== (firstByte & 0x0f) && flags !== ANY_FLAGS) refuse(firstByte >> 4, flags);
}

function refuse(type: number, flags: number | undefined): never {
  if (flags === SERVER_ONLY) {
    throw new MqttError(ReasonCode.ProtocolError, `packet type ${type} comes from servers only`);
  }
  if (flags === RESERVED) throw new MqttError(ReasonCode.MalformedPacket, `packet type ${type} is reserved`);
  throw new MqttError(ReasonCode.MalformedPacket, `reserved flags of packet type ${type}`, "MQTT-2.1.3-1");
}
