import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ServerProcess } from "./server-process.ts";

const SLEEPER = ["-c", "sleep 1000 & echo started; wait"];

describe("ServerProcess", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-server-process-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(["SIGKILL", "SIGINT", "SIGTERM"] as const)(
    "does not outlive a test process that %s ended",
    async (signal) => {
      const owner = await startOwner(folder);
      expect(isGroupAlive(owner.serverPid)).toBe(true);

      process.kill(owner.pid, signal);

      await vi.waitFor(() => expect(isGroupAlive(owner.serverPid)).toBe(false), { timeout: 10_000 });
    },
  );

  it("ends with everything it started", async () => {
    const server = new ServerProcess({ command: "sh", args: SLEEPER });
    await server.waitUntil("started", () => server.output().includes("started"), 10_000);

    await server.kill();

    expect(server.isRunning).toBe(false);
    await vi.waitFor(() => expect(isGroupAlive(server.pid)).toBe(false), { timeout: 10_000 });
  });

  it("is killed when it takes no notice of SIGTERM", async () => {
    const args = ["-e", "process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)"];
    const server = new ServerProcess({ command: process.execPath, args });
    await server.waitUntil("deaf", () => server.output().includes("deaf"), 10_000);

    expect(await server.stop(100)).toBe(null);
  });

  it("reports a program that is not there", async () => {
    const server = new ServerProcess({ command: join(folder, "absent"), args: [] });

    await expect(server.waitUntil("ready", () => false, 10_000)).rejects.toThrow("ENOENT");
  });
});

/** A process of its own that starts a server with ServerProcess and then waits for ever. */
async function startOwner(folder: string): Promise<{ pid: number; serverPid: number }> {
  const source = await readFile(new URL("./server-process.ts", import.meta.url), "utf8");
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
  const compiled = join(folder, "server-process.mjs");
  await writeFile(compiled, transpileModule(source, { compilerOptions }).outputText);
  const script = `
    import { ServerProcess } from ${JSON.stringify(pathToFileURL(compiled).href)};
    const server = new ServerProcess({ command: "sh", args: ${JSON.stringify(SLEEPER)} });
    await server.waitUntil("started", () => server.output().includes("started"), 10000);
    console.log(server.pid);
    setInterval(() => {}, 1000);
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const serverPid = await new Promise<number>((resolve) => {
    owner.stdout.once("data", (line: Buffer) => resolve(Number(line.toString())));
  });
  return { pid: owner.pid!, serverPid };
}

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
