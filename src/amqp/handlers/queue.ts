import type { Channel } from "../channel/channel.ts";
import { isReplyName, REPLY_QUEUE } from "../channel/reply-consumers.ts";
import type {
  QueueBind,
  QueueDeclare,
  QueueDeclareOk,
  QueueDelete,
  QueuePurge,
  QueueUnbind,
} from "../codec/methods.generated.ts";
import type { Binding, QueueDeclaration, QueueStatus } from "../ports.ts";
import { cleanName, queueNamed } from "./names.ts";
import { request } from "./request.ts";
import { refuseUnreadable, refuseUnwritableDeadLetters } from "./topic-access.ts";

/** queue.declare (AMQP 0-9-1 §1.7.2.1); passive: only asks how it stands. An empty name: one is made up. */
export function handleQueueDeclare(channel: Channel, method: QueueDeclare): void {
  const { passive, durable, exclusive, autoDelete, noWait } = method;
  const name = cleanName(method.queue);
  const { host } = channel.link;
  if (isDirect(channel, name)) {
    channel.answer(declared({ name, messageCount: 0, consumerCount: 1 }), noWait);
    return;
  }
  if (passive) {
    const status = host.checkQueue(name, channel.link);
    channel.lastQueue = name;
    channel.answer(declared(status), noWait);
    return;
  }
  refuseUnwritableDeadLetters(channel, method.arguments);
  const flags = { durable, exclusive, autoDelete, arguments: method.arguments };
  declare(channel, name, flags, noWait);
}

/** queue.bind; without a queue's name and without a routing key both are the last declared queue's name. */
export function handleQueueBind(channel: Channel, method: QueueBind): void {
  const binding = toBinding(channel, method);
  refuseUnreadable(channel, binding.source, binding.routingKey);
  request(channel, method.noWait, (waiter, token) => {
    channel.link.host.bindQueue(binding, channel.link, waiter, token);
    return { kind: "queue.bind-ok" };
  });
}

export function handleQueueUnbind(channel: Channel, method: QueueUnbind): void {
  const binding = toBinding(channel, method);
  request(channel, false, (waiter, token) => {
    channel.link.host.unbindQueue(binding, channel.link, waiter, token);
    return { kind: "queue.unbind-ok" };
  });
}

export function handleQueuePurge(channel: Channel, { queue, noWait }: QueuePurge): void {
  const name = queueNamed(channel, queue);
  request(channel, noWait, (waiter, token) => {
    const messageCount = channel.link.host.purgeQueue(name, channel.link, waiter, token);
    return { kind: "queue.purge-ok", messageCount };
  });
}

export function handleQueueDelete(channel: Channel, { queue, ifUnused, ifEmpty, noWait }: QueueDelete): void {
  const name = queueNamed(channel, queue);
  request(channel, noWait, (waiter, token) => {
    const conditions = { ifUnused, ifEmpty };
    const messageCount = channel.link.host.deleteQueue(name, conditions, channel.link, waiter, token);
    return { kind: "queue.delete-ok", messageCount };
  });
}

function declare(
  channel: Channel,
  name: string,
  flags: Omit<QueueDeclaration, "name">,
  noWait: boolean,
): void {
  const { host, ports } = channel.link;
  request(channel, noWait, (waiter, token) => {
    const status =
      name === ""
        ? host.declareNamedQueue(
            { ...flags, name: `amq.gen-${ports.randomId()}` },
            channel.link,
            waiter,
            token,
          )
        : host.declareQueue({ ...flags, name }, channel.link, waiter, token);
    channel.lastQueue = status.name;
    return declared(status);
  });
}

/** Direct replies need no queue, but some clients ask for one. */
function isDirect({ link }: Channel, name: string): boolean {
  if (name === REPLY_QUEUE) return true;
  return isReplyName(name) && link.replyConsumers.find(link.host.name, name) !== undefined;
}

function declared({ name, messageCount, consumerCount }: QueueStatus): QueueDeclareOk {
  return { kind: "queue.declare-ok", queue: name, messageCount, consumerCount };
}

function toBinding(channel: Channel, method: QueueBind | QueueUnbind): Binding {
  const destination = queueNamed(channel, method.queue);
  const isShort = method.queue === "" && method.routingKey === "";
  return {
    source: cleanName(method.exchange),
    destination,
    routingKey: isShort ? destination : method.routingKey,
    arguments: method.arguments,
  };
}
