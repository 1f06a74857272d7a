import { parseArgs } from "node:util";

const HELP = `npm run demo -- [options]       or by the environment
  --page-port N        DEMO_PAGE_PORT        the page (8080, or a free port when it is taken)
  --mqtt-port N        DEMO_MQTT_PORT        MQTT over TCP (1883)
  --websocket-port N   DEMO_WEBSOCKET_PORT   MQTT over WebSocket (8083)
  --admin-port N       DEMO_ADMIN_PORT       metrics and health (18083)
  --data FOLDER        DEMO_DATA             the broker's data (./data/demo)
Port 0 takes a free one. KAFKA_BROKERS=host:port,… and AMQP_URL=amqp://… switch bridges on.`;

const PORTS = ["page-port", "mqtt-port", "websocket-port", "admin-port"];

/** Flags over environment; what is not given is undefined. Ends the process after --help and on nonsense. */
export function readArguments(argv, environment) {
  const flags = parse(argv);
  if (flags.help) end(HELP, 0);
  const given = (name) => flags[name] ?? environment[`DEMO_${name.toUpperCase().replaceAll("-", "_")}`];
  const [pagePort, mqttPort, websocketPort, adminPort] = PORTS.map((name) => toPort(name, given(name)));
  return { pagePort, mqttPort, websocketPort, adminPort, data: given("data") };
}

function parse(argv) {
  const options = { help: { type: "boolean" }, data: { type: "string" } };
  for (const name of PORTS) options[name] = { type: "string" };
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    return end(`${error.message}\n${HELP}`, 64);
  }
}

function toPort(name, text) {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || text.trim() === "") {
    end(`--${name} ${text}: must be a port number\n${HELP}`, 64);
  }
  return port;
}

function end(text, exitCode) {
  (exitCode === 0 ? console.log : console.error)(text);
  process.exit(exitCode);
}
