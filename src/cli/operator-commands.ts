import { Argument, InvalidArgumentError, Option, type Command as Program } from "commander";
import { SORT_KEYS, type SortKey, SUBJECTS, type Subject } from "../base/inspection.ts";
import type { InspectRequest } from "./inspect/inspect-command.ts";

/** Which broker or folder a command is about. */
export interface Source {
  /** The configuration that names the folder and the admin listener. */
  readonly file: string;
  readonly set: readonly string[];
  /** The folder itself; then no configuration is read. */
  readonly data: string | undefined;
}

/** What operators do with stored data. */
export type OperatorCommand =
  | (InspectRequest & {
      readonly kind: "inspect";
      readonly source: Source;
      readonly admin: string | undefined;
    })
  | { readonly kind: "export" | "import"; readonly source: Source; readonly file: string }
  | {
      readonly kind: "import-aedes";
      readonly source: Source;
      readonly path: string;
      readonly usersFile: string | undefined;
    }
  | { readonly kind: "doctor"; readonly source: Source; readonly mayRepair: boolean };

type Found = (command: OperatorCommand) => void;

const SHOWN_ROWS = 100;

/** Adds inspect, export, import and doctor to the program; it already has --config and --set. */
export function addOperatorCommands(program: Program, found: Found): void {
  addInspect(program, found);
  addExport(program, found);
  addImport(program, found);
  addDoctor(program, found);
}

function addInspect(program: Program, found: Found): void {
  const subject = new Argument("[subject]", "what to list; a summary without it").choices(SUBJECTS);
  withData(program.command("inspect"))
    .description("show what a broker holds: one that runs, by its admin listener, or else its folder")
    .addArgument(subject)
    .option(
      "--admin <url>",
      "admin listener to ask, as http://127.0.0.1:18083; else that of the configuration",
    )
    .option("--filter <prefix>", "only what begins with this: client ids, names, topics", "")
    .addOption(new Option("--sort <key>", "highest first").choices(SORT_KEYS))
    .option("--limit <rows>", "show so many at most", toLimit, SHOWN_ROWS)
    .option("--json", "one JSON object a line")
    .action((subject: Subject | undefined, options: InspectOptions, command: Program) => {
      const { admin, filter, sort, limit, json = false } = options;
      found({
        kind: "inspect",
        source: sourceOf(command),
        subject,
        admin,
        filter,
        sort,
        limit,
        isJson: json,
      });
    });
}

interface InspectOptions {
  readonly admin?: string;
  readonly filter: string;
  readonly sort?: SortKey;
  readonly limit: number;
  readonly json?: boolean;
}

function addExport(program: Program, found: Found): void {
  withData(program.command("export"))
    .description("write all that the folder of a stopped broker holds, as JSON lines")
    .argument("[file]", "a new file; - is standard output", "-")
    .action((file: string, _options: object, command: Program) =>
      found({ kind: "export", source: sourceOf(command), file }),
    );
}

function addImport(program: Program, found: Found): void {
  const importing = withData(program.command("import"))
    .description("fill an empty folder from an export")
    .argument("<file>", "what export has written; - is standard input")
    .action((file: string, _options: object, command: Program) =>
      found({ kind: "import", source: sourceOf(command), file }),
    );
  withData(importing.command("aedes"))
    .description("fill an empty folder from the LevelDB folder of Aedes (aedes-persistence-level)")
    .argument("<path>", "the folder that Aedes was given")
    .option("--users <file>", "lines user:clientId: who owns which session; others belong to nobody")
    .action((path: string, { users }: { users?: string }, command: Program) =>
      found({ kind: "import-aedes", source: sourceOf(command), path, usersFile: users }),
    );
}

function addDoctor(program: Program, found: Found): void {
  withData(program.command("doctor"))
    .description("check the folder of a stopped broker; exit code 1 when it is damaged")
    .option("--repair", "mend what can be mended, and say what is lost; the damaged files are kept beside")
    .action(({ repair = false }: { repair?: boolean }, command: Program) =>
      found({ kind: "doctor", source: sourceOf(command), mayRepair: repair }),
    );
}

function withData(command: Program): Program {
  return command.option("--data <folder>", "the data folder, instead of that of the configuration");
}

/** `import aedes --data F` gives the option to `import`, which has it as well. */
function sourceOf(command: Program): Source {
  const {
    config,
    set = [],
    data,
  } = command.optsWithGlobals<{ config: string; set?: string[]; data?: string }>();
  return { file: config, set, data };
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return limit;
}
