import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, outputOf } from "./programs.js";

const PROGRAM = findProgram("mosquitto");

/** Mosquitto without Nagle's delay and without limits to its queues. @returns {import("./registry.js").BrokerKind} */
export function mosquitto(note, persistence) {
  return {
    note: `set_tcp_nodelay, queues and inflight unlimited, ${note}`,
    version: () => PROGRAM && /version (\S+)/.exec(outputOf(PROGRAM, ["-h"]))?.[1],
    transports: ["tcp", "tls", "ws"],
    start({ port, folder, transport, certificate, takePort }) {
      const lines = [
        `listener ${port} 127.0.0.1`,
        ...EXTRAS[transport](certificate),
        `listener ${takePort()} 127.0.0.1`, // 2.0.11 ends at once when it has none but WebSocket's
        "allow_anonymous true",
        "set_tcp_nodelay true",
        "max_queued_messages 0",
        "max_inflight_messages 0",
        "log_dest none",
        `persistence_location ${folder}/`,
        ...(process.getuid?.() === 0 ? ["user root"] : []),
        ...persistence,
      ];
      const file = join(folder, "mosquitto.conf");
      writeFileSync(file, `${lines.join("\n")}\n`);
      return { command: [PROGRAM, "-c", file] };
    },
  };
}

const EXTRAS = {
  tcp: () => [],
  ws: () => ["protocol websockets"],
  tls: ({ cert, key }) => [`certfile ${cert}`, `keyfile ${key}`],
};
