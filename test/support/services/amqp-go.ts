import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ServerProcess } from "./server-process.ts";

/** Some tests read files beside the source. */
const PACKAGE = "/usr/share/gocode/src/github.com/rabbitmq/amqp091-go";
const LIMIT_S = 120;

/** What the suite did; parts of tests are not counted. */
export interface GoSuiteRun {
  readonly code: number | null;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  readonly output: string;
}

/** Whether install.sh has compiled the suite. */
export function isGoSuiteInstalled(): boolean {
  return existsSync(join(libraryFolder(), "installed")) && existsSync(PACKAGE);
}

/** Runs the integration suite of amqp091-go against a server. */
export async function runGoSuite(url: string): Promise<GoSuiteRun> {
  const suite = new ServerProcess({
    command: join(libraryFolder(), "suite"),
    args: ["-test.v", "-test.count=1", `-test.timeout=${LIMIT_S}s`],
    cwd: PACKAGE,
    env: { AMQP_URL: url },
  });
  const code = await suite.exited;
  const output = suite.output();
  const named = (result: string): string[] =>
    [...output.matchAll(new RegExp(`^--- ${result}: (\\S+)`, "gm"))].map(([, name]) => name as string);
  return { code, output, passed: named("PASS"), failed: named("FAIL"), skipped: named("SKIP") };
}

function libraryFolder(): string {
  const { AMQP_GO_LIB } = process.env;
  return AMQP_GO_LIB ?? join(homedir(), ".cache/causeway-test/amqp091-go");
}
