// Written by specification/generate.js (npm run generate:amqp) from amqp-rabbitmq-0.9.1.json; do not edit.

import type { FieldTable } from "../../base/field-table.ts";
import { unknownMethod } from "./amqp-error.ts";
import type { FieldReader } from "./field-reader.ts";
import type { FieldWriter } from "./field-writer.ts";
import { readTable } from "./table-reader.ts";
import { writeTable } from "./table-writer.ts";

const NOTHING = Buffer.alloc(0);

/** basic.qos, 60.10. */
export interface BasicQos {
  readonly kind: "basic.qos";
  readonly prefetchSize: number;
  readonly prefetchCount: number;
  readonly global: boolean;
}

/** basic.qos-ok, 60.11. */
export interface BasicQosOk {
  readonly kind: "basic.qos-ok";
}

/** basic.consume, 60.20. */
export interface BasicConsume {
  readonly kind: "basic.consume";
  readonly queue: string;
  readonly consumerTag: string;
  readonly noLocal: boolean;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly noWait: boolean;
  readonly arguments: FieldTable;
}

/** basic.consume-ok, 60.21. */
export interface BasicConsumeOk {
  readonly kind: "basic.consume-ok";
  readonly consumerTag: string;
}

/** basic.cancel, 60.30. */
export interface BasicCancel {
  readonly kind: "basic.cancel";
  readonly consumerTag: string;
  readonly noWait: boolean;
}

/** basic.cancel-ok, 60.31. */
export interface BasicCancelOk {
  readonly kind: "basic.cancel-ok";
  readonly consumerTag: string;
}

/** basic.publish, 60.40. */
export interface BasicPublish {
  readonly kind: "basic.publish";
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly immediate: boolean;
}

/** basic.return, 60.50. */
export interface BasicReturn {
  readonly kind: "basic.return";
  readonly replyCode: number;
  readonly replyText: string;
  readonly exchange: string;
  readonly routingKey: string;
}

/** basic.deliver, 60.60. */
export interface BasicDeliver {
  readonly kind: "basic.deliver";
  readonly consumerTag: string;
  readonly deliveryTag: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
}

/** basic.get, 60.70. */
export interface BasicGet {
  readonly kind: "basic.get";
  readonly queue: string;
  readonly noAck: boolean;
}

/** basic.get-ok, 60.71. */
export interface BasicGetOk {
  readonly kind: "basic.get-ok";
  readonly deliveryTag: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  readonly messageCount: number;
}

/** basic.get-empty, 60.72. */
export interface BasicGetEmpty {
  readonly kind: "basic.get-empty";
}

