/** What rooms ask of a logger; pino satisfies it by shape. Payloads and passwords are never handed over. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** On hot paths: compute a debug line only when it is wanted. */
  isLevelEnabled(level: "debug"): boolean;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  isLevelEnabled: () => false,
};
