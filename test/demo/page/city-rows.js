import { currentMean, isHot, lastOf } from "./readings.js";
import { svg, toPoints } from "./svg.js";

const SPARKLINE = { width: 100, height: 20 };
/** A sparkline spans at least this many degrees: a tenth of a degree must not look like a storm. */
const LEAST_SPAN = 2;

/** A row per city and in it a tile per sensor, made when it is first heard of. */
export class CityRows {
  #element;
  #rows = new Map();
  #tiles = new Map();

  constructor(element) {
    this.#element = element;
  }

  /** Makes what is new, in the order of the cities and their sensors. */
  arrange(cities) {
    for (const city of cities) {
      if (!this.#rows.has(city)) this.#rows.set(city, createRow(city));
      for (const sensor of city.sensors) {
        if (!this.#tiles.has(sensor)) this.#tiles.set(sensor, createTile(sensor));
      }
      this.#rows.get(city).list.replaceChildren(...city.sensors.map((each) => this.#tiles.get(each).item));
    }
    const rows = cities.map((city) => this.#rows.get(city).row);
    for (const [index, row] of rows.entries()) row.dataset.colour = index % 5;
    this.#element.replaceChildren(...rows);
  }

  get sensorCount() {
    return this.#tiles.size;
  }

  updateSensor(sensor, isLive) {
    const { item, value, line } = this.#tiles.get(sensor);
    const { temperature, at } = lastOf(sensor);
    value.textContent = temperature.toFixed(1);
    item.classList.toggle("hot", isLive && isHot(sensor));
    item.classList.toggle("silent", !isLive);
    item.title = `${sensor.city.name}, ${sensor.zone}: ${temperature} °C at ${new Date(at).toLocaleTimeString()}${isLive ? "" : ", silent since"}`;
    line.setAttribute("points", sparklinePoints(sensor.readings));
  }

  updateMeans() {
    for (const [city, { mean }] of this.#rows) mean.textContent = `mean ${currentMean(city).toFixed(1)}`;
  }
}

function createRow(city) {
  const row = element("div", "city");
  const title = element("h3", "", `${city.name} `);
  const mean = element("span");
  title.append(mean);
  const list = element("ul", "tiles");
  row.append(title, list);
  return { row, mean, list };
}

function createTile({ sensorId }) {
  const item = element("li", "tile");
  item.dataset.sensor = sensorId;
  const value = element("span", "value");
  const line = svg("polyline");
  const viewBox = `0 0 ${SPARKLINE.width} ${SPARKLINE.height}`;
  const drawing = svg("svg", { viewBox, preserveAspectRatio: "none", "aria-hidden": "true" }, line);
  item.append(element("span", "name", sensorId), value, drawing);
  return { item, value, line };
}

function sparklinePoints(readings) {
  const values = readings.map(({ temperature }) => temperature);
  const low = Math.min(...values);
  const span = Math.max(LEAST_SPAN, Math.max(...values) - low);
  const middle = (Math.max(...values) + low) / 2;
  const inner = SPARKLINE.height - 3;
  const step = SPARKLINE.width / Math.max(1, readings.length - 1);
  return toPoints(
    values.map((value, index) => [index * step, SPARKLINE.height / 2 - ((value - middle) / span) * inner]),
  );
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.textContent = text;
  return made;
}