/** basic.ack, 60.80. */
export interface BasicAck {
  readonly kind: "basic.ack";
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/** basic.reject, 60.90. */
export interface BasicReject {
  readonly kind: "basic.reject";
  readonly deliveryTag: number;
  readonly requeue: boolean;
}

/** basic.recover-async, 60.100. */
export interface BasicRecoverAsync {
  readonly kind: "basic.recover-async";
  readonly requeue: boolean;
}

/** basic.recover, 60.110. */
export interface BasicRecover {
  readonly kind: "basic.recover";
  readonly requeue: boolean;
}

/** basic.recover-ok, 60.111. */
export interface BasicRecoverOk {
  readonly kind: "basic.recover-ok";
}

/** basic.nack, 60.120. */
export interface BasicNack {
  readonly kind: "basic.nack";
  readonly deliveryTag: number;
  readonly multiple: boolean;
  readonly requeue: boolean;
}

/** connection.start, 10.10. */
export interface ConnectionStart {
  readonly kind: "connection.start";
  readonly versionMajor: number;
  readonly versionMinor: number;
  readonly serverProperties: FieldTable;
  readonly mechanisms: Buffer;
  readonly locales: Buffer;
}

/** connection.start-ok, 10.11. */
export interface ConnectionStartOk {
  readonly kind: "connection.start-ok";
  readonly clientProperties: FieldTable;
  readonly mechanism: string;
  readonly response: Buffer;
  readonly locale: string;
}

/** connection.secure, 10.20. */
export interface ConnectionSecure {
  readonly kind: "connection.secure";
  readonly challenge: Buffer;
}

/** connection.secure-ok, 10.21. */
export interface ConnectionSecureOk {
  readonly kind: "connection.secure-ok";
  readonly response: Buffer;
}

/** connection.tune, 10.30. */
export interface ConnectionTune {
  readonly kind: "connection.tune";
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeat: number;
}

/** connection.tune-ok, 10.31. */
export interface ConnectionTuneOk {
  readonly kind: "connection.tune-ok";
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeat: number;
}

/** connection.open, 10.40. */
export interface ConnectionOpen {
  readonly kind: "connection.open";
  readonly virtualHost: string;
}

/** connection.open-ok, 10.41. */
export interface ConnectionOpenOk {
  readonly kind: "connection.open-ok";
}

/** connection.close, 10.50. */
export interface ConnectionClose {
  readonly kind: "connection.close";
  readonly replyCode: number;
  readonly replyText: string;
  readonly classId: number;
  readonly methodId: number;
}

/** connection.close-ok, 10.51. */
export interface ConnectionCloseOk {
  readonly kind: "connection.close-ok";
}

/** connection.blocked, 10.60. */
export interface ConnectionBlocked {
  readonly kind: "connection.blocked";
  readonly reason: string;
}

/** connection.unblocked, 10.61. */
export interface ConnectionUnblocked {
  readonly kind: "connection.unblocked";
}

/** connection.update-secret, 10.70. */
export interface ConnectionUpdateSecret {
  readonly kind: "connection.update-secret";
  readonly newSecret: Buffer;
  readonly reason: string;
}

/** connection.update-secret-ok, 10.71. */
export interface ConnectionUpdateSecretOk {
  readonly kind: "connection.update-secret-ok";
}

/** channel.open, 20.10. */
export interface ChannelOpen {
  readonly kind: "channel.open";
}

/** channel.open-ok, 20.11. */
export interface ChannelOpenOk {
  readonly kind: "channel.open-ok";
}

/** channel.flow, 20.20. */
export interface ChannelFlow {
  readonly kind: "channel.flow";
  readonly active: boolean;
}

/** channel.flow-ok, 20.21. */
export interface ChannelFlowOk {
  readonly kind: "channel.flow-ok";
  readonly active: boolean;
}

/** channel.close, 20.40. */
export interface ChannelClose {
  readonly kind: "channel.close";
  readonly replyCode: number;
  readonly replyText: string;
  readonly classId: number;
  readonly methodId: number;
}

/** channel.close-ok, 20.41. */
export interface ChannelCloseOk {
  readonly kind: "channel.close-ok";
}

/** access.request, 30.10. */
export interface AccessRequest {
  readonly kind: "access.request";
  readonly realm: string;
  readonly exclusive: boolean;
  readonly passive: boolean;
  readonly active: boolean;
  readonly write: boolean;
  readonly read: boolean;
}

/** access.request-ok, 30.11. */
export interface AccessRequestOk {
  readonly kind: "access.request-ok";
  readonly ticket: number;
}

/** exchange.declare, 40.10. */
export interface ExchangeDeclare {
  readonly kind: "exchange.declare";
  readonly exchange: string;
  readonly type: string;
  readonly passive: boolean;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly noWait: boolean;
  readonly arguments: FieldTable;
}

/** exchange.declare-ok, 40.11. */
export interface ExchangeDeclareOk {
  readonly kind: "exchange.declare-ok";
}

/** exchange.delete, 40.20. */
export interface ExchangeDelete {
  readonly kind: "exchange.delete";
  readonly exchange: string;
  readonly ifUnused: boolean;
  readonly noWait: boolean;
}

/** exchange.delete-ok, 40.21. */
export interface ExchangeDeleteOk {
  readonly kind: "exchange.delete-ok";
}

/** exchange.bind, 40.30. */
export interface ExchangeBind {
  readonly kind: "exchange.bind";
  readonly destination: string;
  readonly source: string;
  readonly routingKey: string;
  readonly noWait: boolean;
  readonly arguments: FieldTable;
}

/** exchange.bind-ok, 40.31. */
export interface ExchangeBindOk {
  readonly kind: "exchange.bind-ok";
}

/** exchange.unbind, 40.40. */
export interface ExchangeUnbind {
  readonly kind: "exchange.unbind";
  readonly destination: string;
  readonly source: string;
  readonly routingKey: string;
  readonly noWait: boolean;
  readonly arguments: FieldTable;
}

/** exchange.unbind-ok, 40.51. */
export interface ExchangeUnbindOk {
  readonly kind: "exchange.unbind-ok";
}

/** queue.declare, 50.10. */
export interface QueueDeclare {
  readonly kind: "queue.declare";
  readonly queue: string;
  readonly passive: boolean;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly noWait: boolean;
  readonly arguments: FieldTable;
}

/** queue.declare-ok, 50.11. */
export interface QueueDeclareOk {
  readonly kind: "queue.declare-ok";
  readonly queue: string;
  readonly messageCount: number;
  readonly consumerCount: number;
}

/** queue.bind, 50.20. */
export interface QueueBind {
  readonly kind: "queue.bind";
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly noWait: boolean;
  readonly arguments: FieldTable;
}

/** queue.bind-ok, 50.21. */
export interface QueueBindOk {
  readonly kind: "queue.bind-ok";
}

/** queue.purge, 50.30. */
export interface QueuePurge {
  readonly kind: "queue.purge";
  readonly queue: string;
  readonly noWait: boolean;
}

/** queue.purge-ok, 50.31. */
export interface QueuePurgeOk {
  readonly kind: "queue.purge-ok";
  readonly messageCount: number;
}

/** queue.delete, 50.40. */
export interface QueueDelete {
  readonly kind: "queue.delete";
  readonly queue: string;
  readonly ifUnused: boolean;
  readonly ifEmpty: boolean;
  readonly noWait: boolean;
}

/** queue.delete-ok, 50.41. */
export interface QueueDeleteOk {
  readonly kind: "queue.delete-ok";
  readonly messageCount: number;
}

/** queue.unbind, 50.50. */
export interface QueueUnbind {
  readonly kind: "queue.unbind";
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

/** queue.unbind-ok, 50.51. */
export interface QueueUnbindOk {
  readonly kind: "queue.unbind-ok";
}

/** tx.select, 90.10. */
export interface TxSelect {
  readonly kind: "tx.select";
}

/** tx.select-ok, 90.11. */
export interface TxSelectOk {
  readonly kind: "tx.select-ok";
}

/** tx.commit, 90.20. */
export interface TxCommit {
  readonly kind: "tx.commit";
}

/** tx.commit-ok, 90.21. */
export interface TxCommitOk {
  readonly kind: "tx.commit-ok";
}

/** tx.rollback, 90.30. */
export interface TxRollback {
  readonly kind: "tx.rollback";
}

/** tx.rollback-ok, 90.31. */
export interface TxRollbackOk {
  readonly kind: "tx.rollback-ok";
}

/** confirm.select, 85.10. */
export interface ConfirmSelect {
  readonly kind: "confirm.select";
  readonly noWait: boolean;
}

/** confirm.select-ok, 85.11. */
export interface ConfirmSelectOk {
  readonly kind: "confirm.select-ok";
}

/** Every method of AMQP 0-9-1 and of RabbitMQ's extensions, whoever sends it. */
export type Method =
  | BasicQos
  | BasicQosOk
  | BasicConsume
  | BasicConsumeOk
  | BasicCancel
  | BasicCancelOk
  | BasicPublish
  | BasicReturn
  | BasicDeliver
  | BasicGet
  | BasicGetOk
  | BasicGetEmpty
  | BasicAck
  | BasicReject
  | BasicRecoverAsync
  | BasicRecover
  | BasicRecoverOk
  | BasicNack
  | ConnectionStart
  | ConnectionStartOk
  | ConnectionSecure
  | ConnectionSecureOk
  | ConnectionTune
  | ConnectionTuneOk
  | ConnectionOpen
  | ConnectionOpenOk
  | ConnectionClose
  | ConnectionCloseOk
  | ConnectionBlocked
  | ConnectionUnblocked
  | ConnectionUpdateSecret
  | ConnectionUpdateSecretOk
  | ChannelOpen
  | ChannelOpenOk
  | ChannelFlow
  | ChannelFlowOk
  | ChannelClose
  | ChannelCloseOk
  | AccessRequest
  | AccessRequestOk
  | ExchangeDeclare
  | ExchangeDeclareOk
  | ExchangeDelete
  | ExchangeDeleteOk
  | ExchangeBind
  | ExchangeBindOk
  | ExchangeUnbind
  | ExchangeUnbindOk
  | QueueDeclare
  | QueueDeclareOk
  | QueueBind
  | QueueBindOk
  | QueuePurge
  | QueuePurgeOk
  | QueueDelete
  | QueueDeleteOk
  | QueueUnbind
  | QueueUnbindOk
  | TxSelect
  | TxSelectOk
  | TxCommit
  | TxCommitOk
  | TxRollback
  | TxRollbackOk
  | ConfirmSelect
  | ConfirmSelectOk;

/** The standard's name of a method, "queue.declare-ok". */
export type MethodKind = Method["kind"];

/** Class id × 65536 + method id. */
export const METHOD_IDS: Readonly<Record<MethodKind, number>> = {
  "basic.qos": 0x003c000a,
  "basic.qos-ok": 0x003c000b,
  "basic.consume": 0x003c0014,
  "basic.consume-ok": 0x003c0015,
  "basic.cancel": 0x003c001e,
  "basic.cancel-ok": 0x003c001f,
  "basic.publish": 0x003c0028,
  "basic.return": 0x003c0032,
  "basic.deliver": 0x003c003c,
  "basic.get": 0x003c0046,
  "basic.get-ok": 0x003c0047,
  "basic.get-empty": 0x003c0048,
  "basic.ack": 0x003c0050,
  "basic.reject": 0x003c005a,
  "basic.recover-async": 0x003c0064,
  "basic.recover": 0x003c006e,
  "basic.recover-ok": 0x003c006f,
  "basic.nack": 0x003c0078,
  "connection.start": 0x000a000a,
  "connection.start-ok": 0x000a000b,
  "connection.secure": 0x000a0014,
  "connection.secure-ok": 0x000a0015,
  "connection.tune": 0x000a001e,
  "connection.tune-ok": 0x000a001f,
  "connection.open": 0x000a0028,
  "connection.open-ok": 0x000a0029,
  "connection.close": 0x000a0032,
  "connection.close-ok": 0x000a0033,
  "connection.blocked": 0x000a003c,
  "connection.unblocked": 0x000a003d,
  "connection.update-secret": 0x000a0046,
  "connection.update-secret-ok": 0x000a0047,
  "channel.open": 0x0014000a,
  "channel.open-ok": 0x0014000b,
  "channel.flow": 0x00140014,
  "channel.flow-ok": 0x00140015,
  "channel.close": 0x00140028,
  "channel.close-ok": 0x00140029,
  "access.request": 0x001e000a,
  "access.request-ok": 0x001e000b,
  "exchange.declare": 0x0028000a,
  "exchange.declare-ok": 0x0028000b,
  "exchange.delete": 0x00280014,
  "exchange.delete-ok": 0x00280015,
  "exchange.bind": 0x0028001e,
  "exchange.bind-ok": 0x0028001f,
  "exchange.unbind": 0x00280028,
  "exchange.unbind-ok": 0x00280033,
  "queue.declare": 0x0032000a,
  "queue.declare-ok": 0x0032000b,
  "queue.bind": 0x00320014,
  "queue.bind-ok": 0x00320015,
  "queue.purge": 0x0032001e,
  "queue.purge-ok": 0x0032001f,
  "queue.delete": 0x00320028,
  "queue.delete-ok": 0x00320029,
  "queue.unbind": 0x00320032,
  "queue.unbind-ok": 0x00320033,
  "tx.select": 0x005a000a,
  "tx.select-ok": 0x005a000b,
  "tx.commit": 0x005a0014,
  "tx.commit-ok": 0x005a0015,
  "tx.rollback": 0x005a001e,
  "tx.rollback-ok": 0x005a001f,
  "confirm.select": 0x0055000a,
  "confirm.select-ok": 0x0055000b,
};

function readBasicQos(reader: FieldReader): BasicQos {
  const prefetchSize = reader.long();
  const prefetchCount = reader.short();
  const bits = reader.octet();
  return {
    kind: "basic.qos",
    prefetchSize,
    prefetchCount,
    global: (bits & 1) !== 0,
  };
}

function readBasicQosOk(): BasicQosOk {
  return { kind: "basic.qos-ok" };
}

function readBasicConsume(reader: FieldReader): BasicConsume {
  reader.short();
  const queue = reader.shortString();
  const consumerTag = reader.shortString();
  const bits = reader.octet();
  const argumentTable = readTable(reader);
  return {
    kind: "basic.consume",
    queue,
    consumerTag,
    noLocal: (bits & 1) !== 0,
    noAck: (bits & 2) !== 0,
    exclusive: (bits & 4) !== 0,
    noWait: (bits & 8) !== 0,
    arguments: argumentTable,
  };
}

function readBasicConsumeOk(reader: FieldReader): BasicConsumeOk {
  const consumerTag = reader.shortString();
  return {
    kind: "basic.consume-ok",
    consumerTag,
  };
}

function readBasicCancel(reader: FieldReader): BasicCancel {
  const consumerTag = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "basic.cancel",
    consumerTag,
    noWait: (bits & 1) !== 0,
  };
}

function readBasicCancelOk(reader: FieldReader): BasicCancelOk {
  const consumerTag = reader.shortString();
  return {
    kind: "basic.cancel-ok",
    consumerTag,
  };
}

function readBasicPublish(reader: FieldReader): BasicPublish {
  reader.short();
  const exchange = reader.shortString();
  const routingKey = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "basic.publish",
    exchange,
    routingKey,
    mandatory: (bits & 1) !== 0,
    immediate: (bits & 2) !== 0,
  };
}

