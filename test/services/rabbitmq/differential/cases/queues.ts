import {
  at,
  awaiting,
  type Case,
  channelClosed,
  confirmed,
  confirmSelect,
  connectionClosed,
  consume,
  declare,
  deleteQueue,
  delivered,
  get,
  openChannel,
  passive,
  poll,
  publish,
  purge,
  put,
  settle,
} from "../script.ts";

const LONGEST = "n".repeat(255);

/** Declaring, looking at, emptying and deleting queues. */
export const queues: readonly Case[] = [
  { name: "a new queue is empty", steps: [declare("q")] },
  {
    name: "a queue declared again tells how many are ready",
    steps: [declare("q"), ...put("q", "1", "2"), settle, declare("q")],
  },
  {
    name: "a declared queue tells how many consume from it",
    steps: [declare("q"), consume("q"), passive("q")],
  },
  {
    name: "what a consumer holds is not counted",
    steps: [declare("q"), ...put("q", "1"), consume("q"), delivered(), passive("q")],
  },
  {
    name: "a queue without a name gets one",
    steps: [declare("", {}, { exclusive: true }), publish("", "nobody"), get("")],
  },
  {
    name: "an empty name means the queue declared last",
    steps: [declare("q"), declare("r"), ...put("r", "to r"), settle, get("")],
  },
  {
    name: "a passive declare makes a queue the last one",
    steps: [at("b.1", declare("q")), passive("q"), ...put("q", "x"), settle, get("")].flat(),
  },
  { name: "an empty name without a queue declared before, for get", steps: [get("")] },
  { name: "an empty name without a queue declared before, for consume", steps: [consume("")] },
  { name: "an empty name without a queue declared before, for purge", steps: [purge("")] },
  { name: "an empty name without a queue declared before, for delete", steps: [deleteQueue("")] },
  { name: "line breaks are taken out of a queue's name", steps: [declare("q\r\n"), passive("q")] },
  { name: "a queue name of 255 bytes", steps: [declare(LONGEST), deleteQueue(LONGEST)] },
  { name: "a passive declare of a queue that is not there", steps: [passive("absent")] },
  {
    name: "nothing is answered on a channel that was closed by an error",
    steps: [passive("absent"), declare("q"), openChannel, declare("q")],
  },
  {
    name: "a channel number may be opened again after an error",
    steps: [passive("absent"), openChannel, declare("q")],
  },
  { name: "a declare without an answer", steps: [declare("q", {}, { noWait: true }), declare("q")] },
  {
    name: "a passive declare without an answer, of a queue that is not there",
    steps: [declare("absent", {}, { passive: true, noWait: true }), channelClosed()],
  },
  { name: "redeclared with another durable", steps: [declare("q", {}, { durable: true }), declare("q")] },
  {
    name: "redeclared with another auto-delete",
    steps: [declare("q"), declare("q", {}, { autoDelete: true })],
  },
  {
    name: "redeclared with another exclusive, by its owner",
    steps: [declare("q", {}, { exclusive: true }), declare("q")],
  },
  {
    name: "redeclared as exclusive when it is not",
    steps: [declare("q"), declare("q", {}, { exclusive: true })],
  },
  {
    name: "a passive declare does not compare",
    steps: [declare("q", { "x-max-length": 5 }, { durable: true }), passive("q")],
  },
  { name: "a name that begins with amq. is refused", steps: [declare("amq.mine")] },
  { name: "a passive declare of a name that begins with amq.", steps: [passive("amq.mine")] },
  {
    name: "an exclusive queue of another connection: passive declare",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", passive("q"))],
  },
  {
    name: "an exclusive queue of another connection: declare",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", declare("q", {}, { exclusive: true }))],
  },
  {
    name: "an exclusive queue of another connection: declared as not exclusive",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", declare("q"))],
  },
  {
    name: "an exclusive queue of another connection: get",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", get("q"))],
  },
  {
    name: "an exclusive queue of another connection: consume",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", consume("q"))],
  },
  {
    name: "an exclusive queue of another connection: purge",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", purge("q"))],
  },
  {
    name: "an exclusive queue of another connection: delete",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", deleteQueue("q"))],
  },
  {
    name: "anybody may publish to an exclusive queue",
    steps: [
      declare("q", {}, { exclusive: true }),
      ...at("b.1", confirmSelect, ...put("q", "x"), confirmed()),
      get("q"),
    ],
  },
  {
    name: "an exclusive queue serves all channels of its connection",
    steps: [declare("q", {}, { exclusive: true }), ...put("q", "x"), settle, ...at("a.2", get("q"))],
  },
  {
    name: "an exclusive queue goes with its connection",
    steps: [
      ...at("b.1", declare("q", {}, { exclusive: true })),
      ...at("b.0", {
        does: "send",
        at: "b.0",
        method: { kind: "connection.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 },
      }),
      passive("q"),
    ],
  },
  {
    name: "an exclusive queue goes with a connection that is cut",
    steps: [
      ...at("b.1", declare("q", {}, { exclusive: true })),
      { does: "drop", connection: "b" },
      poll(publish("", "q", "", { mandatory: true }), "basic.return"),
    ],
  },
  {
    name: "an auto-delete queue stays until it had a consumer",
    steps: [declare("q", {}, { autoDelete: true }), ...put("q", "x"), settle, get("q"), passive("q")],
  },
  {
    name: "an auto-delete queue goes with its last consumer",
    steps: [
      declare("q", {}, { autoDelete: true }),
      consume("q"),
      { does: "send", at: "a.1", method: { kind: "basic.cancel", consumerTag: "t", noWait: false } },
      passive("q"),
    ],
  },
  {
    name: "an auto-delete queue goes with the channel of its last consumer",
    steps: [
      declare("q", {}, { autoDelete: true }),
      ...at("a.2", consume("q"), {
        does: "send",
        at: "a.2",
        method: { kind: "channel.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 },
      }),
      settle,
      passive("q"),
    ],
  },
  {
    name: "purge tells how many it removed",
    steps: [declare("q"), ...put("q", "1", "2", "3"), settle, purge("q"), get("q")],
  },
  {
    name: "purge leaves and does not count what a consumer holds",
    steps: [
      declare("q"),
      ...put("q", "1", "2", "3"),
      settle,
      get("q", false),
      purge("q"),
      {
        does: "send",
        at: "a.1",
        method: { kind: "basic.nack", deliveryTag: 1, multiple: false, requeue: true },
      },
      settle,
      get("q"),
      get("q"),
    ],
  },
  { name: "purge of a queue that is not there", steps: [purge("absent")] },
  {
    name: "delete tells how many were ready",
    steps: [declare("q"), ...put("q", "1", "2"), settle, get("q", false), deleteQueue("q")],
  },
  { name: "delete of a queue that is not there", steps: [deleteQueue("absent")] },
  {
    name: "delete if empty of a queue that is not",
    steps: [declare("q"), ...put("q", "1"), settle, deleteQueue("q", { ifEmpty: true })],
  },
  {
    name: "delete if empty of one with a message in a consumer's hands",
    steps: [declare("q"), ...put("q", "1"), settle, get("q", false), deleteQueue("q", { ifEmpty: true })],
  },
  {
    name: "delete if unused of a queue with a consumer",
    steps: [declare("q"), consume("q"), deleteQueue("q", { ifUnused: true })],
  },
  {
    name: "delete if unused of a queue without",
    steps: [declare("q"), deleteQueue("q", { ifUnused: true })],
  },
  {
    name: "a consumer is told that its queue is deleted",
    isOrdered: true,
    steps: [
      declare("q"),
      consume("q", { tag: "mine" }),
      ...at("a.2", deleteQueue("q")),
      awaiting("basic.cancel"),
    ],
  },
  {
    name: "acknowledging what came from a deleted queue",
    steps: [
      declare("q"),
      ...put("q", "1"),
      settle,
      get("q", false),
      deleteQueue("q"),
      { does: "send", at: "a.1", method: { kind: "basic.ack", deliveryTag: 1, multiple: false } },
    ],
  },
  {
    name: "a queue unused for x-expires goes",
    steps: [
      declare("q", { "x-expires": 60 }),
      poll(publish("", "q", "", { mandatory: true }), "basic.return"),
    ],
  },
  {
    name: "a queue with a consumer does not expire",
    steps: [
      declare("q", { "x-expires": 1000 }),
      consume("q"),
      declare("r", { "x-expires": 1500 }),
      poll(publish("", "r", "", { mandatory: true }), "basic.return"),
      passive("q"),
    ],
  },
  {
    name: "passive declares renew x-expires",
    steps: [
      declare("q", { "x-expires": 2000 }),
      declare("clock", { "x-expires": 1200 }),
      poll(publish("", "clock", "", { mandatory: true }), "basic.return"),
      passive("q"),
      declare("clock", { "x-expires": 1200 }),
      poll(publish("", "clock", "", { mandatory: true }), "basic.return"),
      passive("q"),
    ],
  },
  {
    name: "a get renews x-expires",
    steps: [
      declare("q", { "x-expires": 2000 }),
      declare("clock", { "x-expires": 1200 }),
      poll(publish("", "clock", "", { mandatory: true }), "basic.return"),
      get("q"),
      declare("clock", { "x-expires": 1200 }),
      poll(publish("", "clock", "", { mandatory: true }), "basic.return"),
      get("q"),
    ],
  },
  {
    name: "reuse of a consumer tag ends the connection",
    steps: [declare("q"), consume("q"), consume("q"), connectionClosed()],
  },
];
