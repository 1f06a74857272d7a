import {
  ack,
  at,
  bind,
  type Case,
  channelClosed,
  closeChannel,
  declare,
  get,
  nack,
  passive,
  publish,
  put,
  reject,
  settle,
  txCommit,
  txRollback,
  txSelect,
} from "../script.ts";

const three = put("q", "1", "2", "3");

/** tx.select, commit and rollback. */
export const transactions: readonly Case[] = [
  {
    name: "what is published waits for the commit",
    steps: [declare("q"), txSelect, ...three, settle, passive("q"), txCommit, passive("q")],
  },
  {
    name: "what is published is forgotten by a rollback",
    steps: [declare("q"), txSelect, ...three, txRollback, txCommit, passive("q")],
  },
  { name: "tx.select twice", steps: [txSelect, txSelect] },
  { name: "commit without select", steps: [txCommit] },
  { name: "rollback without select", steps: [txRollback] },
  { name: "an empty commit and an empty rollback", steps: [txSelect, txCommit, txRollback] },
  {
    name: "acknowledgements wait for the commit",
    steps: [
      declare("q"),
      ...three,
      settle,
      ...at("a.2", txSelect, get("q", false), ack(1), closeChannel),
      settle,
      passive("q"),
    ],
  },
  {
    name: "committed acknowledgements count",
    steps: [
      declare("q"),
      ...three,
      settle,
      ...at("a.2", txSelect, get("q", false), ack(1), txCommit, closeChannel),
      settle,
      passive("q"),
    ],
  },
  {
    name: "rolled back acknowledgements may be given again under their tags",
    steps: [
      declare("q"),
      ...three,
      settle,
      ...at("a.2", txSelect, get("q", false), ack(1), txRollback, ack(1), txCommit, closeChannel),
      settle,
      passive("q"),
    ],
  },
  {
    name: "an acknowledgement twice within a transaction",
    steps: [declare("q"), ...three, settle, txSelect, get("q", false), ack(1), ack(1), channelClosed()],
  },
  {
    name: "rejections wait for the commit",
    steps: [
      declare("q"),
      ...three,
      settle,
      ...at("a.2", txSelect, get("q", false), reject(1)),
      settle,
      passive("q"),
      ...at("a.2", txCommit),
      settle,
      passive("q"),
    ],
  },
  {
    name: "giving back waits for the commit",
    steps: [
      declare("q"),
      ...three,
      settle,
      ...at("a.2", txSelect, get("q", false), nack(1)),
      settle,
      passive("q"),
      ...at("a.2", txCommit),
      settle,
      passive("q"),
      get("q"),
    ],
  },
  {
    name: "rolled back rejections",
    steps: [
      declare("q"),
      ...three,
      settle,
      ...at("a.2", txSelect, get("q", false), reject(1), txRollback, closeChannel),
      settle,
      get("q"),
    ],
  },
  {
    name: "a message for many queues in one transaction",
    steps: [
      declare("q"),
      declare("r"),
      bind("q", "amq.fanout"),
      bind("r", "amq.fanout"),
      txSelect,
      publish("amq.fanout", "", "x"),
      txCommit,
      get("q"),
      get("r"),
    ],
  },
  {
    name: "a returned message comes with the commit",
    steps: [txSelect, publish("", "nobody", "x", { mandatory: true }), settle, txCommit],
  },
  {
    name: "publish to an exchange that is not there, in a transaction",
    steps: [txSelect, publish("absent", "k", "x"), channelClosed()],
  },
  {
    name: "a channel closed before its commit",
    steps: [declare("q"), ...at("a.2", txSelect, ...put("q", "x"), closeChannel), settle, passive("q")],
  },
];
