import type { FieldTable } from "../../../../../src/base/field-table.ts";
import {
  at,
  bind,
  bindExchange,
  type Case,
  channelClosed,
  confirmed,
  confirmSelect,
  connectionClosed,
  declare,
  declareExchange,
  deleteExchange,
  get,
  publish,
  settle,
  unbind,
  unbindExchange,
} from "../script.ts";

const PASSIVE = { passive: true };
const voidValue: FieldTable = [{ name: "color", field: { type: "V", value: null } }];

/** Exchanges, bindings, and where a message goes. */
export const exchanges: readonly Case[] = [
  {
    name: "exchanges of all four types",
    steps: ["direct", "fanout", "topic", "headers"].map((type) => declareExchange(`x-${type}`, type)),
  },
  {
    name: "the predeclared exchanges are there",
    steps: ["amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"].map((name) =>
      declareExchange(name, "direct", {}, PASSIVE),
    ),
  },
  {
    name: "a predeclared exchange declared as it is",
    steps: [declareExchange("amq.topic", "topic", {}, { durable: true })],
  },
  {
    name: "a predeclared exchange declared otherwise",
    steps: [declareExchange("amq.topic", "direct", {}, { durable: true })],
  },
  { name: "an exchange type nobody knows", steps: [declareExchange("x", "x-of-nobody"), connectionClosed()] },
  {
    name: "a passive declare of an exchange that is not there",
    steps: [declareExchange("absent", "direct", {}, PASSIVE)],
  },
  {
    name: "a passive declare does not compare",
    steps: [declareExchange("x", "fanout"), declareExchange("x", "topic", {}, PASSIVE)],
  },
  { name: "redeclared with another type", steps: [declareExchange("x"), declareExchange("x", "fanout")] },
  {
    name: "redeclared with another durable",
    steps: [declareExchange("x"), declareExchange("x", "direct", {}, { durable: true })],
  },
  {
    name: "redeclared with another auto-delete",
    steps: [declareExchange("x"), declareExchange("x", "direct", {}, { autoDelete: true })],
  },
  {
    name: "redeclared with another internal",
    steps: [declareExchange("x"), declareExchange("x", "direct", {}, { internal: true })],
  },
  {
    name: "redeclared with another alternate exchange",
    steps: [
      declareExchange("x", "direct", { "alternate-exchange": "one" }),
      declareExchange("x", "direct", { "alternate-exchange": "two" }),
    ],
  },
  {
    name: "redeclared with an argument nobody compares",
    steps: [declareExchange("x"), declareExchange("x", "direct", { "x-of-nobody": 1 })],
  },
  {
    name: "an alternate exchange as a number",
    steps: [declareExchange("x", "direct", { "alternate-exchange": 1 })],
  },
  { name: "a name that begins with amq. is refused", steps: [declareExchange("amq.mine")] },
  { name: "the default exchange cannot be declared", steps: [declareExchange("")] },
  {
    name: "the default exchange cannot be declared passively",
    steps: [declareExchange("", "direct", {}, PASSIVE)],
  },
  {
    name: "line breaks are taken out of an exchange's name",
    steps: [declareExchange("x\r\n"), declareExchange("x", "direct", {}, PASSIVE)],
  },
  {
    name: "a declare without an answer",
    steps: [
      declareExchange("x", "direct", {}, { noWait: true }),
      declareExchange("x", "direct", {}, PASSIVE),
    ],
  },
  {
    name: "delete of an exchange",
    steps: [declareExchange("x"), deleteExchange("x"), declareExchange("x", "direct", {}, PASSIVE)],
  },
  { name: "delete of an exchange that is not there", steps: [deleteExchange("absent")] },
  {
    name: "delete if unused of an exchange with a binding",
    steps: [declareExchange("x"), declare("q"), bind("q", "x", "k"), deleteExchange("x", true)],
  },
  {
    name: "delete if unused of an exchange that is only bound to",
    steps: [declareExchange("x"), declareExchange("y"), bindExchange("x", "y"), deleteExchange("x", true)],
  },
  { name: "the default exchange cannot be deleted", steps: [deleteExchange("")] },
  { name: "a predeclared exchange cannot be deleted", steps: [deleteExchange("amq.direct")] },
  {
    name: "an auto-delete exchange goes with its last binding",
    steps: [
      declareExchange("x", "direct", {}, { autoDelete: true }),
      declare("q"),
      bind("q", "x", "k"),
      unbind("q", "x", "k"),
      declareExchange("x", "direct", {}, PASSIVE),
    ],
  },
  {
    name: "an auto-delete exchange stays while another binding is there",
    steps: [
      declareExchange("x", "direct", {}, { autoDelete: true }),
      declare("q"),
      bind("q", "x", "k"),
      bind("q", "x", "l"),
      unbind("q", "x", "k"),
      declareExchange("x", "direct", {}, PASSIVE),
    ],
  },
  {
    name: "an auto-delete exchange goes with the queue of its last binding",
    steps: [
      declareExchange("x", "direct", {}, { autoDelete: true }),
      declare("q"),
      bind("q", "x", "k"),
      {
        does: "send",
        at: "a.1",
        method: { kind: "queue.delete", queue: "q", ifUnused: false, ifEmpty: false, noWait: false },
      },
      declareExchange("x", "direct", {}, PASSIVE),
    ],
  },
  {
    name: "an auto-delete exchange goes with the exchange of its last binding",
    steps: [
      declareExchange("x", "direct", {}, { autoDelete: true }),
      declareExchange("y"),
      bindExchange("y", "x", "k"),
      deleteExchange("y"),
      declareExchange("x", "direct", {}, PASSIVE),
    ],
  },

  { name: "bind to an exchange that is not there", steps: [declare("q"), bind("q", "absent", "k")] },
  { name: "bind a queue that is not there", steps: [bind("absent", "amq.direct", "k")] },
  { name: "bind a queue and an exchange that are not there", steps: [bind("absent", "absent-too", "k")] },
  { name: "bind to the default exchange", steps: [declare("q"), bind("q", "", "k")] },
  { name: "unbind from the default exchange", steps: [declare("q"), unbind("q", "", "q")] },
  { name: "unbind of what was never bound", steps: [declare("q"), unbind("q", "amq.direct", "k")] },
  { name: "unbind of a queue that is not there", steps: [unbind("absent", "amq.direct", "k")] },
  { name: "unbind from an exchange that is not there", steps: [declare("q"), unbind("q", "absent", "k")] },
  {
    name: "bind of another connection's exclusive queue",
    steps: [declare("q", {}, { exclusive: true }), ...at("b.1", bind("q", "amq.direct", "k"))],
  },
  {
    name: "unbind of another connection's exclusive queue",
    steps: [
      declare("q", {}, { exclusive: true }),
      bind("q", "amq.direct", "k"),
      ...at("b.1", unbind("q", "amq.direct", "k")),
    ],
  },
  {
    name: "an empty routing key and an empty queue name mean the queue's name",
    steps: [
      declare("q"),
      bind("", "amq.direct", ""),
      publish("amq.direct", "q", "by name"),
      publish("amq.direct", "", "by nothing"),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "an empty queue name with a routing key",
    steps: [
      declare("q"),
      bind("", "amq.direct", "k"),
      publish("amq.direct", "k", "by key"),
      settle,
      get("q"),
    ],
  },
  { name: "exchange bind to the default exchange", steps: [bindExchange("amq.direct", "", "k")] },
  {
    name: "exchange bind of an exchange that is not there",
    steps: [bindExchange("absent", "amq.direct", "k")],
  },
  {
    name: "exchange bind from an exchange that is not there",
    steps: [bindExchange("amq.direct", "absent", "k")],
  },
  { name: "exchange unbind of what is not there", steps: [unbindExchange("absent", "amq.direct", "k")] },
  { name: "exchange unbind from the default exchange", steps: [unbindExchange("amq.direct", "", "k")] },

  { name: "publish to an exchange that is not there", steps: [publish("absent", "k", "x"), channelClosed()] },
  {
    name: "publish to an internal exchange",
    steps: [declareExchange("x", "fanout", {}, { internal: true }), publish("x", "k", "x"), channelClosed()],
  },
  {
    name: "an internal exchange serves other exchanges",
    steps: [
      declareExchange("x", "fanout", {}, { internal: true }),
      declareExchange("y", "fanout"),
      declare("q"),
      bindExchange("x", "y"),
      bind("q", "x"),
      publish("y", "k", "through"),
      settle,
      get("q"),
    ],
  },
  {
    name: "the default exchange sends to the queue of that name",
    steps: [declare("q"), publish("", "q", "x"), settle, get("q")],
  },
  {
    name: "a queue bound twice gets one copy",
    steps: [
      declare("q"),
      bind("q", "amq.topic", "a.*"),
      bind("q", "amq.topic", "#"),
      publish("amq.topic", "a.b", "x"),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "a direct exchange compares the whole key",
    steps: [
      declare("q"),
      bind("q", "amq.direct", "k"),
      publish("amq.direct", "k", "same"),
      publish("amq.direct", "K", "other"),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "a fanout exchange asks for no key",
    steps: [
      declare("q"),
      declare("r"),
      bind("q", "amq.fanout", "one"),
      bind("r", "amq.fanout", "two"),
      publish("amq.fanout", "three", "x"),
      settle,
      get("q"),
      get("r"),
    ],
  },
  ...topicCases(),
  {
    name: "x-match all is the default and wants every pair",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", { color: "red", size: 5 }),
      publish("amq.headers", "", "both", { headers: { color: "red", size: 5, more: 1 } }),
      publish("amq.headers", "", "one", { headers: { color: "red" } }),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "x-match any wants one pair",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", { "x-match": "any", color: "red", size: 5 }),
      publish("amq.headers", "", "one", { headers: { size: 5 } }),
      publish("amq.headers", "", "none", { headers: { size: 6 } }),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "x-match of another kind",
    steps: [declare("q"), bind("q", "amq.headers", "", { "x-match": "some" })],
  },
  { name: "x-match as a number", steps: [declare("q"), bind("q", "amq.headers", "", { "x-match": 1 })] },
  {
    name: "x-match all leaves out names that begin with x-",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", { "x-match": "all", "x-color": "red" }),
      publish("amq.headers", "", "without", { headers: { size: 5 } }),
      settle,
      get("q"),
    ],
  },
  {
    name: "a void value in a binding means that the header is there",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", voidValue),
      publish("amq.headers", "", "any colour", { headers: { color: "green" } }),
      publish("amq.headers", "", "none", { headers: { size: 5 } }),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "headers compare a number with its type",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", { size: 5 }),
      publish("amq.headers", "", "double", { headers: [{ name: "size", field: { type: "d", value: 5 } }] }),
      publish("amq.headers", "", "wide", { headers: [{ name: "size", field: { type: "l", value: 5n } }] }),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "a headers binding without headers matches everything",
    steps: [declare("q"), bind("q", "amq.headers"), publish("amq.headers", "", "bare"), settle, get("q")],
  },
  {
    name: "an x-match any binding without headers matches nothing",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", { "x-match": "any" }),
      publish("amq.headers", "", "with", { headers: { size: 5 } }),
      settle,
      get("q"),
    ],
  },
  {
    name: "bindings that differ in their arguments only are two",
    steps: [
      declare("q"),
      bind("q", "amq.headers", "", { color: "red" }),
      bind("q", "amq.headers", "", { color: "blue" }),
      unbind("q", "amq.headers", "", { color: "red" }),
      publish("amq.headers", "", "blue", { headers: { color: "blue" } }),
      publish("amq.headers", "", "red", { headers: { color: "red" } }),
      settle,
      get("q"),
      get("q"),
    ],
  },

  {
    name: "CC and BCC name further keys; BCC is taken out",
    steps: [
      declare("q"),
      declare("r"),
      declare("s"),
      publish("", "q", "to three", { headers: { CC: ["r"], BCC: ["s"], more: 1 } }),
      settle,
      get("q"),
      get("r"),
      get("s"),
    ],
  },
  {
    name: "CC that is no list",
    steps: [declare("q"), publish("", "q", "x", { headers: { CC: "r" } }), channelClosed()],
  },
  {
    name: "CC goes through exchange bindings",
    steps: [
      declareExchange("x"),
      declareExchange("y"),
      bindExchange("y", "x", "two"),
      declare("q"),
      bind("q", "y", "two"),
      publish("x", "one", "x", { headers: { CC: ["two"] } }),
      settle,
      get("q"),
    ],
  },
  {
    name: "an alternate exchange gets what nobody else gets",
    steps: [
      declareExchange("other", "fanout"),
      declareExchange("x", "direct", { "alternate-exchange": "other" }),
      declare("q"),
      declare("r"),
      bind("q", "x", "k"),
      bind("r", "other"),
      publish("x", "k", "direct"),
      publish("x", "l", "alternate"),
      settle,
      get("q"),
      get("q"),
      get("r"),
      get("r"),
    ],
  },
  {
    name: "an alternate exchange that is not there",
    steps: [
      declareExchange("x", "direct", { "alternate-exchange": "absent" }),
      publish("x", "k", "x", { mandatory: true }),
    ],
  },
  {
    name: "alternate exchanges in a circle",
    steps: [
      declareExchange("x", "direct", { "alternate-exchange": "y" }),
      declareExchange("y", "direct", { "alternate-exchange": "x" }),
      confirmSelect,
      publish("x", "k", "x", { mandatory: true }),
      confirmed(),
    ],
  },
  {
    name: "exchanges bound in a circle",
    steps: [
      declareExchange("x", "fanout"),
      declareExchange("y", "fanout"),
      bindExchange("x", "y"),
      bindExchange("y", "x"),
      declare("q"),
      bind("q", "y"),
      publish("x", "k", "once"),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "an exchange bound to itself",
    steps: [
      declareExchange("x", "fanout"),
      bindExchange("x", "x"),
      declare("q"),
      bind("q", "x"),
      publish("x", "k", "once"),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "exchange to exchange and back out again",
    steps: [
      declareExchange("x", "topic"),
      declareExchange("y", "topic"),
      bindExchange("y", "x", "a.#"),
      declare("q"),
      bind("q", "y", "#.c"),
      publish("x", "a.b.c", "both"),
      publish("x", "a.b", "first only"),
      unbindExchange("y", "x", "a.#"),
      publish("x", "a.b.c", "unbound"),
      settle,
      get("q"),
      get("q"),
    ],
  },
  {
    name: "bindings go with their exchange",
    steps: [
      declareExchange("x", "fanout"),
      declare("q"),
      bind("q", "x"),
      deleteExchange("x"),
      declareExchange("x", "fanout"),
      publish("x", "", "x", { mandatory: true }),
      settle,
      get("q"),
    ],
  },
  {
    name: "bindings go with their queue",
    steps: [
      declareExchange("x", "fanout"),
      declare("q"),
      bind("q", "x"),
      {
        does: "send",
        at: "a.1",
        method: { kind: "queue.delete", queue: "q", ifUnused: false, ifEmpty: false, noWait: false },
      },
      declare("q"),
      publish("x", "", "x", { mandatory: true }),
      settle,
      get("q"),
    ],
  },
];

function topicCases(): Case[] {
  const patterns = [
    "",
    "#",
    "*",
    "a",
    "a.b",
    "a.*",
    "*.b",
    "a.#",
    "#.b",
    "a.#.b",
    "#.a.#",
    "*.*",
    "a..b",
    "*.#",
    "#.*",
  ];
  const keys = ["", "a", "b", "a.b", "a.b.b", "a..b", ".", "..", "a.", ".b", "a.x.y.b", "*", "#"];
  return patterns.map((pattern) => ({
    name: `the topic pattern "${pattern}"`,
    steps: [
      declare("q"),
      bind("q", "amq.topic", pattern),
      confirmSelect,
      ...keys.map((key) => publish("amq.topic", key, key)),
      confirmed(keys.length),
      ...keys.map(() => get("q")),
    ],
  }));
}
