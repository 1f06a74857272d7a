import type { KillableBroker } from "./killable-broker.ts";
import type { NumberedMessage } from "./numbered-message.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";

/** Sessions that wait for all that is published, with QoS 1 and with QoS 2, and never take any of it. */
export const SLEEPERS = ["sleeper-1", "sleeper-2"];

export async function openSleepers({ tcpPort: port }: KillableBroker): Promise<void> {
  for (const [n, id] of SLEEPERS.entries()) {
    const topicFilters = ["load/#", "kept/#"];
    const qos = (n + 1) as 1 | 2;
    const sleeper = new Subscriber({ id, port, version: 5, qos, topicFilters, answerDelayMs: () => 0 });
    await sleeper.connect();
    sleeper.hangUp();
  }
}

export interface LoadOptions {
  readonly port: number;
  readonly window: number;
  readonly payloadBytes: number;
  acknowledged?(message: NumberedMessage): void;
}

/** Publishers of `load/<qos>` and, retained, `kept/<qos>`. */
export function createLoad({ port, window, payloadBytes, acknowledged }: LoadOptions): Publisher[] {
  return ([1, 2] as const).flatMap((qos) =>
    ["load", "kept"].map(
      (kind) =>
        new Publisher({
          id: `${kind}-${qos}`,
          port,
          version: 5,
          qos,
          topicNames: [`${kind}/${qos}`],
          retain: kind === "kept",
          window,
          payloadBytes: () => payloadBytes,
          ...(acknowledged && { acknowledged }),
        }),
    ),
  );
}