function readBasicReturn(reader: FieldReader): BasicReturn {
  const replyCode = reader.short();
  const replyText = reader.shortString();
  const exchange = reader.shortString();
  const routingKey = reader.shortString();
  return {
    kind: "basic.return",
    replyCode,
    replyText,
    exchange,
    routingKey,
  };
}

function readBasicDeliver(reader: FieldReader): BasicDeliver {
  const consumerTag = reader.shortString();
  const deliveryTag = reader.longlong();
  const bits = reader.octet();
  const exchange = reader.shortString();
  const routingKey = reader.shortString();
  return {
    kind: "basic.deliver",
    consumerTag,
    deliveryTag,
    redelivered: (bits & 1) !== 0,
    exchange,
    routingKey,
  };
}

function readBasicGet(reader: FieldReader): BasicGet {
  reader.short();
  const queue = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "basic.get",
    queue,
    noAck: (bits & 1) !== 0,
  };
}

function readBasicGetOk(reader: FieldReader): BasicGetOk {
  const deliveryTag = reader.longlong();
  const bits = reader.octet();
  const exchange = reader.shortString();
  const routingKey = reader.shortString();
  const messageCount = reader.long();
  return {
    kind: "basic.get-ok",
    deliveryTag,
    redelivered: (bits & 1) !== 0,
    exchange,
    routingKey,
    messageCount,
  };
}

function readBasicGetEmpty(reader: FieldReader): BasicGetEmpty {
  reader.shortString();
  return { kind: "basic.get-empty" };
}

function readBasicAck(reader: FieldReader): BasicAck {
  const deliveryTag = reader.longlong();
  const bits = reader.octet();
  return {
    kind: "basic.ack",
    deliveryTag,
    multiple: (bits & 1) !== 0,
  };
}

function readBasicReject(reader: FieldReader): BasicReject {
  const deliveryTag = reader.longlong();
  const bits = reader.octet();
  return {
    kind: "basic.reject",
    deliveryTag,
    requeue: (bits & 1) !== 0,
  };
}

function readBasicRecoverAsync(reader: FieldReader): BasicRecoverAsync {
  const bits = reader.octet();
  return {
    kind: "basic.recover-async",
    requeue: (bits & 1) !== 0,
  };
}

function readBasicRecover(reader: FieldReader): BasicRecover {
  const bits = reader.octet();
  return {
    kind: "basic.recover",
    requeue: (bits & 1) !== 0,
  };
}

