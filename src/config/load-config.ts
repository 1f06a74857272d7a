import { ConfigError } from "../base/errors.ts";
import { type BrokerConfig, brokerConfigSchema } from "./broker-config.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { explainIssue, type Problem } from "./explain-issue.ts";
import { applyOverride, fromArgument, fromEnvironment, type Override } from "./overrides.ts";
import type { KeyPath } from "./schema-walk.ts";

/** Where a configuration comes from; what stands later in this list wins. */
export interface ConfigSources {
  /** Path of the YAML file. */
  readonly file: string;
  /** Variables named `CAUSEWAY_PATH__TO__KEY`. */
  readonly environment: ReadonlyMap<string, string>;
  /** Arguments of the form `path.to.key=value`. */
  readonly set: readonly string[];
}

/** Reads, joins and checks the configuration; throws one ConfigError that lists every problem. */
export function loadConfig(sources: ConfigSources): BrokerConfig {
  return checkConfig(readConfigFile(sources.file), sources);
}

export function checkConfig(file: ConfigFile, sources: Omit<ConfigSources, "file">): BrokerConfig {
  const { overrides, problems } = applyOverrides(file.tree, sources);
  const result = brokerConfigSchema.safeParse(file.tree);
  const found = (result.error?.issues ?? [])
    .flatMap((issue) => explainIssue(issue, brokerConfigSchema, file.tree))
    .map((problem) => locate(problem, file, overrides))
    .sort((a, b) => (a.line === b.line ? 0 : a.line - b.line))
    .map(({ text }) => text);
  if (!result.success || problems.length > 0) throw new ConfigError([...found, ...problems].join("\n"));
  return deepFreeze(result.data);
}

interface Applied {
  readonly overrides: readonly Override[];
  readonly problems: readonly string[];
}

function applyOverrides(tree: unknown, { environment, set }: Omit<ConfigSources, "file">): Applied {
  const overrides: Override[] = [];
  const problems: string[] = [];
  const apply = (notation: () => ReturnType<typeof fromArgument>): void => {
    try {
      overrides.push(applyOverride(tree, brokerConfigSchema, notation()));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
    }
  };
  for (const name of inOrder([...environment.keys()])) {
    apply(() => fromEnvironment(name, environment.get(name) ?? ""));
  }
  for (const argument of set) apply(() => fromArgument(argument));
  return { overrides, problems };
}

/** A whole section before its keys, the first entry of a list before the second. */
function inOrder(names: readonly string[]): readonly string[] {
  const depth = (name: string): number => name.split("__").length;
  return [...names].sort((a, b) => depth(a) - depth(b) || a.localeCompare(b, "en", { numeric: true }));
}

/** Puts the place before the text: the override that brought the value, else the line of the file. */
function locate({ path, text }: Problem, file: ConfigFile, overrides: readonly Override[]) {
  const { line, depth } = file.find(path);
  const source = overrides.findLast((override) => {
    const shared = sharedLength(override.path, path);
    return shared === override.path.length || shared > depth;
  });
  if (source === undefined) return { line, text: `${file.name}:${line}: ${text}` };
  const isNamed = sharedLength(source.path, path) === path.length; // the origin says which key it is
  const rest = isNamed ? text.replace(`${path.join(".")}: `, "") : text;
  return { line: Number.POSITIVE_INFINITY, text: `${source.origin}: ${rest}` };
}

function sharedLength(a: KeyPath, b: KeyPath): number {
  const differs = a.findIndex((segment, index) => segment !== b[index]);
  return differs === -1 ? a.length : differs;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
