import { lastOf } from "./readings.js";

const MAXIMUM_NAMED = 2;
const STATES = {
  connecting: "Connecting",
  connected: "Connected",
  away: "Broker away, trying again",
};

/** The line of figures on top, and what the page says about its connection. */
export function showFigures(readings) {
  setText("live", readings.liveCount());
  setText("known", readings.sensors.size);
  setText("rate", readings.rate().toFixed(1));
  setText("received", readings.received.toLocaleString());
  showHotSpots(readings.hotSpots());
}

export function showConnection(state, detail) {
  document.getElementById("connection").dataset.state = state;
  setText("connection-state", STATES[state]);
  setText("connection-detail", detail);
}

export function showBridges(bridges) {
  const lines = bridges.map(({ name, system, target, state, delivered, queued, dropped }) => {
    const line = document.createElement("p");
    const counts = [`${delivered.toLocaleString()} delivered`, `${queued.toLocaleString()} queued`];
    for (const { reason, count } of dropped) counts.push(`${count.toLocaleString()} dropped (${reason})`);
    line.textContent = `${system} ${state}: ${counts.join(", ")}`;
    line.title = `${name}: ${target}`;
    return line;
  });
  document.getElementById("bridges").replaceChildren(...(lines.length > 0 ? lines : [howToSwitchOn()]));
}

function howToSwitchOn() {
  const text = document.createElement("span");
  text.className = "muted";
  text.textContent = "none on; KAFKA_BROKERS and AMQP_URL switch them on";
  return text;
}

function showHotSpots(sensors) {
  const hottest = sensors.sort((one, other) => lastOf(other).temperature - lastOf(one).temperature);
  const names = hottest
    .slice(0, MAXIMUM_NAMED)
    .map((sensor) => `${sensor.sensorId} ${sensor.city.name} ${lastOf(sensor).temperature.toFixed(1)} °C`);
  const more = hottest.length > MAXIMUM_NAMED ? ` and ${hottest.length - MAXIMUM_NAMED} more` : "";
  const text = names.length === 0 ? "none" : `▲ ${names.join(", ")}${more}`;
  setText("hot", text);
  document.getElementById("hot").classList.toggle("hot-text", names.length > 0);
}

function setText(id, text) {
  const element = document.getElementById(id);
  // Written only when it changes: a screen reader reads the status again at each write.
  if (element.textContent !== String(text)) element.textContent = text;
}