function readBasicRecoverOk(): BasicRecoverOk {
  return { kind: "basic.recover-ok" };
}

function readBasicNack(reader: FieldReader): BasicNack {
  const deliveryTag = reader.longlong();
  const bits = reader.octet();
  return {
    kind: "basic.nack",
    deliveryTag,
    multiple: (bits & 1) !== 0,
    requeue: (bits & 2) !== 0,
  };
}

function readConnectionStart(reader: FieldReader): ConnectionStart {
  const versionMajor = reader.octet();
  const versionMinor = reader.octet();
  const serverProperties = readTable(reader);
  const mechanisms = reader.longString();
  const locales = reader.longString();
  return {
    kind: "connection.start",
    versionMajor,
    versionMinor,
    serverProperties,
    mechanisms,
    locales,
  };
}

function readConnectionStartOk(reader: FieldReader): ConnectionStartOk {
  const clientProperties = readTable(reader);
  const mechanism = reader.shortString();
  const response = reader.longString();
  const locale = reader.shortString();
  return {
    kind: "connection.start-ok",
    clientProperties,
    mechanism,
    response,
    locale,
  };
}

function readConnectionSecure(reader: FieldReader): ConnectionSecure {
  const challenge = reader.longString();
  return {
    kind: "connection.secure",
    challenge,
  };
}

function readConnectionSecureOk(reader: FieldReader): ConnectionSecureOk {
  const response = reader.longString();
  return {
    kind: "connection.secure-ok",
    response,
  };
}

function readConnectionTune(reader: FieldReader): ConnectionTune {
  const channelMax = reader.short();
  const frameMax = reader.long();
  const heartbeat = reader.short();
  return {
    kind: "connection.tune",
    channelMax,
    frameMax,
    heartbeat,
  };
}

function readConnectionTuneOk(reader: FieldReader): ConnectionTuneOk {
  const channelMax = reader.short();
  const frameMax = reader.long();
  const heartbeat = reader.short();
  return {
    kind: "connection.tune-ok",
    channelMax,
    frameMax,
    heartbeat,
  };
}

function readConnectionOpen(reader: FieldReader): ConnectionOpen {
  const virtualHost = reader.shortString();
  reader.shortString();
  reader.octet();
  return {
    kind: "connection.open",
    virtualHost,
  };
}

function readConnectionOpenOk(reader: FieldReader): ConnectionOpenOk {
  reader.shortString();
  return { kind: "connection.open-ok" };
}

function readConnectionClose(reader: FieldReader): ConnectionClose {
  const replyCode = reader.short();
  const replyText = reader.shortString();
  const classId = reader.short();
  const methodId = reader.short();
  return {
    kind: "connection.close",
    replyCode,
    replyText,
    classId,
    methodId,
  };
}

function readConnectionCloseOk(): ConnectionCloseOk {
  return { kind: "connection.close-ok" };
}

function readConnectionBlocked(reader: FieldReader): ConnectionBlocked {
  const reason = reader.shortString();
  return {
    kind: "connection.blocked",
    reason,
  };
}

function readConnectionUnblocked(): ConnectionUnblocked {
  return { kind: "connection.unblocked" };
}

function readConnectionUpdateSecret(reader: FieldReader): ConnectionUpdateSecret {
  const newSecret = reader.longString();
  const reason = reader.shortString();
  return {
    kind: "connection.update-secret",
    newSecret,
    reason,
  };
}

function readConnectionUpdateSecretOk(): ConnectionUpdateSecretOk {
  return { kind: "connection.update-secret-ok" };
}

function readChannelOpen(reader: FieldReader): ChannelOpen {
  reader.shortString();
  return { kind: "channel.open" };
}

function readChannelOpenOk(reader: FieldReader): ChannelOpenOk {
  reader.longString();
  return { kind: "channel.open-ok" };
}

function readChannelFlow(reader: FieldReader): ChannelFlow {
  const bits = reader.octet();
  return {
    kind: "channel.flow",
    active: (bits & 1) !== 0,
  };
}

function readChannelFlowOk(reader: FieldReader): ChannelFlowOk {
  const bits = reader.octet();
  return {
    kind: "channel.flow-ok",
    active: (bits & 1) !== 0,
  };
}

function readChannelClose(reader: FieldReader): ChannelClose {
  const replyCode = reader.short();
  const replyText = reader.shortString();
  const classId = reader.short();
  const methodId = reader.short();
  return {
    kind: "channel.close",
    replyCode,
    replyText,
    classId,
    methodId,
  };
}

function readChannelCloseOk(): ChannelCloseOk {
  return { kind: "channel.close-ok" };
}

function readAccessRequest(reader: FieldReader): AccessRequest {
  const realm = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "access.request",
    realm,
    exclusive: (bits & 1) !== 0,
    passive: (bits & 2) !== 0,
    active: (bits & 4) !== 0,
    write: (bits & 8) !== 0,
    read: (bits & 16) !== 0,
  };
}

function readAccessRequestOk(reader: FieldReader): AccessRequestOk {
  const ticket = reader.short();
  return {
    kind: "access.request-ok",
    ticket,
  };
}

function readExchangeDeclare(reader: FieldReader): ExchangeDeclare {
  reader.short();
  const exchange = reader.shortString();
  const type = reader.shortString();
  const bits = reader.octet();
  const argumentTable = readTable(reader);
  return {
    kind: "exchange.declare",
    exchange,
    type,
    passive: (bits & 1) !== 0,
    durable: (bits & 2) !== 0,
    autoDelete: (bits & 4) !== 0,
    internal: (bits & 8) !== 0,
    noWait: (bits & 16) !== 0,
    arguments: argumentTable,
  };
}

function readExchangeDeclareOk(): ExchangeDeclareOk {
  return { kind: "exchange.declare-ok" };
}

function readExchangeDelete(reader: FieldReader): ExchangeDelete {
  reader.short();
  const exchange = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "exchange.delete",
    exchange,
    ifUnused: (bits & 1) !== 0,
    noWait: (bits & 2) !== 0,
  };
}

function readExchangeDeleteOk(): ExchangeDeleteOk {
  return { kind: "exchange.delete-ok" };
}

function readExchangeBind(reader: FieldReader): ExchangeBind {
  reader.short();
  const destination = reader.shortString();
  const source = reader.shortString();
  const routingKey = reader.shortString();
  const bits = reader.octet();
  const argumentTable = readTable(reader);
  return {
    kind: "exchange.bind",
    destination,
    source,
    routingKey,
    noWait: (bits & 1) !== 0,
    arguments: argumentTable,
  };
}

function readExchangeBindOk(): ExchangeBindOk {
  return { kind: "exchange.bind-ok" };
}

