import type { Channel } from "../channel/channel.ts";
import { Transaction } from "../channel/transaction.ts";
import { AmqpChannelError } from "../codec/amqp-error.ts";
import { type ConfirmSelect, METHOD_IDS } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { type CommitWaiter, PublishResult } from "../ports.ts";
import { publish } from "./publish.ts";

const NOBODY: CommitWaiter = { committed() {} };

/** confirm.select: from now on every publication is answered. */
export function handleConfirmSelect(channel: Channel, { noWait }: ConfirmSelect): void {
  if (channel.transaction !== undefined) {
    throw failed("cannot switch from tx to confirm mode", METHOD_IDS["confirm.select"]);
  }
  channel.startConfirming();
  channel.answer({ kind: "confirm.select-ok" }, noWait);
}

/** tx.select: from now on publications and settlements wait for a commit (AMQP 0-9-1 §1.9.2.1). */
export function handleTxSelect(channel: Channel): void {
  if (channel.confirms !== undefined) {
    throw failed("cannot switch from confirm to tx mode", METHOD_IDS["tx.select"]);
  }
  channel.transaction ??= new Transaction(channel.link.transactionBudget);
  channel.answer({ kind: "tx.select-ok" });
}

/** All of it in one go, and in one write; the answer leaves when that is done. */
export function handleTxCommit(channel: Channel): void {
  const failing = METHOD_IDS["tx.commit"];
  const { publications, settlements } = transactionOf(channel, failing).commit();
  let result = 0;
  try {
    for (const { publication } of publications) channel.link.host.checkExchange(publication.exchange);
    for (const { publication, mandatory } of publications) {
      result |= publish(channel, publication, mandatory, NOBODY, 0);
    }
  } catch (error) {
    channel.unsettled.restore(settlements.flatMap(({ held }) => held)); // they go back with the channel
    throw error;
  }
  for (const { held, settlement } of settlements) {
    for (const one of held) channel.settle(one, settlement);
  }
  if ((result & PublishResult.Rejected) !== 0) throw failed("partial tx completion", failing);
  const { answers, link } = channel;
  const token = answers.expect();
  answers.give(token, () => channel.send({ kind: "tx.commit-ok" }));
  link.ports.journal.whenCommitted(answers, token);
}

/** What was settled in it may be settled again, under the same delivery tags. */
export function handleTxRollback(channel: Channel): void {
  channel.unsettled.restore(transactionOf(channel, METHOD_IDS["tx.rollback"]).rollback());
  channel.answer({ kind: "tx.rollback-ok" });
}

function transactionOf({ transaction }: Channel, failing: number): Transaction {
  if (transaction === undefined) throw failed("channel is not transactional", failing);
  return transaction;
}

function failed(detail: string, failing: number): AmqpChannelError {
  return new AmqpChannelError(ReplyCode.PreconditionFailed, detail, failing);
}
