import { AmqpServer } from "../../src/amqp/connection/amqp-server.ts";
import type { AmqpOptions, Authorization, Journal } from "../../src/amqp/ports.ts";
import type { Clock } from "../../src/base/clock.ts";
import { Counters } from "../../src/base/counters.ts";
import { Entrance, type EntranceLimits } from "../../src/base/entrance.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import type { Message } from "../../src/base/message.ts";
import type { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { HostRig } from "../queues/support/host-rig.ts";
import { AmqpTestClient, type HandshakeOptions, settled } from "./amqp-client.ts";
import { OPEN_ENTRANCE } from "./test-broker.ts";

const OPTIONS: AmqpOptions = {
  maximumFrameSize: 131_072,
  maximumChannels: 2047,
  maximumMessageSize: 1024 * 1024,
  heartbeat: 60,
  product: "Causeway",
  version: "0.0.0",
  connectTimeout: 10,
};

const EVERYBODY: Authorization = {
  hasRules: false,
  authenticate: ({ username }) => ({ accepted: true, user: username ?? "" }),
  mayPublish: () => true,
  maySubscribe: () => true,
};

export interface AmqpBrokerOptions {
  readonly options?: Partial<AmqpOptions>;
  readonly entrance?: Partial<EntranceLimits>;
  readonly loopDelayMs?: () => number;
  readonly authorization?: Partial<Authorization>;
  readonly journal?: (real: Journal) => Journal;
  readonly queues?: Record<string, unknown>;
  readonly disk?: MemoryDisk;
  readonly logger?: Logger;
  /** What the AMQP connections take for the time. */
  readonly clock?: (real: Clock) => Clock;
}

/** AMQP over the queue engine, on a disk in memory and a clock the test moves. */
export class AmqpBroker {
  readonly rig: HostRig;
  readonly server: AmqpServer;
  readonly counters = new Counters();

  static async open(given: AmqpBrokerOptions = {}): Promise<AmqpBroker> {
    return new AmqpBroker(await new HostRig(given.queues, given.disk).open(), given);
  }

  private constructor(rig: HostRig, given: AmqpBrokerOptions) {
    const { options, authorization, journal, loopDelayMs, logger = silentLogger } = given;
    const clock = given.clock?.(rig.clock) ?? rig.clock;
    const { counters } = this;
    this.rig = rig;
    let lastId = 0;
    this.server = new AmqpServer(
      {
        clock,
        logger,
        counters,
        entrance: new Entrance(
          { clock, counters, logger, ...(loopDelayMs && { loopDelayMs }) },
          { ...OPEN_ENTRANCE, ...given.entrance },
        ),
        hosts: rig.hosts,
        authorization: { ...EVERYBODY, ...authorization },
        journal: journal?.(rig.journal) ?? rig.journal,
        randomId: () => `id${String(++lastId)}`,
      },
      { ...OPTIONS, ...options },
    );
  }

  /** A connection that has said nothing yet. */
  dial(): AmqpTestClient {
    const client = new AmqpTestClient();
    this.server.accept(client.stream);
    return client;
  }

  /** A connection with channel 1 open. */
  async connect(options: HandshakeOptions = {}): Promise<AmqpTestClient> {
    const client = this.dial();
    await client.open(options);
    await client.openChannel();
    return client;
  }

  /** What a client without AMQP, subscribed to this filter, gets from now on. */
  subscribe(topicFilter: string): Message[] {
    const got: Message[] = [];
    this.rig.router.subscribe({
      receiver: {
        mayRefuse: false,
        id: "subscriber",
        queueFor: () => undefined,
        deliver: (message) => got.push({ ...message, payload: Buffer.from(message.payload) }),
      },
      topicFilter: topicFilter as never,
      options: { qos: 0, noLocal: false, retainAsPublished: true, subscriptionIdentifier: 0 },
    });
    return got;
  }

  settle(): Promise<void> {
    return settled();
  }
}
