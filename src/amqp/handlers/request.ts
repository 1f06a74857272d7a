import type { Channel } from "../channel/channel.ts";
import type { Method } from "../codec/methods.generated.ts";
import type { CommitWaiter } from "../ports.ts";

/**
 * Changes something; what `change` returns is the answer, which leaves when the change is durable, and not at all with
 * no-wait. When `change` throws nothing is answered.
 */
export function request(
  channel: Channel,
  noWait: boolean,
  change: (waiter: CommitWaiter, token: number) => Method,
): void {
  const { answers } = channel;
  const token = answers.expect();
  try {
    const answer = change(answers, token);
    answers.give(token, () => {
      if (!noWait) channel.send(answer);
    });
  } catch (error) {
    answers.withdraw(token);
    throw error;
  }
}
