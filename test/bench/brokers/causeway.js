import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, versionOf } from "./programs.js";

const MAIN = join(ROOT, "dist/src/main.js");

/** Causeway as its users run it, from dist. @returns {import("./registry.js").BrokerKind} */
export function causeway(durability, note) {
  return {
    note: `durability ${durability}: ${note}`,
    version: () => (existsSync(MAIN) ? versionOf("package.json") : undefined),
    hasMetrics: true,
    transports: ["tcp", "tls", "ws", "amqp"],
    start({ port, metricsPort, folder, transport, certificate }) {
      const config = {
        data: join(folder, "data"),
        listeners: [
          { type: transport, bind: `127.0.0.1:${port}`, ...EXTRAS[transport](certificate) },
          { type: "admin", bind: `127.0.0.1:${metricsPort}` },
        ],
        auth: { anonymous: "always" },
        sessions: { maximumQueuedMessages: 0, maximumQueuedBytes: 0 },
        storage: { durability },
      };
      const file = join(folder, "broker.yaml");
      writeFileSync(file, JSON.stringify(config)); // JSON is YAML
      return { command: [process.execPath, MAIN, "--config", file] };
    },
  };
}

const EXTRAS = {
  tcp: () => ({}),
  amqp: () => ({}),
  ws: () => ({ path: "/mqtt" }),
  tls: ({ cert, key }) => ({ tls: { cert, key } }),
};
