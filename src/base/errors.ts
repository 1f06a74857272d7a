/** Every error of ours; `code` is stable and listed in docs/errors.md. */
export abstract class BrokerError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The configuration cannot be used; the text names file, key and the fix. Exit code 78 (EX_CONFIG). */
export class ConfigError extends BrokerError {
  readonly code = "CONFIG";
}

/** The store refused or failed; nothing that depends on it is acknowledged. */
export class StorageError extends BrokerError {
  readonly code:
    | "STORAGE_LOCKED"
    | "STORAGE_UNWRITABLE"
    | "STORAGE_FAILED"
    | "STORAGE_FORMAT"
    | "STORAGE_CORRUPT"
    | "STORAGE_MISSING"
    | "STORAGE_NOT_EMPTY";

  constructor(code: StorageError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A listener could not be opened: port taken, no permission, bad address. */
export class ListenError extends BrokerError {
  readonly code = "LISTEN";
}

/** What was to be read in cannot be used; the text names file, line and field. Exit code 65 (EX_DATAERR). */
export class InputError extends BrokerError {
  readonly code = "INPUT";
}

/** A running broker could not be asked through its admin listener. */
export class AdminError extends BrokerError {
  readonly code = "ADMIN_UNREACHABLE";
}

/** A bug of ours: the state cannot be what it is. */
export class InvariantError extends BrokerError {
  readonly code = "INVARIANT";
}

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new InvariantError(what);
}

/** The text of anything thrown. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
