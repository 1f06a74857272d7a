import type { Method } from "../../../../src/amqp/codec/methods.generated.ts";
import { fromPlain } from "../../../../src/amqp/codec/table-values.ts";
import type { FieldTable } from "../../../../src/base/field-table.ts";
import { AmqpPeer, type Arrival, type Content } from "../../../support/amqp-peer.ts";
import type { Awaited, Introduction } from "./script.ts";

/** Far more than any answer takes; what has not come then is missing. */
const PATIENCE_MS = 5000;

const CAPABILITIES: FieldTable = fromPlain({
  capabilities: {
    publisher_confirms: true,
    exchange_exchange_bindings: true,
    "basic.nack": true,
    consumer_cancel_notify: true,
    "connection.blocked": true,
    authentication_failure_close: true,
  },
});

/** Where a script is played: a virtual host of its own, so that many can be played at once. */
export interface Server {
  readonly port: number;
  readonly virtualHost: string;
}

/** What came on one channel of a connection, and how much of it the script has waited for. */
class Channel {
  readonly arrivals: Arrival[] = [];
  readonly awaited = new Map<string, number>();
  readonly confirmed = new Set<number>();
  isOpen = false;

  count(kind: Awaited): number {
    if (kind === "confirm") return this.confirmed.size;
    return this.arrivals.filter(({ method }) => method.kind === kind).length;
  }
}

/** One connection of a script: it answers what a well-behaved client answers, and notes everything. */
export class Conversation {
  readonly #server: Server;
  readonly #channels = new Map<number, Channel>();
  #peer: AmqpPeer | undefined;
  #looking: (() => void)[] = [];
  isOver = false;

  constructor(server: Server) {
    this.#server = server;
  }

  channels(): IterableIterator<[number, Channel]> {
    return this.#channels.entries();
  }

  channel(number: number): Channel {
    const known = this.#channels.get(number);
    if (known !== undefined) return known;
    const channel = new Channel();
    this.#channels.set(number, channel);
    return channel;
  }

  /** Connects and opens the virtual host; what came meanwhile is forgotten unless `isNoted`. */
  async open(introduction: Introduction = {}, isNoted = false): Promise<void> {
    if (this.#peer !== undefined) return;
    this.#peer = await AmqpPeer.dial(this.#server.port, (arrival) => this.#arrived(arrival));
    await this.#introduce(introduction);
    if (!isNoted) this.channel(0).arrivals.length = 0;
  }

  /** Opens the channel when it never was; a channel that was closed stays closed. */
  async openChannel(number: number): Promise<void> {
    await this.open();
    if (number === 0 || this.#channels.has(number)) return;
    const channel = this.channel(number);
    await this.ask(number, { kind: "channel.open" }, ["channel.open-ok"]);
    channel.arrivals.length = 0;
  }

  send(channel: number, method: Method, content?: Content): void {
    if (method.kind === "channel.open") this.channel(channel).isOpen = true;
    if (method.kind === "channel.close") this.channel(channel).isOpen = false;
    this.#peer?.send(channel, method, content);
  }

  sendBytes(bytes: Buffer): void {
    this.#peer?.sendBytes(bytes);
  }

  drop(): void {
    this.#peer?.drop();
  }

  /** Sends and waits for one of these, the end of the channel or of the connection. */
  async ask(channel: number, method: Method, answers: readonly Awaited[], content?: Content): Promise<void> {
    const log = this.channel(channel);
    const before = total(log, answers);
    this.send(channel, method, content);
    const wanted = () => total(log, answers) > before || this.#hasEnded(channel, method);
    if (!(await this.#until(wanted))) this.#missed(channel, answers);
  }

  /** Waits until `count` more of this kind have come than were waited for before. */
  async await(channel: number, kind: Awaited, count: number): Promise<void> {
    const log = this.channel(channel);
    const wanted = (log.awaited.get(kind) ?? 0) + count;
    log.awaited.set(kind, wanted);
    const has = () => log.count(kind) >= wanted || this.#hasEnded(channel);
    if (!(await this.#until(has))) this.#missed(channel, [kind]);
  }

  async close(): Promise<void> {
    if (this.#peer === undefined || this.isOver) return;
    this.send(0, { kind: "connection.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 });
    await this.#until(() => this.isOver);
    this.#peer.drop();
  }

  async #introduce({ protocolHeader, startOk, tuneOk, open }: Introduction): Promise<void> {
    const peer = this.#peer as AmqpPeer;
    if (protocolHeader === undefined) peer.sendProtocolHeader();
    else peer.sendBytes(protocolHeader);
    if (!(await this.#reached("connection.start"))) return;
    peer.send(0, {
      kind: "connection.start-ok",
      clientProperties: CAPABILITIES,
      mechanism: "PLAIN",
      response: Buffer.from("\0guest\0guest"),
      locale: "en_US",
      ...startOk,
    });
    if (!(await this.#reached("connection.tune"))) return;
    peer.send(0, { kind: "connection.tune-ok", channelMax: 2047, frameMax: 131072, heartbeat: 0, ...tuneOk });
    peer.send(0, { kind: "connection.open", virtualHost: this.#server.virtualHost, ...open });
    await this.#reached("connection.open-ok");
  }

  async #reached(kind: Awaited): Promise<boolean> {
    if (!(await this.#until(() => this.isOver || this.channel(0).count(kind) > 0))) this.#missed(0, [kind]);
    return this.channel(0).count(kind) > 0;
  }

  #hasEnded(channel: number, method?: Method): boolean {
    return (
      this.isOver || (channel !== 0 && !this.channel(channel).isOpen && method?.kind !== "channel.close")
    );
  }

  #missed(channel: number, kinds: readonly string[]): void {
    const what = { kind: `nothing, not ${kinds.join(" or ")}` } as unknown as Arrival["method"];
    this.channel(channel).arrivals.push({ channel, method: what });
  }

  #arrived(arrival: Arrival): void {
    const { channel: number, method } = arrival;
    const channel = this.channel(number);
    channel.arrivals.push(arrival);
    if (method.kind === "end") this.isOver = true;
    if (method.kind === "connection.close-ok") this.#peer?.drop();
    if (method.kind === "connection.close") this.#peer?.send(0, { kind: "connection.close-ok" });
    if (method.kind === "channel.close") {
      channel.isOpen = false;
      this.#peer?.send(number, { kind: "channel.close-ok" });
    }
    if (method.kind === "basic.ack" || method.kind === "basic.nack") confirm(channel.confirmed, method);
    for (const look of this.#looking) look();
  }

  #until(isSo: () => boolean): Promise<boolean> {
    if (isSo()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        this.#looking = this.#looking.filter((one) => one !== look);
        resolve(result);
      };
      const look = (): void => {
        if (isSo()) finish(true);
      };
      const timer = setTimeout(finish, PATIENCE_MS, false);
      this.#looking.push(look);
    });
  }
}

function total(channel: Channel, kinds: readonly Awaited[]): number {
  return kinds.reduce((sum, kind) => sum + channel.count(kind), 0);
}

function confirm(confirmed: Set<number>, method: { deliveryTag: number; multiple: boolean }): void {
  const first = method.multiple ? 1 : method.deliveryTag;
  for (let tag = first; tag <= method.deliveryTag; tag++) confirmed.add(tag);
}
