import { describe } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import { isKafkajsError } from "./kafka-failure.ts";

let isInstalled = false;

/**
 * kafkajs can leave a promise of its own unhandled when a broker goes away, which would end the process. From the first
 * call on such rejections are only logged; all others go on to `uncaughtException` as before.
 */
export function tolerateStrayRejections(log: Logger): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on("unhandledRejection", (reason) => {
    if (!isKafkajsError(reason)) throw reason;
    log.debug({ error: describe(reason) }, "kafkajs left a rejection unhandled");
  });
}
