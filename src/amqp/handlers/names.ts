import { Refusal } from "../../base/refusal.ts";
import type { Channel } from "../channel/channel.ts";

/** Names as clients mean them: line ends are left out, as RabbitMQ does. */
export function cleanName(name: string): string {
  return name.replace(/[\r\n]/g, "");
}

/** The queue that a method names; with an empty name the one that was declared last on the channel. */
export function queueNamed(channel: Channel, name: string): string {
  const clean = cleanName(name);
  if (clean !== "") return clean;
  if (channel.lastQueue === "") throw new Refusal("not-found", "no previously declared queue");
  return channel.lastQueue;
}
