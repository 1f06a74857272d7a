import type { Method } from "../../../../src/amqp/codec/methods.generated.ts";
import { Conversation, type Server } from "./conversation.ts";
import type { Awaited, Case, Place, Step } from "./script.ts";
import { type Answer, MadeUpNames, showAnswer } from "./show-answer.ts";

/** What a server answered: a list for each channel and kind of stream, as "a.1 deliveries to t". */
export type Transcript = { readonly [stream: string]: readonly Answer[] };

/** Nobody else uses this channel: it asks for the queues' state, which comes behind all they did before. */
const PROBE_CHANNEL = 1999;
/** An answer that says only that everything before it was read. */
const BARRIER: Method = {
  kind: "exchange.declare",
  exchange: "amq.match",
  type: "headers",
  passive: true,
  durable: true,
  autoDelete: false,
  internal: false,
  noWait: false,
  arguments: [],
};
/** Twice, for what one queue hands to another. */
const PROBES = 2;
const ASYNCHRONOUS: ReadonlySet<string> = new Set([
  "basic.publish",
  "basic.ack",
  "basic.nack",
  "basic.reject",
  "basic.recover-async",
  "basic.cancel-ok",
  "channel.flow-ok",
  "channel.close-ok",
  "connection.close-ok",
]);

/** Plays the case against a server and tells what it answered. Queues and exchanges of the case are removed again. */
export async function playCase(server: Server, script: Case): Promise<Transcript> {
  const played = new Play(server, script);
  try {
    for (const step of script.steps) await played.step(step);
    await played.settle();
    return played.transcript();
  } finally {
    await played.end();
  }
}

class Play {
  readonly #server: Server;
  readonly #script: Case;
  readonly #conversations = new Map<string, Conversation>();
  /** Answers to barriers on a channel, which count for nothing. */
  readonly #barriers = new Map<string, number>();

  constructor(server: Server, script: Case) {
    this.#server = server;
    this.#script = script;
  }

  async step(step: Step): Promise<void> {
    switch (step.does) {
      case "settle":
        return this.settle();
      case "drop":
        return this.#conversation(step.connection).drop();
      case "connect":
        return this.#conversation(step.connection).open(step.introduction, true);
      default:
        return this.#stepOnChannel(step);
    }
  }

