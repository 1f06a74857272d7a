import { readFile } from "node:fs/promises";
import { countUp } from "../../base/count-up.ts";
import { describe, InputError } from "../../base/errors.ts";
import { StateImport } from "./import-state.ts";
import { fillNewStore } from "./new-store.ts";
import type { ImportedLine } from "./parse-line.ts";
import { explainLock } from "./stored-folder.ts";

export interface AedesRequest {
  /** The folder of Aedes' LevelDB. */
  readonly path: string;
  /** Lines user:clientId; undefined = everybody logs in without a user name. */
  readonly usersFile: string | undefined;
  readonly expiryInterval: number;
  readonly now: number;
}

export interface AedesReport {
  readonly counts: ReadonlyMap<ImportedLine["type"], number>;
  /** Sessions that only somebody without a user name can resume. */
  readonly sessionsWithoutUser: number;
  readonly skipped: readonly string[];
  readonly skippedCount: number;
}

const NAMED_SKIPS = 100;

/** `causeway import aedes`: fills our empty folder from one of Aedes. */
export async function importAedes(folder: string, request: AedesRequest): Promise<AedesReport> {
  const users = await readUsers(request.usersFile);
  const counts = new Map<ImportedLine["type"], number>();
  const skipped: string[] = [];
  let skippedCount = 0;
  let sessionsWithoutUser = 0;
  const { readAedes } = await import("./aedes/read-aedes.ts");
  await explainLock(folder, "stop it first", () =>
    fillNewStore(folder, async (store) => {
      const importing = new StateImport(store);
      const lines = readAedes(request.path, {
        now: request.now,
        expiryInterval: request.expiryInterval,
        userOf: (clientId) => users.get(clientId) ?? "",
        skipped: (what) => {
          skippedCount++;
          if (skipped.length < NAMED_SKIPS) skipped.push(what);
        },
      });
      for await (const line of lines) {
        await importing.take(line, request.path);
        countUp(counts, line.type);
        if (line.type === "session" && line.session.user === "") sessionsWithoutUser++;
      }
      await importing.commit();
    }),
  );
  return { counts, sessionsWithoutUser, skipped, skippedCount };
}

/** A user name has no ":", a client id may. */
async function readUsers(file: string | undefined): Promise<Map<string, string>> {
  const users = new Map<string, string>();
  if (file === undefined) return users;
  for (const [i, line] of (await textOf(file)).split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, user, clientId] = /^([^:]+):(.+?)\r?$/.exec(line) ?? [];
    if (user === undefined || clientId === undefined) {
      throw new InputError(`${file}:${i + 1}: must be user:clientId`);
    }
    users.set(clientId, user);
  }
  return users;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new InputError(`${file}: ${describe(cause)}`, { cause });
  }
}
