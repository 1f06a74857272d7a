/** Why some answers differ, and in which cases; what they are is in docs/amqp-differences.md, written by the test. */
export interface KnownDifference {
  readonly title: string;
  readonly reason: string;
  /** Names of cases, or the beginning they share. */
  readonly cases: readonly string[];
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    title: "As RabbitMQ 4, not as 3.10",
    reason:
      "RabbitMQ changed its mind: an unknown exchange type ends the channel with 406 where 3.10 ended the connection with 503, and a bad `x-delivery-limit` is refused. `x-delivery-count` is sent from the first return on, not as 0.",
    cases: [
      "an exchange type nobody knows",
      "arguments of queues: x-delivery-limit as text",
      "dead letters: x-delivery-limit of a quorum queue",
    ],
  },
  {
    title: "x-queue-mode means nothing",
    reason:
      "All queues page their messages from disk, so `lazy` and `default` are the same and are not looked at.",
    cases: [
      "arguments of queues: x-queue-mode of another kind",
      "arguments of queues: x-queue-mode as a number",
      "arguments of queues: another x-queue-mode",
    ],
  },
  {
    title: "basic.qos reaches consumers that are there",
    reason:
      "RabbitMQ applies a prefetch without `global` to later consumers only. Clients that adjust it while they work (Celery does) take servers that do not call themselves RabbitMQ for ones where it reaches existing consumers, and here it does.",
    cases: ["consuming: prefetch does not reach consumers that are there"],
  },
  {
    title: "Refusals before the connection is open are told",
    reason:
      "RabbitMQ waits three seconds and ends the stream without a word, as AMQP 0-9-1 permits; here the client is told the reason at once and the stream ends after its close-ok.",
    cases: [
      "connections: a mechanism nobody knows",
      "connections: more channels than offered",
      "connections: as many channels as there are",
      "connections: larger frames than offered",
      "connections: frames without a limit",
      "connections: frames of 4095 bytes",
      "connections: a method nobody knows",
    ],
  },
  {
    title: "Channel numbers, not channels, are counted",
    reason:
      "channel_max is the highest channel number (AMQP 0-9-1 §1.4.2.5); RabbitMQ 3.10 compares the number of open channels with it.",
    cases: ["connections: more channels than agreed"],
  },
  {
    title: "Types of values count",
    reason:
      "A header 5.0 does not match a binding with 5, and an argument sent as bytes is another than the same text: as RabbitMQ has it for all other arguments.",
    cases: ["headers compare a number with its type", "arguments of queues: text in place of bytes"],
  },
  {
    title: "What has expired behind the head is still counted",
    reason:
      "Both let messages expire at the head only; RabbitMQ looks at the next one before it says how many are left, here that happens in the next turn.",
    cases: ["dead letters: a message expires at the head only"],
  },
  {
    title: "x-first-death beside an x-death that is no list",
    reason:
      "A publisher's own `x-death` that is no list is replaced in both; here the message then counts as dying for the first time.",
    cases: ["dead letters: an x-death of the publisher's own"],
  },
  {
    title: "The queue is looked for first",
    reason: "When both ends of a binding are missing, one of them is named.",
    cases: ["bind a queue and an exchange that are not there"],
  },
  {
    title: "Words only",
    reason:
      "Code, class and method are the same; the text behind them is RabbitMQ's way to print Erlang terms, or says more here.",
    cases: [
      "arguments of queues: x-dead-letter-exchange as a number",
      "arguments of queues: x-max-priority above 255",
      "an alternate exchange as a number",
      "x-match of another kind",
      "x-match as a number",
      "CC that is no list",
      "publishing: expiration that is no number",
      "publishing: expiration below 0",
      "publishing: expiration with digits behind the point",
      "publishing: expiration with blanks",
      "publishing: an empty expiration",
      "publishing: expiration beyond 32 bits",
      "connections: a wrong password",
      "connections: channel.open on channel 0",
      "connections: a queue method on channel 0",
      "connections: a method on channel 0 of nothing",
      "connections: a connection method on channel 1",
      "connections: connection.open twice",
      "connections: a server's method",
      "connections: a method that is cut short",
      "connections: a frame type nobody knows",
      "connections: a frame without its end",
      "connections: a frame that is too large",
      "connections: a heartbeat on channel 1",
      "connections: content without a method",
      "connections: a method in place of content",
      "connections: a message that is cut off by the end of its channel",
    ],
  },
];

/** The name of a case without the subject, for what is played in two virtual hosts. */
function isMeant(listed: string, name: string): boolean {
  return name === listed || name.endsWith(`: ${listed}`);
}

export function explanationOf(name: string): KnownDifference | undefined {
  return knownDifferences.find(({ cases }) => cases.some((listed) => isMeant(listed, name)));
}
