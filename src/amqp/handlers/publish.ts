import type { Channel } from "../channel/channel.ts";
import type { Content } from "../channel/content-assembly.ts";
import { isReplyName } from "../channel/reply-consumers.ts";
import { AmqpConnectionError } from "../codec/amqp-error.ts";
import { BasicProperties } from "../codec/basic-properties.ts";
import { writeContent } from "../codec/content-writer.ts";
import { METHOD_IDS } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { type CommitWaiter, type Publication, PublishResult } from "../ports.ts";
import { toPublication } from "./publication.ts";

const PUBLISH_ID = METHOD_IDS["basic.publish"];
const NOBODY: CommitWaiter = { committed() {} };

/** hot: basic.publish with its content (AMQP 0-9-1 §1.8.3.7). */
export function handlePublish(channel: Channel, content: Content): void {
  const { method, body } = content;
  const { counters, host } = channel.link;
  counters.published++;
  counters.publishedBytes += body.length;
  if (method.immediate) throw new AmqpConnectionError(ReplyCode.NotImplemented, "immediate=true", PUBLISH_ID);
  const publication = toPublication(channel, content);
  const { transaction, confirms } = channel;
  if (transaction !== undefined) {
    host.checkExchange(publication.exchange);
    transaction.publish({ publication, mandatory: method.mandatory }, PUBLISH_ID);
    return;
  }
  if (confirms === undefined) {
    publish(channel, publication, method.mandatory, NOBODY, 0);
    return;
  }
  const deliveryTag = confirms.add();
  const result = publish(channel, publication, method.mandatory, confirms, deliveryTag);
  if ((result & PublishResult.Rejected) !== 0) confirms.rejected(deliveryTag);
  else if ((result & PublishResult.Pending) === 0) confirms.committed(deliveryTag);
}

/** Hands a message to the queues and returns it when it is mandatory and there are none. Bits of PublishResult. */
export function publish(
  channel: Channel,
  publication: Publication,
  mandatory: boolean,
  waiter: CommitWaiter,
  token: number,
): number {
  const { exchange, routingKey } = publication;
  const isReply = exchange === "" && isReplyName(routingKey);
  const result = isReply
    ? answerDirectly(channel, publication)
    : channel.link.host.publish(publication, waiter, token);
  const wasTaken = (result & (PublishResult.Routed | PublishResult.Rejected)) !== 0;
  if (mandatory && !wasTaken) returnToPublisher(channel, publication);
  return result;
}

function answerDirectly({ link }: Channel, { routingKey, message }: Publication): number {
  const consumer = link.replyConsumers.find(link.host.name, routingKey);
  if (consumer === undefined) return 0;
  const properties = new BasicProperties(message.envelope?.header ?? Buffer.alloc(2));
  consumer.deliverReply(routingKey, properties, message.payload);
  return PublishResult.Routed;
}

/** basic.return: before the confirm of the same message. */
function returnToPublisher(channel: Channel, { exchange, routingKey, message }: Publication): void {
  const { link, number } = channel;
  const { header } = message.envelope ?? {};
  if (header === undefined || channel.isClosed) return;
  link.counters.returned++;
  const reason = { replyCode: ReplyCode.NoRoute, replyText: "NO_ROUTE" };
  const method = { kind: "basic.return", ...reason, exchange, routingKey } as const;
  writeContent(link.output, number, link.frameMax, method, new BasicProperties(header), message.payload);
}
