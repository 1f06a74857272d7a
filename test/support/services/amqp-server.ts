import { type BrokerOptions, startBroker } from "../broker-process.ts";
import { startRabbitmq } from "./rabbitmq.ts";

/** An AMQP 0-9-1 server on a loopback port that `guest` may use with the password `guest`. */
export interface AmqpServer {
  readonly port: number;
  /** `amqp://` with user, password and port. */
  readonly url: string;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Whether the suites of AMQP clients run against RabbitMQ (AMQP_SERVER=rabbitmq) instead of this broker: what passes
 * with both asks for nothing that is only ours.
 */
export function isAgainstRabbitmq(): boolean {
  const { AMQP_SERVER } = process.env;
  return AMQP_SERVER === "rabbitmq";
}

/** Starts the broker with an AMQP listener, or RabbitMQ; `config` is for the broker. */
export async function startAmqpServer(config: object = {}): Promise<AmqpServer> {
  if (isAgainstRabbitmq()) return startRabbitmq();
  return startAmqpBroker({ listeners: [{ type: "amqp" }], ...config });
}

/** The broker, with a listener for MQTT beside that for AMQP when it is configured. */
export interface AmqpBroker extends AmqpServer {
  readonly tcpPort: number;
}

/** Starts the broker; `config` must have an AMQP listener. */
export async function startAmqpBroker(config: NonNullable<BrokerOptions["config"]>): Promise<AmqpBroker> {
  const broker = await startBroker({ config });
  const port = broker.portOf("amqp");
  return {
    port,
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    get tcpPort() {
      return broker.tcpPort;
    },
    kill: () => broker.kill(),
    restart: () => broker.restart(),
    dispose: () => broker.dispose(),
  };
}
