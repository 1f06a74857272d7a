import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "./services/server-process.ts";

const MAIN = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const END_TIMEOUT_MS = 20_000;

/** How a broker that cannot start ended. */
export interface EndedBroker {
  /** -1 when it had to be killed. */
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the built broker in a folder of its own, with `yaml` as `broker.yaml` there, until it ends. */
export async function runBroker(yaml: string, args: readonly string[] = []): Promise<EndedBroker> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-run-"));
  try {
    await writeFile(join(folder, "broker.yaml"), yaml);
    const broker = new ServerProcess({
      command: process.execPath,
      args: [MAIN, "--config", "broker.yaml", ...args],
      env: { NO_COLOR: "1" },
      cwd: folder,
    });
    const patience = setTimeout(() => void broker.kill(), END_TIMEOUT_MS);
    const exitCode = (await broker.exited) ?? -1;
    clearTimeout(patience);
    return { exitCode, output: broker.output() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
