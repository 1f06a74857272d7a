import {
  type DestinationStream,
  destination,
  type Logger as PinoLogger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from "pino";
import { prettyFactory } from "pino-pretty";

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "auto" | "pretty" | "json";
}

/** Where log lines go. */
export interface LogTarget extends DestinationStream {
  readonly isTerminal: boolean;
}

const HIDDEN_KEYS = ["password", "url"].flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** The logger that compose hands to every room: JSON lines, or colours for people on a terminal. */
export function createLogger({ level, format }: LogOptions, target: LogTarget): PinoLogger {
  const isPretty = format === "pretty" || (format === "auto" && target.isTerminal);
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
      redact: { paths: HIDDEN_KEYS, censor: hideSecret },
    },
    isPretty ? prettyTarget(target) : target,
  );
}

/** Standard output, written at once and in this thread: the last line before an exit is never lost. */
export function standardOutput(): LogTarget {
  const output = destination({ dest: 1, sync: true });
  return { isTerminal: process.stdout.isTTY === true, write: (line) => output.write(line) };
}

function prettyTarget(target: LogTarget): DestinationStream {
  const format = prettyFactory({
    colorize: target.isTerminal,
    translateTime: "SYS:HH:MM:ss.l",
    errorLikeObjectKeys: ["error"],
  });
  return { write: (line) => target.write(format(line)) };
}

/** Passwords vanish; of URLs only the user and password do. */
function hideSecret(value: unknown, path: string[]): string {
  return path.at(-1) === "url" && typeof value === "string" ? value.replace(/\/\/[^/]*@/, "//") : "[hidden]";
}
