import { Refusal } from "../../base/refusal.ts";
import type { Channel } from "../channel/channel.ts";
import type {
  ExchangeBind,
  ExchangeDeclare,
  ExchangeDelete,
  ExchangeUnbind,
} from "../codec/methods.generated.ts";
import type { Binding } from "../ports.ts";
import { cleanName } from "./names.ts";
import { request } from "./request.ts";
import { refuseUnreadable } from "./topic-access.ts";

/** exchange.declare (AMQP 0-9-1 §1.6.2.1); passive: only asks whether it is there. */
export function handleExchangeDeclare(channel: Channel, method: ExchangeDeclare): void {
  const { passive, type, durable, autoDelete, internal, noWait } = method;
  const name = cleanName(method.exchange);
  const { host } = channel.link;
  if (passive) {
    if (name === "") throw new Refusal("access", "operation not permitted on the default exchange");
    host.checkExchange(name);
    channel.answer({ kind: "exchange.declare-ok" }, noWait);
    return;
  }
  const declaration = { name, type, durable, autoDelete, internal, arguments: method.arguments };
  request(channel, noWait, (waiter, token) => {
    host.declareExchange(declaration, waiter, token);
    return { kind: "exchange.declare-ok" };
  });
}

export function handleExchangeDelete(channel: Channel, { exchange, ifUnused, noWait }: ExchangeDelete): void {
  request(channel, noWait, (waiter, token) => {
    channel.link.host.deleteExchange(cleanName(exchange), ifUnused, waiter, token);
    return { kind: "exchange.delete-ok" };
  });
}

/** RabbitMQ's bindings from exchange to exchange. */
export function handleExchangeBind(channel: Channel, method: ExchangeBind): void {
  const binding = toBinding(method);
  refuseUnreadable(channel, binding.source, binding.routingKey);
  request(channel, method.noWait, (waiter, token) => {
    channel.link.host.bindExchange(binding, waiter, token);
    return { kind: "exchange.bind-ok" };
  });
}

export function handleExchangeUnbind(channel: Channel, method: ExchangeUnbind): void {
  request(channel, method.noWait, (waiter, token) => {
    channel.link.host.unbindExchange(toBinding(method), waiter, token);
    return { kind: "exchange.unbind-ok" };
  });
}

function toBinding(method: ExchangeBind | ExchangeUnbind): Binding {
  return {
    source: cleanName(method.source),
    destination: cleanName(method.destination),
    routingKey: method.routingKey,
    arguments: method.arguments,
  };
}
