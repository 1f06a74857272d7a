declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Names a session (MQTT 5 §3.1.3.1); made by `toClientId`. */
export type ClientId = Branded<string, "ClientId">;
/** Where a message goes: no wildcards; made by `toTopicName`. */
export type TopicName = Branded<string, "TopicName">;
/** What a subscriber asks for: may hold `+` and `#`; made by `toTopicFilter`. */
export type TopicFilter = Branded<string, "TopicFilter">;

/** Slots of the key space: fixed for ever, first byte of every key of the store. */
export const SLOT_COUNT = 48;

export function toClientId(text: string): ClientId {
  return text as ClientId;
}

/** The slot (0..47) of a client id, topic or queue name: FNV-1a over its UTF-16 code units. */
export function slotOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % SLOT_COUNT;
}
