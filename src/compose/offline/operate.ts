import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { ExitCode } from "../../cli/exit-codes.ts";
import { inspect } from "../../cli/inspect/inspect-command.ts";
import type { OperatorCommand, Source } from "../../cli/operator-commands.ts";
import { reportAedes, reportExport, reportStore } from "../../cli/reports.ts";
import type { BrokerConfig } from "../../config/broker-config.ts";
import { checkStore, repairStore } from "../../storage/level/repair.ts";
import { adminUrl, withInspection } from "./ask.ts";
import { exportFolder, importFile } from "./export-import.ts";
import { importAedes } from "./import-aedes.ts";

export interface OperatorPorts {
  /** The configuration of a source; the defaults when it names a folder. */
  configOf(source: Source): BrokerConfig;
  print(text: string): void;
  printError(text: string): void;
}

type Of<Kind> = Extract<OperatorCommand, { readonly kind: Kind }>;

/** Runs one command over stored data, to its end. */
export async function operate(command: OperatorCommand, ports: OperatorPorts): Promise<ExitCode> {
  const { print, printError } = ports;
  const config = ports.configOf(command.source);
  const folder = config.data;
  switch (command.kind) {
    case "inspect":
      await inspectBroker(command, config, print);
      return ExitCode.Ok;
    case "export":
      printError(reportExport(folder, await exportFolder(folder, command.file)));
      return ExitCode.Ok;
    case "import":
      print(`${folder}: ${await importFile(folder, command.file)} records imported`);
      return ExitCode.Ok;
    case "import-aedes":
      print(reportAedes(folder, await bringFromAedes(command, config)));
      return ExitCode.Ok;
    case "doctor":
      return examine(command, folder, print);
  }
}

function inspectBroker(
  command: Of<"inspect">,
  config: BrokerConfig,
  print: (text: string) => void,
): Promise<void> {
  const { admin, source } = command;
  const ofConfig = source.data === undefined ? adminUrl(config) : undefined;
  const target = { folder: config.data, admin: admin ?? ofConfig, isAdminGiven: admin !== undefined };
  return withInspection(target, (inspection) => inspect(command, inspection, print));
}

function bringFromAedes({ path, usersFile }: Of<"import-aedes">, { data, mqtt }: BrokerConfig) {
  const expiryInterval = mqtt.sessionExpiryMaximum;
  return importAedes(data, { path, usersFile, expiryInterval, now: systemClock.now() });
}

async function examine(
  { mayRepair }: Of<"doctor">,
  folder: string,
  print: (text: string) => void,
): Promise<ExitCode> {
  const report = await (mayRepair ? repairStore(folder, silentLogger) : checkStore(folder));
  print(reportStore(folder, report));
  return report.isHealthy ? ExitCode.Ok : ExitCode.Unhealthy;
}