function readExchangeUnbind(reader: FieldReader): ExchangeUnbind {
  reader.short();
  const destination = reader.shortString();
  const source = reader.shortString();
  const routingKey = reader.shortString();
  const bits = reader.octet();
  const argumentTable = readTable(reader);
  return {
    kind: "exchange.unbind",
    destination,
    source,
    routingKey,
    noWait: (bits & 1) !== 0,
    arguments: argumentTable,
  };
}

function readExchangeUnbindOk(): ExchangeUnbindOk {
  return { kind: "exchange.unbind-ok" };
}

function readQueueDeclare(reader: FieldReader): QueueDeclare {
  reader.short();
  const queue = reader.shortString();
  const bits = reader.octet();
  const argumentTable = readTable(reader);
  return {
    kind: "queue.declare",
    queue,
    passive: (bits & 1) !== 0,
    durable: (bits & 2) !== 0,
    exclusive: (bits & 4) !== 0,
    autoDelete: (bits & 8) !== 0,
    noWait: (bits & 16) !== 0,
    arguments: argumentTable,
  };
}

function readQueueDeclareOk(reader: FieldReader): QueueDeclareOk {
  const queue = reader.shortString();
  const messageCount = reader.long();
  const consumerCount = reader.long();
  return {
    kind: "queue.declare-ok",
    queue,
    messageCount,
    consumerCount,
  };
}

function readQueueBind(reader: FieldReader): QueueBind {
  reader.short();
  const queue = reader.shortString();
  const exchange = reader.shortString();
  const routingKey = reader.shortString();
  const bits = reader.octet();
  const argumentTable = readTable(reader);
  return {
    kind: "queue.bind",
    queue,
    exchange,
    routingKey,
    noWait: (bits & 1) !== 0,
    arguments: argumentTable,
  };
}

function readQueueBindOk(): QueueBindOk {
  return { kind: "queue.bind-ok" };
}

function readQueuePurge(reader: FieldReader): QueuePurge {
  reader.short();
  const queue = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "queue.purge",
    queue,
    noWait: (bits & 1) !== 0,
  };
}

function readQueuePurgeOk(reader: FieldReader): QueuePurgeOk {
  const messageCount = reader.long();
  return {
    kind: "queue.purge-ok",
    messageCount,
  };
}

function readQueueDelete(reader: FieldReader): QueueDelete {
  reader.short();
  const queue = reader.shortString();
  const bits = reader.octet();
  return {
    kind: "queue.delete",
    queue,
    ifUnused: (bits & 1) !== 0,
    ifEmpty: (bits & 2) !== 0,
    noWait: (bits & 4) !== 0,
  };
}

function readQueueDeleteOk(reader: FieldReader): QueueDeleteOk {
  const messageCount = reader.long();
  return {
    kind: "queue.delete-ok",
    messageCount,
  };
}

function readQueueUnbind(reader: FieldReader): QueueUnbind {
  reader.short();
  const queue = reader.shortString();
  const exchange = reader.shortString();
  const routingKey = reader.shortString();
  const argumentTable = readTable(reader);
  return {
    kind: "queue.unbind",
    queue,
    exchange,
    routingKey,
    arguments: argumentTable,
  };
}

function readQueueUnbindOk(): QueueUnbindOk {
  return { kind: "queue.unbind-ok" };
}

function readTxSelect(): TxSelect {
  return { kind: "tx.select" };
}

function readTxSelectOk(): TxSelectOk {
  return { kind: "tx.select-ok" };
}

function readTxCommit(): TxCommit {
  return { kind: "tx.commit" };
}

function readTxCommitOk(): TxCommitOk {
  return { kind: "tx.commit-ok" };
}

function readTxRollback(): TxRollback {
  return { kind: "tx.rollback" };
}

function readTxRollbackOk(): TxRollbackOk {
  return { kind: "tx.rollback-ok" };
}

function readConfirmSelect(reader: FieldReader): ConfirmSelect {
  const bits = reader.octet();
  return {
    kind: "confirm.select",
    noWait: (bits & 1) !== 0,
  };
}

function readConfirmSelectOk(): ConfirmSelectOk {
  return { kind: "confirm.select-ok" };
}

function decodeBasic(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x003c000a:
      return readBasicQos(reader);
    case 0x003c000b:
      return readBasicQosOk();
    case 0x003c0014:
      return readBasicConsume(reader);
    case 0x003c0015:
      return readBasicConsumeOk(reader);
    case 0x003c001e:
      return readBasicCancel(reader);
    case 0x003c001f:
      return readBasicCancelOk(reader);
    case 0x003c0028:
      return readBasicPublish(reader);
    case 0x003c0032:
      return readBasicReturn(reader);
    case 0x003c003c:
      return readBasicDeliver(reader);
    case 0x003c0046:
      return readBasicGet(reader);
    case 0x003c0047:
      return readBasicGetOk(reader);
    case 0x003c0048:
      return readBasicGetEmpty(reader);
    case 0x003c0050:
      return readBasicAck(reader);
    case 0x003c005a:
      return readBasicReject(reader);
    case 0x003c0064:
      return readBasicRecoverAsync(reader);
    case 0x003c006e:
      return readBasicRecover(reader);
    case 0x003c006f:
      return readBasicRecoverOk();
    case 0x003c0078:
      return readBasicNack(reader);
    default:
      throw unknownMethod(id);
  }
}

function decodeConnection(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x000a000a:
      return readConnectionStart(reader);
    case 0x000a000b:
      return readConnectionStartOk(reader);
    case 0x000a0014:
      return readConnectionSecure(reader);
    case 0x000a0015:
      return readConnectionSecureOk(reader);
    case 0x000a001e:
      return readConnectionTune(reader);
    case 0x000a001f:
      return readConnectionTuneOk(reader);
    case 0x000a0028:
      return readConnectionOpen(reader);
    case 0x000a0029:
      return readConnectionOpenOk(reader);
    case 0x000a0032:
      return readConnectionClose(reader);
    case 0x000a0033:
      return readConnectionCloseOk();
    case 0x000a003c:
      return readConnectionBlocked(reader);
    case 0x000a003d:
      return readConnectionUnblocked();
    case 0x000a0046:
      return readConnectionUpdateSecret(reader);
    case 0x000a0047:
      return readConnectionUpdateSecretOk();
    default:
      throw unknownMethod(id);
  }
}

function decodeChannel(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x0014000a:
      return readChannelOpen(reader);
    case 0x0014000b:
      return readChannelOpenOk(reader);
    case 0x00140014:
      return readChannelFlow(reader);
    case 0x00140015:
      return readChannelFlowOk(reader);
    case 0x00140028:
      return readChannelClose(reader);
    case 0x00140029:
      return readChannelCloseOk();
    default:
      throw unknownMethod(id);
  }
}

function decodeAccess(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x001e000a:
      return readAccessRequest(reader);
    case 0x001e000b:
      return readAccessRequestOk(reader);
    default:
      throw unknownMethod(id);
  }
}

