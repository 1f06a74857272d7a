import { inTurns } from "../load.js";
import { Peer } from "../peer.js";
import { fill } from "./fill.js";

/** Below what brokers allow per client and per packet. */
const FILTERS_PER_CLIENT = 10_000;
const FILTERS_PER_PACKET = 1_000;

/** What is there beside the messages that are measured: retained messages, subscriptions nothing is published to. */
export async function furnish(scenario, { target }) {
  const { retained = 0, idleSubscriptions = 0, payloadBytes } = scenario;
  await fill(target, { messages: retained, retain: true, payloadBytes, topicOf: retainedTopic });
  await inTurns(Math.ceil(idleSubscriptions / FILTERS_PER_CLIENT), async (client) => {
    const peer = new Peer(target);
    await peer.connect(`idle-${client}`, true);
    const left = Math.min(FILTERS_PER_CLIENT, idleSubscriptions - client * FILTERS_PER_CLIENT);
    for (let from = 0; from < left; from += FILTERS_PER_PACKET) {
      const length = Math.min(FILTERS_PER_PACKET, left - from);
      await peer.subscribe(
        Array.from({ length }, (_, i) => idleFilter(client, from + i)),
        0,
      );
    }
  });
}

/** A thousand devices to a site. */
export function retainedTopic(n) {
  return `retained/site-${digits(Math.floor(n / 1_000), 4)}/device-${digits(n % 1_000, 4)}/state`;
}

function idleFilter(client, n) {
  return `idle/site-${digits(client, 4)}/device-${digits(n, 5)}/+`;
}

function digits(number, length) {
  return String(number).padStart(length, "0");
}
