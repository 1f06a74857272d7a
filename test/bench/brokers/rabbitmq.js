import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, outputOf } from "./programs.js";

// Debian's wrapper in /usr/sbin changes to the user rabbitmq; the script itself runs as whoever starts it.
const SCRIPT = ["/usr/lib/rabbitmq/bin/rabbitmq-server"].find(existsSync) ?? findProgram("rabbitmq-server");
const PORT_MAPPER = findProgram("epmd");

/** RabbitMQ, for MQTT with its plugin: a node, a port mapper and a home of its own. @returns {import("./registry.js").BrokerKind} */
export function rabbitmq() {
  return {
    note: "AMQP, or MQTT 3.1.1 by rabbitmq_mqtt; queues in its message store",
    version: () => SCRIPT && PORT_MAPPER && versionOf(),
    transports: ["tcp", "amqp"],
    start({ port, folder, transport, takePort }) {
      const ports = { amqp: takePort(), distribution: takePort(), mapper: takePort() };
      if (transport === "amqp") writeFiles(folder, [`listeners.tcp.1 = 127.0.0.1:${port}`], []);
      else writeFiles(folder, mqttLines(port, ports.amqp), ["rabbitmq_mqtt"]);
      return {
        command: [SCRIPT],
        environment: environmentFor(folder, ports),
        companion: [PORT_MAPPER, "-port", String(ports.mapper), "-address", "127.0.0.1"],
      };
    },
  };
}

function versionOf() {
  const listed = outputOf("ls", ["/usr/lib/rabbitmq/lib"]);
  return /rabbitmq_server-(\S+)/.exec(listed)?.[1] ?? "of unknown version";
}

function mqttLines(mqtt, amqp) {
  return [
    `listeners.tcp.1 = 127.0.0.1:${amqp}`,
    `mqtt.listeners.tcp.1 = 127.0.0.1:${mqtt}`,
    "mqtt.allow_anonymous = true",
    "mqtt.prefetch = 1000",
    "mqtt.tcp_listen_options.nodelay = true",
    "mqtt.tcp_listen_options.backlog = 4096",
  ];
}

function writeFiles(folder, listeners, plugins) {
  const lines = [...listeners, "log.console.level = error"];
  writeFileSync(join(folder, "rabbitmq.conf"), `${lines.join("\n")}\n`);
  writeFileSync(join(folder, "rabbitmq-env.conf"), "");
  writeFileSync(join(folder, "enabled_plugins"), `[${plugins.join(",")}].\n`);
}

function environmentFor(folder, { amqp, distribution, mapper }) {
  return {
    HOME: folder,
    RABBITMQ_NODENAME: `bench${amqp}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_SCHEMA_DIR: join(folder, "schema"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "generated"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "rabbitmq-env.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(mapper),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  };
}
