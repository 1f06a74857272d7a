import type { Output } from "../../base/output.ts";
import { type AckType, ackLength, writeAck } from "../codec/acks.ts";
import { PacketType, type ProtocolVersion } from "../codec/packets.ts";
import { ReasonCode } from "../reason-code.ts";

/** What the refusals of a PUBLISH are called in words. */
const REFUSALS: ReadonlyMap<ReasonCode, string> = new Map<ReasonCode, string>([
  [ReasonCode.NotAuthorized, "this client may not publish to this topic"],
  [ReasonCode.TopicNameInvalid, "the topic has too many levels"],
  [ReasonCode.QuotaExceeded, "a queue the message has to enter is full"],
  [ReasonCode.PayloadFormatInvalid, "the payload is not the UTF-8 its Payload Format Indicator promises"],
]);

/** Who the acknowledgements go to. */
export interface AckReceiver {
  readonly version: ProtocolVersion;
  /** Bytes; 0 = no limit. */
  readonly maximumPacketSize: number;
  readonly wantsProblemInformation: boolean;
}

/** Writes acknowledgements into one connection's output. */
export class AckSender {
  readonly #output: Output;
  readonly #receiver: AckReceiver;

  constructor(output: Output, receiver: AckReceiver) {
    this.#output = output;
    this.#receiver = receiver;
  }

  /** hot */
  send(type: AckType, packetId: number, reasonCode: ReasonCode): void {
    const { version } = this.#receiver;
    const reasonString = reasonCode < 0x80 ? undefined : this.#reasonString(type, reasonCode);
    const buffer = this.#output.reserve(ackLength(reasonCode, version, reasonString));
    this.#output.advance(
      writeAck(buffer, this.#output.position, type, packetId, reasonCode, version, reasonString),
    );
  }

  /** Not where it would make the packet larger than the client accepts [MQTT-3.4.2-2], [MQTT-3.5.2-2]. */
  #reasonString(type: AckType, reasonCode: ReasonCode): string | undefined {
    const { version, maximumPacketSize, wantsProblemInformation } = this.#receiver;
    if (version !== 5 || !wantsProblemInformation || type > PacketType.Pubrec) return undefined; // [MQTT-3.1.2-29]
    const reasonString = REFUSALS.get(reasonCode);
    const length = ackLength(reasonCode, version, reasonString);
    return maximumPacketSize !== 0 && length > maximumPacketSize ? undefined : reasonString;
  }
}
