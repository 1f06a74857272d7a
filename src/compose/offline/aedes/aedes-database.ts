import { access } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, InputError } from "../../../base/errors.ts";

type Database = ClassicLevel<string, Buffer>;

const PREFIXES = ["subscriptions", "outgoing", "incoming", "will"] as const;
const ALL_PREFIXES = [...PREFIXES, "outgoing-id", "retained"];

/** Opens the folder that Aedes had its LevelDB in; nothing in it is changed but what LevelDB tidies by itself. */
export async function openAedes(folder: string): Promise<Database> {
  try {
    await access(join(folder, "CURRENT"));
  } catch (cause) {
    throw new InputError(`${folder}: is no LevelDB folder: name the one that Aedes was given`, { cause });
  }
  const database: Database = new ClassicLevel(folder, { createIfMissing: false, valueEncoding: "buffer" });
  try {
    await database.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const isLocked = cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
    const reason = isLocked ? "is in use: stop Aedes first" : describe(cause);
    throw new InputError(`${folder}: ${reason}`, { cause: error });
  }
  await refuseOthers(database, folder);
  return database;
}

async function refuseOthers(database: Database, folder: string): Promise<void> {
  const [first] = await database.keys({ limit: 1 }).all();
  if (first === undefined || ALL_PREFIXES.some((prefix) => first.startsWith(`${prefix}:`))) return;
  await database.close();
  throw new InputError(`${folder}: was not written by aedes-persistence-level`);
}

/** Everybody of whom anything but a retained message is stored. The persistence itself only finds clients by id. */
export async function clientIdsIn(database: Database): Promise<Set<string>> {
  const clientIds = new Set<string>();
  for (const prefix of PREFIXES) {
    for await (const key of keysUnder(database, `${prefix}:`)) clientIds.add(clientIdIn(key, prefix));
  }
  return clientIds;
}

/** Packet ids of QoS 2 messages that the client has not released. */
export async function incomingIds(database: Database, clientId: string): Promise<number[]> {
  const prefix = `incoming:${encodeURIComponent(clientId)}:`;
  const ids: number[] = [];
  for await (const key of keysUnder(database, prefix)) ids.push(Number(key.slice(prefix.length)));
  return ids.filter((id) => Number.isInteger(id) && id >= 1 && id <= 65_535);
}

/** All keys that begin with a prefix ending in ":"; ";" is the next character. */
function keysUnder(database: Database, prefix: string): AsyncIterable<string> {
  return database.keys({ gte: prefix, lt: `${prefix.slice(0, -1)};` });
}

function clientIdIn(key: string, prefix: string): string {
  const rest = key.slice(prefix.length + 1);
  const end = rest.indexOf(":");
  return decodeURIComponent(end < 0 ? rest : rest.slice(0, end));
}
