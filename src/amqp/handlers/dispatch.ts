import type { Channel } from "../channel/channel.ts";
import { AmqpConnectionError } from "../codec/amqp-error.ts";
import { type ChannelFlow, METHOD_IDS, type Method } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { handleCancel, handleConsume, handleGet, handleQos } from "./consume.ts";
import {
  handleExchangeBind,
  handleExchangeDeclare,
  handleExchangeDelete,
  handleExchangeUnbind,
} from "./exchange.ts";
import {
  handleQueueBind,
  handleQueueDeclare,
  handleQueueDelete,
  handleQueuePurge,
  handleQueueUnbind,
} from "./queue.ts";
import { handleAck, handleNack, handleRecover, handleReject } from "./settle.ts";
import { handleConfirmSelect, handleTxCommit, handleTxRollback, handleTxSelect } from "./transaction.ts";

/** Does what a client asks for on an open channel; opening, closing and publishing are the connection's. */
export function handleMethod(channel: Channel, method: Method): void {
  switch (method.kind) {
    case "basic.ack":
      handleAck(channel, method);
      break;
    case "basic.nack":
      handleNack(channel, method);
      break;
    case "basic.reject":
      handleReject(channel, method);
      break;
    case "basic.get":
      handleGet(channel, method);
      break;
    case "basic.consume":
      handleConsume(channel, method);
      break;
    case "basic.cancel":
      handleCancel(channel, method);
      break;
    case "basic.qos":
      handleQos(channel, method);
      break;
    case "basic.recover":
    case "basic.recover-async":
      handleRecover(channel, method);
      break;
    case "queue.declare":
      handleQueueDeclare(channel, method);
      break;
    case "queue.bind":
      handleQueueBind(channel, method);
      break;
    case "queue.unbind":
      handleQueueUnbind(channel, method);
      break;
    case "queue.purge":
      handleQueuePurge(channel, method);
      break;
    case "queue.delete":
      handleQueueDelete(channel, method);
      break;
    case "exchange.declare":
      handleExchangeDeclare(channel, method);
      break;
    case "exchange.delete":
      handleExchangeDelete(channel, method);
      break;
    case "exchange.bind":
      handleExchangeBind(channel, method);
      break;
    case "exchange.unbind":
      handleExchangeUnbind(channel, method);
      break;
    case "confirm.select":
      handleConfirmSelect(channel, method);
      break;
    case "tx.select":
      handleTxSelect(channel);
      break;
    case "tx.commit":
      handleTxCommit(channel);
      break;
    case "tx.rollback":
      handleTxRollback(channel);
      break;
    case "channel.flow":
      handleFlow(channel, method);
      break;
    case "access.request": // of AMQP 0-8; some old clients still ask
      channel.answer({ kind: "access.request-ok", ticket: 1 });
      break;
    case "basic.cancel-ok": // to a cancel of ours, which wants no answer
    case "channel.flow-ok":
      break;
    default:
      throw new AmqpConnectionError(
        ReplyCode.CommandInvalid,
        `${method.kind} is not for servers`,
        METHOD_IDS[method.kind],
      );
  }
}

/** To stop deliveries a client has basic.qos; as RabbitMQ, only the start that changes nothing is understood. */
function handleFlow(channel: Channel, { active }: ChannelFlow): void {
  if (!active) {
    throw new AmqpConnectionError(ReplyCode.NotImplemented, "active=false", METHOD_IDS["channel.flow"]);
  }
  channel.answer({ kind: "channel.flow-ok", active });
}
