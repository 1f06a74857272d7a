import { afterAll, beforeAll, expect } from "vitest";
import type { AmqpDriver, OpenCommand } from "../../support/services/amqp-driver.ts";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import { DriverError } from "../../support/services/line-driver.ts";
import { AmqpClient } from "./amqp-client.ts";

/** What a client library cannot be asked for. */
export type AmqpShortcoming = "hides why it may not open the virtual host";

/** A client library. */
export interface AmqpSubject {
  start(): AmqpDriver;
  readonly shortcomings?: readonly AmqpShortcoming[];
}

/** A server and the client under test. */
export interface AmqpRig {
  has(shortcoming: AmqpShortcoming): boolean;
  /** A client that is open; it is closed with the driver. */
  client(options?: Partial<OpenCommand>): Promise<AmqpClient>;
  /** A client that is not yet open. */
  closedClient(options?: Partial<OpenCommand>): AmqpClient;
  /** A name that nothing else uses. */
  name(): string;
  server(): AmqpServer;
}

/** Starts server and driver before the tests of a suite. */
export function useAmqpRig(subject: AmqpSubject): AmqpRig {
  let server: AmqpServer | undefined;
  let driver: AmqpDriver | undefined;
  let count = 0;
  const running = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error("the rig is not set up yet");
    return part;
  };

  beforeAll(async () => {
    server = await startAmqpServer();
    driver = subject.start();
  });
  afterAll(async () => {
    await driver?.dispose();
    await server?.dispose();
  });

  const closedClient = (options: Partial<OpenCommand> = {}): AmqpClient =>
    new AmqpClient(running(driver), `client-${++count}`, { port: running(server).port, ...options });
  return {
    has: (shortcoming) => subject.shortcomings?.includes(shortcoming) ?? false,
    closedClient,
    async client(options) {
      const client = closedClient(options);
      await client.open();
      return client;
    },
    name: () => `name-${++count}`,
    server: () => running(server),
  };
}

/** The code with which the server refused what `work` asked for. */
export async function refusalOf(work: Promise<unknown>): Promise<number | undefined> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, "a refusal").toBeInstanceOf(DriverError);
  return error instanceof DriverError ? error.code : undefined;
}