function decodeExchange(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x0028000a:
      return readExchangeDeclare(reader);
    case 0x0028000b:
      return readExchangeDeclareOk();
    case 0x00280014:
      return readExchangeDelete(reader);
    case 0x00280015:
      return readExchangeDeleteOk();
    case 0x0028001e:
      return readExchangeBind(reader);
    case 0x0028001f:
      return readExchangeBindOk();
    case 0x00280028:
      return readExchangeUnbind(reader);
    case 0x00280033:
      return readExchangeUnbindOk();
    default:
      throw unknownMethod(id);
  }
}

function decodeQueue(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x0032000a:
      return readQueueDeclare(reader);
    case 0x0032000b:
      return readQueueDeclareOk(reader);
    case 0x00320014:
      return readQueueBind(reader);
    case 0x00320015:
      return readQueueBindOk();
    case 0x0032001e:
      return readQueuePurge(reader);
    case 0x0032001f:
      return readQueuePurgeOk(reader);
    case 0x00320028:
      return readQueueDelete(reader);
    case 0x00320029:
      return readQueueDeleteOk(reader);
    case 0x00320032:
      return readQueueUnbind(reader);
    case 0x00320033:
      return readQueueUnbindOk();
    default:
      throw unknownMethod(id);
  }
}

function decodeTx(id: number): Method {
  switch (id) {
    case 0x005a000a:
      return readTxSelect();
    case 0x005a000b:
      return readTxSelectOk();
    case 0x005a0014:
      return readTxCommit();
    case 0x005a0015:
      return readTxCommitOk();
    case 0x005a001e:
      return readTxRollback();
    case 0x005a001f:
      return readTxRollbackOk();
    default:
      throw unknownMethod(id);
  }
}

function decodeConfirm(reader: FieldReader, id: number): Method {
  switch (id) {
    case 0x0055000a:
      return readConfirmSelect(reader);
    case 0x0055000b:
      return readConfirmSelectOk();
    default:
      throw unknownMethod(id);
  }
}

function decodeById(reader: FieldReader, id: number): Method {
  switch (id >>> 16) {
    case 60:
      return decodeBasic(reader, id);
    case 10:
      return decodeConnection(reader, id);
    case 20:
      return decodeChannel(reader, id);
    case 30:
      return decodeAccess(reader, id);
    case 40:
      return decodeExchange(reader, id);
    case 50:
      return decodeQueue(reader, id);
    case 90:
      return decodeTx(id);
    case 85:
      return decodeConfirm(reader, id);
    default:
      throw unknownMethod(id);
  }
}

/** Reads the payload of a method frame to its end (AMQP 0-9-1 §2.3.5.1). */
export function decodeMethod(reader: FieldReader): Method {
  const method = decodeById(reader, reader.methodId());
  reader.finish();
  return method;
}

function writeBasicQos(writer: FieldWriter, method: BasicQos): void {
  writer.long(method.prefetchSize);
  writer.short(method.prefetchCount);
  let flags = 0;
  if (method.global) flags |= 1;
  writer.octet(flags);
}

function writeBasicConsume(writer: FieldWriter, method: BasicConsume): void {
  writer.short(0);
  writer.shortString(method.queue);
  writer.shortString(method.consumerTag);
  let flags = 0;
  if (method.noLocal) flags |= 1;
  if (method.noAck) flags |= 2;
  if (method.exclusive) flags |= 4;
  if (method.noWait) flags |= 8;
  writer.octet(flags);
  writeTable(writer, method.arguments);
}

function writeBasicConsumeOk(writer: FieldWriter, method: BasicConsumeOk): void {
  writer.shortString(method.consumerTag);
}

function writeBasicCancel(writer: FieldWriter, method: BasicCancel): void {
  writer.shortString(method.consumerTag);
  let flags = 0;
  if (method.noWait) flags |= 1;
  writer.octet(flags);
}

function writeBasicCancelOk(writer: FieldWriter, method: BasicCancelOk): void {
  writer.shortString(method.consumerTag);
}

function writeBasicPublish(writer: FieldWriter, method: BasicPublish): void {
  writer.short(0);
  writer.shortString(method.exchange);
  writer.shortString(method.routingKey);
  let flags = 0;
  if (method.mandatory) flags |= 1;
  if (method.immediate) flags |= 2;
  writer.octet(flags);
}

function writeBasicReturn(writer: FieldWriter, method: BasicReturn): void {
  writer.short(method.replyCode);
  writer.shortString(method.replyText);
  writer.shortString(method.exchange);
  writer.shortString(method.routingKey);
}

function writeBasicDeliver(writer: FieldWriter, method: BasicDeliver): void {
  writer.shortString(method.consumerTag);
  writer.longlong(method.deliveryTag);
  let flags = 0;
  if (method.redelivered) flags |= 1;
  writer.octet(flags);
  writer.shortString(method.exchange);
  writer.shortString(method.routingKey);
}

function writeBasicGet(writer: FieldWriter, method: BasicGet): void {
  writer.short(0);
  writer.shortString(method.queue);
  let flags = 0;
  if (method.noAck) flags |= 1;
  writer.octet(flags);
}

function writeBasicGetOk(writer: FieldWriter, method: BasicGetOk): void {
  writer.longlong(method.deliveryTag);
  let flags = 0;
  if (method.redelivered) flags |= 1;
  writer.octet(flags);
  writer.shortString(method.exchange);
  writer.shortString(method.routingKey);
  writer.long(method.messageCount);
}

function writeBasicGetEmpty(writer: FieldWriter): void {
  writer.shortString("");
}

function writeBasicAck(writer: FieldWriter, method: BasicAck): void {
  writer.longlong(method.deliveryTag);
  let flags = 0;
  if (method.multiple) flags |= 1;
  writer.octet(flags);
}

function writeBasicReject(writer: FieldWriter, method: BasicReject): void {
  writer.longlong(method.deliveryTag);
  let flags = 0;
  if (method.requeue) flags |= 1;
  writer.octet(flags);
}

function writeBasicRecoverAsync(writer: FieldWriter, method: BasicRecoverAsync): void {
  let flags = 0;
  if (method.requeue) flags |= 1;
  writer.octet(flags);
}

function writeBasicRecover(writer: FieldWriter, method: BasicRecover): void {
  let flags = 0;
  if (method.requeue) flags |= 1;
  writer.octet(flags);
}

function writeBasicNack(writer: FieldWriter, method: BasicNack): void {
  writer.longlong(method.deliveryTag);
  let flags = 0;
  if (method.multiple) flags |= 1;
  if (method.requeue) flags |= 2;
  writer.octet(flags);
}

function writeConnectionStart(writer: FieldWriter, method: ConnectionStart): void {
  writer.octet(method.versionMajor);
  writer.octet(method.versionMinor);
  writeTable(writer, method.serverProperties);
  writer.longString(method.mechanisms);
  writer.longString(method.locales);
}

