import type { TopicName } from "../../base/ids.ts";
import type { PublishPacket } from "../codec/packets.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";

/** The aliases a client has set; they end with the connection [MQTT-3.3.2-7]. */
export class TopicAliases {
  readonly #maximum: number;
  readonly #topics = new Map<number, TopicName>();

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The packet's topic, by name or by alias; remembers a new alias. */
  resolve({ topicName, topicAlias }: PublishPacket): TopicName {
    if (topicAlias === 0) return topicName as TopicName;
    if (topicAlias > this.#maximum) {
      throw new MqttError(
        ReasonCode.TopicAliasInvalid,
        `Topic Alias ${topicAlias}, at most ${this.#maximum}`,
        "MQTT-3.3.2-9",
      );
    }
    if (topicName !== "") {
      this.#topics.set(topicAlias, topicName);
      return topicName;
    }
    const known = this.#topics.get(topicAlias);
    if (known === undefined) {
      throw new MqttError(ReasonCode.ProtocolError, `Topic Alias ${topicAlias} was never set`); // MQTT 5 §3.3.2.3.4
    }
    return known;
  }
}
