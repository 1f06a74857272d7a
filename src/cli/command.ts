import { CommanderError, Command as Program } from "commander";
import { assert } from "../base/errors.ts";
import { ExitCode } from "./exit-codes.ts";
import { addOperatorCommands, type OperatorCommand } from "./operator-commands.ts";

/** What the arguments ask for. */
export type Command =
  | { readonly kind: "run" | "check"; readonly file: string; readonly set: readonly string[] }
  | {
      readonly kind: "passwd";
      readonly passwordFile: string;
      readonly user: string;
      /** Kept so that it serves SCRAM-SHA-256 too. */
      readonly isForScram: boolean;
    }
  | OperatorCommand
  /** Help, the version, or what is wrong with the arguments: print it and end. */
  | { readonly kind: "print"; readonly text: string; readonly exitCode: ExitCode };

const EXIT_CODES = `
Exit codes: 0 well done; 1 doctor found damage; 64 arguments; 65 what was to be imported;
69 a listener, or a broker that does not answer; 70 a bug; 73 the data folder; 78 the configuration.`;

const DEFAULT_FILE = "config/broker.yaml";

/** Reads the arguments after `node main.js`; never writes and never ends the process. */
export function parseArguments(argv: readonly string[], version: string): Command {
  const text: string[] = [];
  let command: Command | undefined;
  const program = createProgram(
    version,
    (found) => {
      command = found;
    },
    (line) => text.push(line),
  );
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    return { kind: "print", text: text.join("").trimEnd(), exitCode };
  }
  assert(command !== undefined, "every command line runs one action");
  return command;
}

function createProgram(
  version: string,
  found: (command: Command) => void,
  write: (text: string) => void,
): Program {
  const program = new Program("causeway")
    .description("MQTT broker with bridges to AMQP and Kafka")
    .option("-c, --config <file>", "configuration to use", DEFAULT_FILE)
    .option(
      "-s, --set <path.to.key=value>",
      "set one key, over file and environment; repeatable",
      collect,
      [],
    )
    .option("--check", "check the configuration and end")
    .version(version, "--version", "show the version")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write })
    .action(({ config, set = [], check }: { config: string; set?: string[]; check?: boolean }) =>
      found({ kind: check ? "check" : "run", file: config, set }),
    );
  program
    .command("passwd")
    .description("set the password of a user, read from the terminal or from a line of standard input")
    .argument("<file>", "password file (auth.passwordFile); made when it is missing")
    .argument("<user>", "user name")
    .option("--scram", "keep it so that the user may authenticate with SCRAM-SHA-256 (MQTT 5) as well")
    .action((passwordFile: string, user: string, { scram = false }: { scram?: boolean }) =>
      found({ kind: "passwd", passwordFile, user, isForScram: scram }),
    );
  addOperatorCommands(program, found);
  program.addHelpText("after", EXIT_CODES);
  return program;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