function writeConnectionStartOk(writer: FieldWriter, method: ConnectionStartOk): void {
  writeTable(writer, method.clientProperties);
  writer.shortString(method.mechanism);
  writer.longString(method.response);
  writer.shortString(method.locale);
}

function writeConnectionSecure(writer: FieldWriter, method: ConnectionSecure): void {
  writer.longString(method.challenge);
}

function writeConnectionSecureOk(writer: FieldWriter, method: ConnectionSecureOk): void {
  writer.longString(method.response);
}

function writeConnectionTune(writer: FieldWriter, method: ConnectionTune): void {
  writer.short(method.channelMax);
  writer.long(method.frameMax);
  writer.short(method.heartbeat);
}

function writeConnectionTuneOk(writer: FieldWriter, method: ConnectionTuneOk): void {
  writer.short(method.channelMax);
  writer.long(method.frameMax);
  writer.short(method.heartbeat);
}

function writeConnectionOpen(writer: FieldWriter, method: ConnectionOpen): void {
  writer.shortString(method.virtualHost);
  writer.shortString("");
  writer.octet(0);
}

function writeConnectionOpenOk(writer: FieldWriter): void {
  writer.shortString("");
}

function writeConnectionClose(writer: FieldWriter, method: ConnectionClose): void {
  writer.short(method.replyCode);
  writer.shortString(method.replyText);
  writer.short(method.classId);
  writer.short(method.methodId);
}

function writeConnectionBlocked(writer: FieldWriter, method: ConnectionBlocked): void {
  writer.shortString(method.reason);
}

function writeConnectionUpdateSecret(writer: FieldWriter, method: ConnectionUpdateSecret): void {
  writer.longString(method.newSecret);
  writer.shortString(method.reason);
}

function writeChannelOpen(writer: FieldWriter): void {
  writer.shortString("");
}

function writeChannelOpenOk(writer: FieldWriter): void {
  writer.longString(NOTHING);
}

function writeChannelFlow(writer: FieldWriter, method: ChannelFlow): void {
  let flags = 0;
  if (method.active) flags |= 1;
  writer.octet(flags);
}

function writeChannelFlowOk(writer: FieldWriter, method: ChannelFlowOk): void {
  let flags = 0;
  if (method.active) flags |= 1;
  writer.octet(flags);
}

function writeChannelClose(writer: FieldWriter, method: ChannelClose): void {
  writer.short(method.replyCode);
  writer.shortString(method.replyText);
  writer.short(method.classId);
  writer.short(method.methodId);
}

function writeAccessRequest(writer: FieldWriter, method: AccessRequest): void {
  writer.shortString(method.realm);
  let flags = 0;
  if (method.exclusive) flags |= 1;
  if (method.passive) flags |= 2;
  if (method.active) flags |= 4;
  if (method.write) flags |= 8;
  if (method.read) flags |= 16;
  writer.octet(flags);
}

function writeAccessRequestOk(writer: FieldWriter, method: AccessRequestOk): void {
  writer.short(method.ticket);
}

function writeExchangeDeclare(writer: FieldWriter, method: ExchangeDeclare): void {
  writer.short(0);
  writer.shortString(method.exchange);
  writer.shortString(method.type);
  let flags = 0;
  if (method.passive) flags |= 1;
  if (method.durable) flags |= 2;
  if (method.autoDelete) flags |= 4;
  if (method.internal) flags |= 8;
  if (method.noWait) flags |= 16;
  writer.octet(flags);
  writeTable(writer, method.arguments);
}

function writeExchangeDelete(writer: FieldWriter, method: ExchangeDelete): void {
  writer.short(0);
  writer.shortString(method.exchange);
  let flags = 0;
  if (method.ifUnused) flags |= 1;
  if (method.noWait) flags |= 2;
  writer.octet(flags);
}

function writeExchangeBind(writer: FieldWriter, method: ExchangeBind): void {
  writer.short(0);
  writer.shortString(method.destination);
  writer.shortString(method.source);
  writer.shortString(method.routingKey);
  let flags = 0;
  if (method.noWait) flags |= 1;
  writer.octet(flags);
  writeTable(writer, method.arguments);
}

function writeExchangeUnbind(writer: FieldWriter, method: ExchangeUnbind): void {
  writer.short(0);
  writer.shortString(method.destination);
  writer.shortString(method.source);
  writer.shortString(method.routingKey);
  let flags = 0;
  if (method.noWait) flags |= 1;
  writer.octet(flags);
  writeTable(writer, method.arguments);
}

function writeQueueDeclare(writer: FieldWriter, method: QueueDeclare): void {
  writer.short(0);
  writer.shortString(method.queue);
  let flags = 0;
  if (method.passive) flags |= 1;
  if (method.durable) flags |= 2;
  if (method.exclusive) flags |= 4;
  if (method.autoDelete) flags |= 8;
  if (method.noWait) flags |= 16;
  writer.octet(flags);
  writeTable(writer, method.arguments);
}

function writeQueueDeclareOk(writer: FieldWriter, method: QueueDeclareOk): void {
  writer.shortString(method.queue);
  writer.long(method.messageCount);
  writer.long(method.consumerCount);
}

function writeQueueBind(writer: FieldWriter, method: QueueBind): void {
  writer.short(0);
  writer.shortString(method.queue);
  writer.shortString(method.exchange);
  writer.shortString(method.routingKey);
  let flags = 0;
  if (method.noWait) flags |= 1;
  writer.octet(flags);
  writeTable(writer, method.arguments);
}

function writeQueuePurge(writer: FieldWriter, method: QueuePurge): void {
  writer.short(0);
  writer.shortString(method.queue);
  let flags = 0;
  if (method.noWait) flags |= 1;
  writer.octet(flags);
}

function writeQueuePurgeOk(writer: FieldWriter, method: QueuePurgeOk): void {
  writer.long(method.messageCount);
}

function writeQueueDelete(writer: FieldWriter, method: QueueDelete): void {
  writer.short(0);
  writer.shortString(method.queue);
  let flags = 0;
  if (method.ifUnused) flags |= 1;
  if (method.ifEmpty) flags |= 2;
  if (method.noWait) flags |= 4;
  writer.octet(flags);
}

function writeQueueDeleteOk(writer: FieldWriter, method: QueueDeleteOk): void {
  writer.long(method.messageCount);
}

function writeQueueUnbind(writer: FieldWriter, method: QueueUnbind): void {
  writer.short(0);
  writer.shortString(method.queue);
  writer.shortString(method.exchange);
  writer.shortString(method.routingKey);
  writeTable(writer, method.arguments);
}

function writeConfirmSelect(writer: FieldWriter, method: ConfirmSelect): void {
  let flags = 0;
  if (method.noWait) flags |= 1;
  writer.octet(flags);
}

