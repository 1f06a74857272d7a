import { aedes } from "./aedes.js";
import { causeway } from "./causeway.js";
import { mosquitto } from "./mosquitto.js";
import { rabbitmq } from "./rabbitmq.js";

/**
 * What a broker is started with; `takePort` gives further free ports.
 * @typedef {{ port: number, metricsPort: number, folder: string, transport: "tcp" | "tls" | "ws" | "amqp",
 *   certificate?: import("./certificate.js").Certificate, takePort: () => number }} Place
 */

/**
 * `start` writes what configuration the broker needs into the folder; `companion` is a program that must run beside it.
 * @typedef {object} BrokerKind
 * @property {string} note
 * @property {() => string | undefined} version undefined when it is not installed.
 * @property {string[]} transports
 * @property {boolean} [hasMetrics]
 * @property {(place: Place) => { command: string[], environment?: Record<string, string>, companion?: string[] }} start
 */

/** @type {Record<string, BrokerKind>} */
export const brokers = {
  causeway: causeway("disk", "fsync before an acknowledgement"),
  "causeway-os": causeway("os", "written, no fsync"),
  "causeway-memory": causeway("memory", "nothing on disk"),
  mosquitto: mosquitto("persistence off", ["persistence false"]),
  "mosquitto-persistent": mosquitto("whole database written every second, no fsync", [
    "persistence true",
    "autosave_interval 1",
  ]),
  aedes: aedes(),
  rabbitmq: rabbitmq(),
};
