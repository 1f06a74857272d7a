import { CityChart } from "./city-chart.js";
import { CityRows } from "./city-rows.js";
import { showBridges, showConnection, showFigures } from "./figures.js";
import { Readings } from "./readings.js";

const TOPIC_FILTER = "sensors/+/temp";
const DRAW_MS = 500;
const STATUS_MS = 2_000;
/** How long the broker keeps readings for this page while it cannot be reached. */
const SESSION_SECONDS = 300;

const readings = new Readings();
const chart = new CityChart(document.getElementById("chart"));
const rows = new CityRows(document.getElementById("cities"));
const changed = new Set();
const text = new TextDecoder();

const { websocketPort, path } = await readStatus();
connect(`ws://${location.hostname}:${websocketPort}${path}`);
setInterval(draw, DRAW_MS);
setInterval(() => readStatus().catch(() => {}), STATUS_MS);

/** MQTT 5 over WebSocket; the session outlives the connection, so what arrives meanwhile is not lost. */
function connect(url) {
  const client = globalThis.mqtt.connect(url, {
    protocolVersion: 5,
    clientId: `dashboard-${Math.random().toString(36).slice(2)}`,
    clean: false,
    properties: { sessionExpiryInterval: SESSION_SECONDS },
    reconnectPeriod: 1_000,
    connectTimeout: 5_000,
    keepalive: 15,
  });
  client.on("connect", () => showConnection("connected", `MQTT 5, ${url}`));
  client.on("close", () => showConnection("away", url));
  client.on("error", () => {}); // "close" follows and it connects again by itself
  client.on("message", (_topicName, payload) => {
    const sensor = readings.add(text.decode(payload));
    if (sensor !== undefined) changed.add(sensor);
  });
  client.subscribe(TOPIC_FILTER, { qos: 1 });
  showConnection("connecting", url);
}

function draw() {
  readings.forgetOld();
  showFigures(readings);
  if (rows.sensorCount < readings.sensors.size) rows.arrange(readings.cities);
  for (const sensor of readings.sensors.values()) {
    const isLive = readings.isLive(sensor);
    if (changed.has(sensor) || !isLive) rows.updateSensor(sensor, isLive);
  }
  changed.clear();
  rows.updateMeans();
  if (!document.hidden) chart.draw(readings);
}

async function readStatus() {
  const status = await (await fetch("status.json")).json();
  showBridges(status.bridges);
  return status;
}