  async #stepOnChannel(step: Extract<Step, { at: Place }>): Promise<void> {
    const [name, number] = placeOf(step.at);
    const conversation = this.#conversation(name);
    const isOpening = step.does === "send" && step.method.kind === "channel.open";
    if (!isOpening) await conversation.openChannel(number);
    else await conversation.open();
    if (step.does === "await") return conversation.await(number, step.kind, step.count);
    if (step.does === "bytes") return conversation.sendBytes(step.bytes);
    if (step.does === "poll") return this.#poll(conversation, number, step);
    const answers = answersTo(step.method);
    if (answers.length === 0) conversation.send(number, step.method, step.content);
    else await conversation.ask(number, step.method, answers, step.content);
  }

  async #poll(
    conversation: Conversation,
    number: number,
    step: Extract<Step, { does: "poll" }>,
  ): Promise<void> {
    const log = conversation.channel(number);
    const before = log.count(step.until);
    const deadline = Date.now() + 10_000;
    while (!conversation.isOver && log.count(step.until) === before && Date.now() < deadline) {
      const from = log.arrivals.length;
      conversation.send(number, step.method, step.content);
      await conversation.ask(number, BARRIER, ["exchange.declare-ok"]);
      const unwanted = new Set<string>(["exchange.declare-ok", ...answersTo(step.method)]);
      unwanted.delete(step.until);
      const kept = log.arrivals.slice(from).filter(({ method }) => !unwanted.has(method.kind));
      log.arrivals.splice(from, log.arrivals.length, ...kept);
    }
  }

  async settle(): Promise<void> {
    await this.#barrierEverywhere();
    for (let round = 0; round < PROBES; round++) await this.#probeQueues();
    await this.#barrierEverywhere();
  }

  async #barrierEverywhere(): Promise<void> {
    for (const [name, conversation] of this.#conversations) {
      for (const [number, channel] of [...conversation.channels()]) {
        if (number === 0 || number === PROBE_CHANNEL || !channel.isOpen || conversation.isOver) continue;
        await conversation.ask(number, BARRIER, ["exchange.declare-ok"]);
        const place = `${name}.${number}`;
        this.#barriers.set(place, (this.#barriers.get(place) ?? 0) + 1);
        const answer = channel.arrivals.findLastIndex(({ method }) => method.kind === "exchange.declare-ok");
        if (answer >= 0) channel.arrivals.splice(answer, 1);
      }
    }
  }

  async #probeQueues(): Promise<void> {
    for (const conversation of this.#conversations.values()) {
      for (const queue of namesIn(this.#script).queues) {
        if (conversation.isOver) break;
        const probe = conversation.channel(PROBE_CHANNEL);
        if (!probe.isOpen)
          await conversation.ask(PROBE_CHANNEL, { kind: "channel.open" }, ["channel.open-ok"]);
        const flags = { passive: true, durable: false, exclusive: false, autoDelete: false, noWait: false };
        const declare: Method = { kind: "queue.declare", queue, ...flags, arguments: [] };
        await conversation.ask(PROBE_CHANNEL, declare, ["queue.declare-ok"]);
      }
    }
  }

  transcript(): Transcript {
    const names = new MadeUpNames(this.#server.virtualHost);
    const streams = new Map<string, Answer[]>();
    for (const [name, conversation] of this.#conversations) {
      for (const [number, { arrivals, confirmed }] of conversation.channels()) {
        if (number === PROBE_CHANNEL) continue;
        for (const arrival of arrivals) {
          const answer = showAnswer(arrival, names);
          const stream = this.#script.isOrdered
            ? `${name}.${number}`
            : `${name}.${number} ${streamOf(answer)}`;
          streams.set(stream, [...(streams.get(stream) ?? []), answer]);
        }
        if (confirmed.size > 0 && !this.#script.isOrdered) {
          streams.set(`${name}.${number} confirms`, confirmsOf(arrivals.map(({ method }) => method)));
        }
      }
    }
    return Object.fromEntries([...streams].sort());
  }

  async end(): Promise<void> {
    for (const conversation of this.#conversations.values()) await conversation.close();
    const broom = new Conversation(this.#server);
    await broom.openChannel(1);
    const { queues, exchanges } = namesIn(this.#script);
    for (const queue of queues) {
      const method: Method = { kind: "queue.delete", queue, ifUnused: false, ifEmpty: false, noWait: false };
      await broom.ask(1, method, ["queue.delete-ok"]);
    }
    for (const exchange of exchanges) {
      await broom.ask(1, { kind: "exchange.delete", exchange, ifUnused: false, noWait: false }, [
        "exchange.delete-ok",
      ]);
    }
    await broom.close();
  }

  #conversation(name: string): Conversation {
    const known = this.#conversations.get(name);
    if (known !== undefined) return known;
    const conversation = new Conversation(this.#server);
    this.#conversations.set(name, conversation);
    return conversation;
  }
}

function placeOf(place: Place): [string, number] {
  const [name = "a", number = "1"] = place.split(".");
  return [name, Number(number)];
}

function answersTo(method: Method): Awaited[] {
  if (ASYNCHRONOUS.has(method.kind) || ("noWait" in method && method.noWait)) return [];
  if (method.kind === "basic.get") return ["basic.get-ok", "basic.get-empty"];
  return [`${method.kind}-ok` as Awaited];
}

function streamOf({ kind, consumerTag }: Answer): string {
  if (kind === "basic.deliver") return `deliveries to ${consumerTag}`;
  if (kind === "basic.return") return "returns";
  if (kind === "basic.cancel") return "cancels";
  return kind === "basic.ack" || kind === "basic.nack" ? "confirms" : "answers";
}

/** One entry for each message: how many are confirmed at once is the server's business. */
function confirmsOf(methods: readonly { kind: string }[]): Answer[] {
  const outcome = new Map<number, string>();
  for (const method of methods as (Method & { kind: string })[]) {
    if (method.kind !== "basic.ack" && method.kind !== "basic.nack") continue;
    const first = method.multiple ? 1 : method.deliveryTag;
    for (let tag = first; tag <= method.deliveryTag; tag++)
      if (!outcome.has(tag)) outcome.set(tag, method.kind);
  }
  return [...outcome].sort(([one], [other]) => one - other).map(([tag, kind]) => ({ kind, tag }));
}

/** What a case declares or might find: removed when it is over. The server's own names stay. */
function namesIn(script: Case): { queues: string[]; exchanges: string[] } {
  const queues = new Set<string>();
  const exchanges = new Set<string>();
  for (const step of script.steps) {
    if (step.does !== "send" && step.does !== "poll") continue;
    const { method } = step;
    if ("queue" in method) queues.add(method.queue);
    if (method.kind === "exchange.declare") exchanges.add(method.exchange);
  }
  const isOurs = (name: string): boolean => name !== "" && !name.startsWith("amq.") && name.length < 200;
  return { queues: [...queues].filter(isOurs), exchanges: [...exchanges].filter(isOurs) };
}
