import { peakMemoryOf } from "../../system/process-cost.js";
import { Peer } from "../peer.js";
import { StallProbe } from "../stall-probe.js";
import { retainedTopic } from "./background.js";
import { fill, until } from "./fill.js";

/** Publishes the retained messages, QoS 1, each to a topic of its own. */
export async function fillRetained({ messages, payloadBytes }, { target }) {
  const took = await fill(target, { messages, retain: true, payloadBytes, topicOf: retainedTopic });
  return { retainedPerSecond: (messages * 1_000) / took };
}

/** A new subscriber of everything: when the first and the last retained message come, and how long others wait. */
export async function readRetained({ messages, qos }, { target, brokerPid }) {
  const peer = new Peer(target, () => {
    if (peer.received > 0) firstAt ??= performance.now();
  });
  let firstAt;
  await peer.connect("reader", true);
  const probe = await StallProbe.start(target);
  const start = performance.now();
  await peer.subscribe(["retained/#"], qos);
  await until(
    () => peer.received >= messages,
    () => peer.received,
  );
  const allMs = performance.now() - start;
  return {
    firstMs: firstAt - start,
    allMs,
    deliveredPerSecond: (messages * 1_000) / allMs,
    longestStallMs: probe.stop(),
    brokerPeakBytes: peakMemoryOf(brokerPid),
  };
}
