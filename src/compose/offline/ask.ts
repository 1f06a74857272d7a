import { systemClock } from "../../base/clock.ts";
import { AdminError, StorageError } from "../../base/errors.ts";
import type { Inspection } from "../../base/inspection.ts";
import { formatAddress } from "../../base/network-address.ts";
import { AdminClient } from "../../cli/inspect/admin-client.ts";
import type { BrokerConfig } from "../../config/broker-config.ts";
import { FolderInspection } from "./folder-inspection.ts";
import { explainLock, readOnlyStore } from "./stored-folder.ts";

/** Where to look. */
export interface Target {
  readonly folder: string;
  /** The admin listener; undefined = look into the folder only. */
  readonly admin: string | undefined;
  /** The caller named the listener: the folder is no substitute for it. */
  readonly isAdminGiven: boolean;
}

/** Runs `use` on the broker that runs, or else on its folder. */
export async function withInspection(
  target: Target,
  use: (inspection: Inspection) => Promise<void>,
): Promise<void> {
  const { folder, admin, isAdminGiven } = target;
  const refusal = admin === undefined ? undefined : await tryAdmin(admin, use);
  if (refusal === undefined && admin !== undefined) return;
  if (refusal !== undefined && isAdminGiven) throw refusal;
  const store = readOnlyStore(folder);
  try {
    await use(await explainLock(folder, adviceOn(refusal), () => FolderInspection.open(store, systemClock)));
  } catch (error) {
    throw refusal === undefined ? error : joined(refusal, error);
  } finally {
    await store.close();
  }
}

/** The listener's URL on this machine; undefined when there is none, or its port is not known beforehand. */
export function adminUrl({ listeners }: Pick<BrokerConfig, "listeners">): string | undefined {
  const bind = listeners.find(({ type }) => type === "admin");
  if (bind === undefined || bind.type !== "admin" || bind.bind.port === 0) return undefined;
  const { host, port } = bind.bind;
  const any: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  return `http://${formatAddress(any[host] ?? host, port)}`;
}

/** Answers why the listener could not be asked; undefined when it was. */
async function tryAdmin(
  admin: string,
  use: (inspection: Inspection) => Promise<void>,
): Promise<AdminError | undefined> {
  const client = new AdminClient(admin);
  try {
    await client.summary();
  } catch (error) {
    if (error instanceof AdminError) return error;
    throw error;
  }
  await use(client);
  return undefined;
}

function adviceOn(refusal: AdminError | undefined): string {
  if (refusal === undefined) return "ask it through its admin listener with --admin, or stop it first";
  return "name its admin listener with --admin, or stop it first";
}

/** One error for both ways that failed. */
function joined(refusal: AdminError, error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new StorageError(error.code, `${refusal.message}. ${error.message}`, { cause: error });
}
