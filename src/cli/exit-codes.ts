import {
  AdminError,
  BrokerError,
  ConfigError,
  InputError,
  ListenError,
  StorageError,
} from "../base/errors.ts";

/** What the process ends with; the numbers are those of sysexits.h. Listed in docs/errors.md. */
export const ExitCode = {
  Ok: 0,
  /** `doctor` found damage. */
  Unhealthy: 1,
  /** The arguments cannot be understood. */
  Usage: 64,
  /** What was to be imported cannot be used. */
  Data: 65,
  /** A listener could not be opened, or a broker not be asked. */
  Unavailable: 69,
  /** A bug of ours. */
  Software: 70,
  /** The data folder could not be created, locked or read. */
  CannotCreate: 73,
  /** The configuration cannot be used. */
  Config: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The exit code for an error that ends the process. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigError) return ExitCode.Config;
  if (error instanceof StorageError) return ExitCode.CannotCreate;
  if (error instanceof InputError) return ExitCode.Data;
  if (error instanceof ListenError || error instanceof AdminError) return ExitCode.Unavailable;
  return ExitCode.Software;
}

/** The text for an error that ends the process: one line when it is the operator's, the stack when it is ours. */
export function textOf(error: unknown): string {
  if (exitCodeOf(error) !== ExitCode.Software && error instanceof BrokerError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
