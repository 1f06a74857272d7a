#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { hashPassword } from "./auth/password-hash.ts";
import { isUserName, withPasswordLine } from "./auth/password-lines.ts";
import { hashForScram } from "./auth/scram-verifier.ts";
import { reportCheck } from "./cli/check-report.ts";
import { parseArguments } from "./cli/command.ts";
import { ExitCode, exitCodeOf, textOf } from "./cli/exit-codes.ts";
import { createLogger, standardOutput } from "./cli/logging.ts";
import type { Source } from "./cli/operator-commands.ts";
import { print, printError } from "./cli/output.ts";
import { type PasswordPorts, setPassword } from "./cli/password-command.ts";
import { readPassword } from "./cli/read-password.ts";
import { readVersion } from "./cli/version.ts";
import { type Broker, startBroker } from "./compose.ts";
import type { BrokerConfig } from "./config/broker-config.ts";
import { parseConfigFile } from "./config/config-file.ts";
import { readEnvironment } from "./config/environment.ts";
import { checkConfig, loadConfig } from "./config/load-config.ts";

async function main(): Promise<void> {
  const version = readVersion();
  const command = parseArguments(process.argv.slice(2), version);
  if (command.kind === "print") {
    (command.exitCode === ExitCode.Ok ? print : printError)(command.text);
    process.exit(command.exitCode);
  }
  if (command.kind === "passwd") {
    print(await setPassword(command, passwordPorts(command.isForScram)));
    return;
  }
  if ("source" in command) {
    const { operate } = await import("./compose/offline/operate.ts"); // not read to run a broker
    process.exitCode = await operate(command, { configOf, print, printError });
    return;
  }
  const config = load(command);
  if (command.kind === "check") print(reportCheck(command.file, config));
  else await run(config, version);
}

function passwordPorts(isForScram: boolean): PasswordPorts {
  return {
    isUserName,
    hashPassword: (password) => (isForScram ? hashForScram(password) : hashPassword(password)),
    withPasswordLine,
    readPassword: () => readPassword(process.stdin, process.stderr),
  };
}

function load({ file, set }: Pick<Source, "file" | "set">): BrokerConfig {
  return loadConfig({ file, set, environment: readEnvironment() });
}

function configOf(source: Source): BrokerConfig {
  if (source.data === undefined) return load(source);
  const defaults = checkConfig(parseConfigFile("defaults", ""), { set: source.set, environment: new Map() });
  return { ...defaults, data: source.data };
}

async function run(config: BrokerConfig, version: string): Promise<void> {
  // What waits for a batch survives a young collection and dies right after it. V8 would take it for long-lived, and from
  // then on make all messages in the old generation, QoS 0 too (docs/hot-path.md).
  setFlagsFromString("--no-allocation-site-pretenuring");
  const logger = createLogger(config.log, standardOutput());
  process.on("uncaughtException", (error) => {
    // A broker whose state is unknown must not acknowledge anything.
    logger.fatal({ error }, "internal error, the broker ends");
    process.exit(ExitCode.Software);
  });
  process.umask(0o077); // what the broker writes is its own
  const { storage, data } = config;
  logger.info({ version, node: process.version, durability: storage.durability, data }, "starting");
  const broker = await startBroker(config, version, logger);
  for (const listener of broker.listeners) logger.info({}, `listening on ${listener}`);
  logger.info({}, "ready");
  process.on("SIGHUP", () => void broker.reload());
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));

  let isStopping = false;
  function stop(signal: string): void {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, "stopping");
    void end(broker);
  }

  async function end(running: Broker): Promise<void> {
    await running.stop();
    logger.info({}, "stopped");
    process.exit(ExitCode.Ok);
  }
}

try {
  await main();
} catch (error) {
  printError(textOf(error));
  process.exit(exitCodeOf(error));
}
