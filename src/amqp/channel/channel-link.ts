import type { AmqpCounters } from "../amqp-counters.ts";
import type { FrameOutput } from "../codec/content-writer.ts";
import type { Method } from "../codec/methods.generated.ts";
import type { AmqpOptions, AmqpPorts, Identity, VirtualHost } from "../ports.ts";
import type { Budget } from "./budget.ts";
import type { Confirms } from "./confirms.ts";
import type { ReplyConsumers } from "./reply-consumers.ts";

/** A connection as its channels see it; exclusive queues belong to it. */
export interface ChannelLink {
  readonly ports: AmqpPorts;
  readonly options: AmqpOptions;
  readonly counters: AmqpCounters;
  readonly host: VirtualHost;
  readonly identity: Identity;
  readonly remoteAddress: string;
  /** As the client gave it, for the property user-id. */
  readonly userName: string;
  /** Bytes of a whole frame. */
  readonly frameMax: number;
  /** The client takes consumer cancel notifications. */
  readonly wantsCancel: boolean;
  /** False: the client has left much of what it was sent unread. */
  readonly isWritable: boolean;
  readonly output: FrameOutput;
  /** Bytes of unfinished messages. */
  readonly assemblyBudget: Budget;
  /** Bytes of what waits for a commit. */
  readonly transactionBudget: Budget;
  /** Consumers. */
  readonly consumerBudget: Budget;
  readonly replyConsumers: ReplyConsumers;
  send(channelNumber: number, method: Method): void;
  /** An answer has left; so many are still owed on its channel. */
  answered(waitingCount: number): void;
  /** `flush` is called when the current event is handled. */
  confirmsReady(confirms: Confirms): void;
  /** Ends the channel or the connection because of what happened outside of its own frames. */
  fail(error: unknown, channelNumber: number): void;
}

/** A channel's end of its connection. */
export interface ChannelEnd {
  readonly number: number;
  readonly link: ChannelLink;
}