/** Writes the payload of a method frame: class id, method id, fields. */
export function encodeMethod(writer: FieldWriter, method: Method): void {
  switch (method.kind) {
    case "basic.qos":
      writer.long(0x003c000a);
      writeBasicQos(writer, method);
      return;
    case "basic.qos-ok":
      writer.long(0x003c000b);
      return;
    case "basic.consume":
      writer.long(0x003c0014);
      writeBasicConsume(writer, method);
      return;
    case "basic.consume-ok":
      writer.long(0x003c0015);
      writeBasicConsumeOk(writer, method);
      return;
    case "basic.cancel":
      writer.long(0x003c001e);
      writeBasicCancel(writer, method);
      return;
    case "basic.cancel-ok":
      writer.long(0x003c001f);
      writeBasicCancelOk(writer, method);
      return;
    case "basic.publish":
      writer.long(0x003c0028);
      writeBasicPublish(writer, method);
      return;
    case "basic.return":
      writer.long(0x003c0032);
      writeBasicReturn(writer, method);
      return;
    case "basic.deliver":
      writer.long(0x003c003c);
      writeBasicDeliver(writer, method);
      return;
    case "basic.get":
      writer.long(0x003c0046);
      writeBasicGet(writer, method);
      return;
    case "basic.get-ok":
      writer.long(0x003c0047);
      writeBasicGetOk(writer, method);
      return;
    case "basic.get-empty":
      writer.long(0x003c0048);
      writeBasicGetEmpty(writer);
      return;
    case "basic.ack":
      writer.long(0x003c0050);
      writeBasicAck(writer, method);
      return;
    case "basic.reject":
      writer.long(0x003c005a);
      writeBasicReject(writer, method);
      return;
    case "basic.recover-async":
      writer.long(0x003c0064);
      writeBasicRecoverAsync(writer, method);
      return;
    case "basic.recover":
      writer.long(0x003c006e);
      writeBasicRecover(writer, method);
      return;
    case "basic.recover-ok":
      writer.long(0x003c006f);
      return;
    case "basic.nack":
      writer.long(0x003c0078);
      writeBasicNack(writer, method);
      return;
    case "connection.start":
      writer.long(0x000a000a);
      writeConnectionStart(writer, method);
      return;
    case "connection.start-ok":
      writer.long(0x000a000b);
      writeConnectionStartOk(writer, method);
      return;
    case "connection.secure":
      writer.long(0x000a0014);
      writeConnectionSecure(writer, method);
      return;
    case "connection.secure-ok":
      writer.long(0x000a0015);
      writeConnectionSecureOk(writer, method);
      return;
    case "connection.tune":
      writer.long(0x000a001e);
      writeConnectionTune(writer, method);
      return;
    case "connection.tune-ok":
      writer.long(0x000a001f);
      writeConnectionTuneOk(writer, method);
      return;
    case "connection.open":
      writer.long(0x000a0028);
      writeConnectionOpen(writer, method);
      return;
    case "connection.open-ok":
      writer.long(0x000a0029);
      writeConnectionOpenOk(writer);
      return;
    case "connection.close":
      writer.long(0x000a0032);
      writeConnectionClose(writer, method);
      return;
    case "connection.close-ok":
      writer.long(0x000a0033);
      return;
    case "connection.blocked":
      writer.long(0x000a003c);
      writeConnectionBlocked(writer, method);
      return;
    case "connection.unblocked":
      writer.long(0x000a003d);
      return;
    case "connection.update-secret":
      writer.long(0x000a0046);
      writeConnectionUpdateSecret(writer, method);
      return;
    case "connection.update-secret-ok":
      writer.long(0x000a0047);
      return;
    case "channel.open":
      writer.long(0x0014000a);
      writeChannelOpen(writer);
      return;
    case "channel.open-ok":
      writer.long(0x0014000b);
      writeChannelOpenOk(writer);
      return;
    case "channel.flow":
      writer.long(0x00140014);
      writeChannelFlow(writer, method);
      return;
    case "channel.flow-ok":
      writer.long(0x00140015);
      writeChannelFlowOk(writer, method);
      return;
    case "channel.close":
      writer.long(0x00140028);
      writeChannelClose(writer, method);
      return;
    case "channel.close-ok":
      writer.long(0x00140029);
      return;
    case "access.request":
      writer.long(0x001e000a);
      writeAccessRequest(writer, method);
      return;
    case "access.request-ok":
      writer.long(0x001e000b);
      writeAccessRequestOk(writer, method);
      return;
    case "exchange.declare":
      writer.long(0x0028000a);
      writeExchangeDeclare(writer, method);
      return;
    case "exchange.declare-ok":
      writer.long(0x0028000b);
      return;
    case "exchange.delete":
      writer.long(0x00280014);
      writeExchangeDelete(writer, method);
      return;
    case "exchange.delete-ok":
      writer.long(0x00280015);
      return;
    case "exchange.bind":
      writer.long(0x0028001e);
      writeExchangeBind(writer, method);
      return;
    case "exchange.bind-ok":
      writer.long(0x0028001f);
      return;
    case "exchange.unbind":
      writer.long(0x00280028);
      writeExchangeUnbind(writer, method);
      return;
    case "exchange.unbind-ok":
      writer.long(0x00280033);
      return;
    case "queue.declare":
      writer.long(0x0032000a);
      writeQueueDeclare(writer, method);
      return;
    case "queue.declare-ok":
      writer.long(0x0032000b);
      writeQueueDeclareOk(writer, method);
      return;
    case "queue.bind":
      writer.long(0x00320014);
      writeQueueBind(writer, method);
      return;
    case "queue.bind-ok":
      writer.long(0x00320015);
      return;
    case "queue.purge":
      writer.long(0x0032001e);
      writeQueuePurge(writer, method);
      return;
    case "queue.purge-ok":
      writer.long(0x0032001f);
      writeQueuePurgeOk(writer, method);
      return;
    case "queue.delete":
      writer.long(0x00320028);
      writeQueueDelete(writer, method);
      return;
    case "queue.delete-ok":
      writer.long(0x00320029);
      writeQueueDeleteOk(writer, method);
      return;
    case "queue.unbind":
      writer.long(0x00320032);
      writeQueueUnbind(writer, method);
      return;
    case "queue.unbind-ok":
      writer.long(0x00320033);
      return;
    case "tx.select":
      writer.long(0x005a000a);
      return;
    case "tx.select-ok":
      writer.long(0x005a000b);
      return;
    case "tx.commit":
      writer.long(0x005a0014);
      return;
    case "tx.commit-ok":
      writer.long(0x005a0015);
      return;
    case "tx.rollback":
      writer.long(0x005a001e);
      return;
    case "tx.rollback-ok":
      writer.long(0x005a001f);
      return;
    case "confirm.select":
      writer.long(0x0055000a);
      writeConfirmSelect(writer, method);
      return;
    case "confirm.select-ok":
      writer.long(0x0055000b);
      return;
  }
}
