import { existsSync } from "node:fs";
import { join } from "node:path";
import { ServerProcess } from "./server-process.ts";

// Debian's own, of the version its library was packaged for; newer ones may refuse to work without modules.
const GO = "/usr/bin/go";
const GOPATH = "/usr/share/gocode";
const PACKAGE = join(GOPATH, "src/github.com/rabbitmq/amqp091-go");
const LIMIT_S = 120;

/** What `go test` did. */
export interface GoTestRun {
  readonly code: number | null;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  readonly output: string;
}

/** Whether Go and the source of its AMQP client are where Debian puts them. */
export function isGoClientInstalled(): boolean {
  return existsSync(GO) && existsSync(PACKAGE);
}

/** Runs the integration suite of amqp091-go against a server; the compiler's cache goes to `folder`. */
export async function runGoSuite(url: string, folder: string): Promise<GoTestRun> {
  const suite = new ServerProcess({
    command: GO,
    args: ["test", "-tags", "integration", "-count=1", "-v", `-timeout=${LIMIT_S}s`, "."],
    cwd: PACKAGE,
    env: { GO111MODULE: "off", GOPATH, GOCACHE: join(folder, "cache"), GOFLAGS: "", AMQP_URL: url },
  });
  const code = await suite.exited;
  const output = suite.output();
  return {
    code,
    output,
    passed: named("PASS", output),
    failed: named("FAIL", output),
    skipped: named("SKIP", output),
  };
}

/** The tests and examples with this result; parts of tests are not counted. */
function named(result: string, output: string): string[] {
  return [...output.matchAll(new RegExp(`^--- ${result}: (\\S+)`, "gm"))].map(([, name]) => name as string);
}
