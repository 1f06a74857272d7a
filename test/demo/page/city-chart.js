import { currentMean, meansOf, WINDOW_MS } from "./readings.js";
import { svg, toPoints } from "./svg.js";

const SHORTEST_MS = 60_000;
const LABEL_HEIGHT = 15;
const MARGIN = { top: 8, right: 92, bottom: 20, left: 34 };
const DASHES = ["none", "7 3", "2 3"];

/** A line of means per city, with names and values at their ends; a pointer reads the values at its place. */
export class CityChart {
  #element;
  #pointerX;

  constructor(element) {
    this.#element = element;
    element.addEventListener("pointermove", ({ offsetX }) => {
      this.#pointerX = offsetX;
    });
    element.addEventListener("pointerleave", () => {
      this.#pointerX = undefined;
    });
  }

  draw(readings) {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const now = readings.now();
    const lines = readings.cities.map((city, index) => ({
      city,
      index,
      runs: meansOf(city, now - WINDOW_MS, now),
      value: currentMean(city),
    }));
    if (lines.every(({ runs }) => runs.length === 0)) return;

    const scales = createScales(lines, now, width, height);
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    drawing.append(svg("title", {}, describe(lines)), ...axes(scales, width, height));
    for (const line of lines) drawing.append(...drawLine(line, scales));
    const cursor = this.#cursor(scales, height);
    const at = cursor?.at;
    drawing.append(...labels(lines, at, scales, width, height), ...(cursor?.elements ?? []));
    this.#element.replaceChildren(drawing);
  }

  #cursor({ x, timeAt, start, now }, height) {
    if (this.#pointerX === undefined) return undefined;
    const at = Math.min(Math.max(timeAt(this.#pointerX), start), now);
    const position = x(at);
    const ends = { x1: position, x2: position, y1: MARGIN.top, y2: height - MARGIN.bottom };
    const text = svg("text", { x: position + 4, y: MARGIN.top + 10 }, clockTime(at, true));
    return { at, elements: [svg("line", { class: "cursor", ...ends }), text] };
  }
}

function createScales(lines, now, width, height) {
  const points = lines.flatMap(({ runs }) => runs.flat());
  const earliest = Math.min(...points.map(([at]) => at));
  const start = Math.max(now - WINDOW_MS, Math.min(earliest, now - SHORTEST_MS));
  const degrees = points.map(([, value]) => value);
  const [coldest, warmest] = [Math.min(...degrees) - 0.5, Math.max(...degrees) + 0.5];
  const step = warmest - coldest > 25 ? 10 : 5;
  const low = Math.floor(coldest / step) * step;
  const high = Math.ceil(warmest / step) * step;
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  return {
    start,
    now,
    low,
    high,
    step,
    x: (at) => MARGIN.left + ((at - start) / (now - start)) * inner.width,
    timeAt: (x) => start + ((x - MARGIN.left) / inner.width) * (now - start),
    y: (value) => MARGIN.top + ((high - value) / (high - low)) * inner.height,
  };
}

function axes({ start, now, low, high, step, x, y }, width, height) {
  const elements = [];
  for (let value = low; value <= high; value += step) {
    const ends = { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) };
    elements.push(svg("line", { class: "grid", ...ends }));
    elements.push(svg("text", { x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, `${value}`));
  }
  const tick = tickMs(now - start, width);
  for (let at = Math.ceil(start / tick) * tick; at <= now; at += tick) {
    elements.push(
      svg("text", { x: x(at), y: height - 4, "text-anchor": "middle" }, clockTime(at, tick < 60_000)),
    );
  }
  return elements;
}

function tickMs(duration, width) {
  const most = Math.max(2, Math.floor(width / 110));
  return [10_000, 15_000, 30_000, 60_000, 120_000].find((tick) => duration / tick <= most) ?? 300_000;
}

function drawLine({ index, runs }, { x, y }) {
  return runs.map((run) =>
    svg("polyline", {
      "data-colour": index % 5,
      "stroke-dasharray": DASHES[Math.floor(index / 5)] ?? "none",
      points: toPoints(run.map(([at, value]) => [x(at), y(value)])),
    }),
  );
}

/** Names at the ends of the lines, moved apart where they would overlap. */
function labels(lines, at, { y }, width, height) {
  const placed = lines
    .map((line) => ({ ...line, shown: at === undefined ? line.value : valueAt(line.runs, at) }))
    .map((line) => ({ ...line, top: y(line.value) + 4 }))
    .sort((one, other) => one.top - other.top);
  for (const [index, label] of placed.entries()) {
    const above = placed[index - 1];
    if (above !== undefined) label.top = Math.max(label.top, above.top + LABEL_HEIGHT);
  }
  let lowest = height - 6;
  for (const label of placed.reverse()) {
    label.top = Math.min(label.top, lowest);
    lowest = label.top - LABEL_HEIGHT;
  }
  return placed.map(({ city, index, shown, top }) => {
    const value = shown === undefined ? "–" : shown.toFixed(1);
    const place = { x: width - MARGIN.right + 6, y: top, "data-colour": index % 5 };
    return svg("text", { class: "label", ...place }, `${value} ${city.name}`);
  });
}

function valueAt(runs, at) {
  const near = runs.flat().filter(([time]) => Math.abs(time - at) < 3_000);
  near.sort(([one], [other]) => Math.abs(one - at) - Math.abs(other - at));
  return near[0]?.[1];
}

function describe(lines) {
  return `Mean temperature: ${lines.map(({ city, value }) => `${city.name} ${value.toFixed(1)} °C`).join(", ")}`;
}

function clockTime(at, withSeconds) {
  const seconds = withSeconds ? { second: "2-digit" } : {};
  return new Date(at).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    ...seconds,
  });
}
