import { fileURLToPath } from "node:url";
import { versionOf } from "./programs.js";

const SCRIPT = fileURLToPath(new URL("./aedes-broker.js", import.meta.url));

/** @returns {import("./registry.js").BrokerKind} */
export function aedes() {
  return {
    note: "in memory",
    version: () => versionOf("node_modules/aedes/package.json"),
    transports: ["tcp", "tls", "ws"],
    start({ port, transport, certificate = {} }) {
      const { cert = "", key = "" } = certificate;
      return { command: [process.execPath, SCRIPT, String(port), transport, cert, key] };
    },
  };
}
