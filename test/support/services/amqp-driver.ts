import type { LineDriver } from "./line-driver.ts";

/** Fields of a header table or arguments, as JSON has them. */
export type Fields = Readonly<Record<string, unknown>>;

/** The properties that the scripted runs use; a driver leaves out what a message does not have. */
export interface DrivenProperties {
  readonly contentType?: string;
  readonly headers?: Fields;
  readonly deliveryMode?: 1 | 2;
  readonly priority?: number;
  readonly correlationId?: string;
  readonly replyTo?: string;
  /** Milliseconds, as AMQP has it: in words. */
  readonly expiration?: string;
  readonly messageId?: string;
  /** Seconds since 1970. */
  readonly timestamp?: number;
  readonly type?: string;
  readonly appId?: string;
}

export interface OpenCommand {
  readonly command: "open";
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly virtualHost: string;
  /** Seconds. */
  readonly heartbeat: number;
  /** Whether the channel confirms what is published. */
  readonly confirms: boolean;
  /** Whether the library is to connect and consume again by itself, for those that can. */
  readonly recovers: boolean;
}

export interface DeclareExchange {
  readonly exchange: string;
  readonly type: "direct" | "topic" | "fanout" | "headers";
  readonly durable: boolean;
  readonly arguments: Fields;
}

export interface DeclareQueue {
  /** Empty: the server names it. */
  readonly queue: string;
  readonly passive: boolean;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Fields;
}

export interface Binding {
  readonly queue: string;
  readonly exchange: string;
  readonly key: string;
  readonly arguments: Fields;
}

export interface Publication {
  readonly exchange: string;
  readonly key: string;
  readonly body: string;
  readonly mandatory: boolean;
  readonly properties: DrivenProperties;
}

export interface Consumption {
  readonly queue: string;
  readonly tag: string;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly arguments: Fields;
}

/**
 * What a driver understands. A client is a connection with one channel; `open` under a name that is there takes its
 * place. In a channel that confirms, a publication is answered with its confirm, elsewhere when it is sent.
 */
export type AmqpCommand =
  | OpenCommand
  | ({ readonly command: "declareExchange" } & DeclareExchange)
  | ({ readonly command: "declareQueue" } & DeclareQueue)
  | ({ readonly command: "bind" } & Binding)
  | ({ readonly command: "publish" } & Publication)
  | ({ readonly command: "consume" } & Consumption)
  | { readonly command: "cancel"; readonly tag: string }
  | { readonly command: "get"; readonly queue: string }
  | { readonly command: "ack"; readonly deliveryTag: number; readonly multiple: boolean }
  | { readonly command: "nack"; readonly deliveryTag: number; readonly requeue: boolean }
  | { readonly command: "prefetch"; readonly count: number }
  | { readonly command: "deleteQueue"; readonly queue: string }
  | { readonly command: "purge"; readonly queue: string }
  | { readonly command: "close" };

/** A message as a consumer or a get has it. */
export interface DrivenDelivery {
  readonly tag?: string;
  readonly body: string;
  readonly exchange: string;
  readonly key: string;
  readonly deliveryTag: number;
  readonly redelivered: boolean;
  readonly properties: DrivenProperties;
}

export interface AmqpAnswer {
  /** Of a queue that was declared. */
  readonly queue?: string;
  readonly messages?: number;
  readonly consumers?: number;
  /** Of a publication. */
  readonly outcome?: "confirmed" | "rejected" | "sent";
  /** Of a get: null when the queue is empty. */
  readonly message?: DrivenDelivery | null;
}

export type AmqpEvent =
  | ({ readonly event: "message"; readonly client: string } & DrivenDelivery)
  | { readonly event: "returned"; readonly client: string; readonly code: number; readonly body: string }
  | { readonly event: "cancelled"; readonly client: string; readonly tag: string }
  /** The end of the connection that `close` did not ask for. */
  | { readonly event: "disconnected"; readonly client: string };

/** An AMQP client library that does what it is told. */
export type AmqpDriver = LineDriver<AmqpCommand, AmqpAnswer, AmqpEvent>;
