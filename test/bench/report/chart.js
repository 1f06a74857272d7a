import { figures, writeFigure, writeRatio } from "./figures.js";

const PEER = "mosquitto";
const WIDTH = 860;
const LABEL_WIDTH = 250;
const BAR_WIDTH = 300;
const LINE_HEIGHT = 30;
const BAR_HEIGHT = 16;
const TOP = 58;
const BOTTOM = 34;

/** What the picture shows, where it was measured; of a cost, less is better. */
const LINES = [
  ...[0, 1, 2].flatMap((qos) => [
    { label: `10 → 10, QoS ${qos}`, scenario: `pair-qos${qos}`, figure: "perSecond" },
    { label: `50 → 1, QoS ${qos}`, scenario: `fan-in-qos${qos}`, figure: "perSecond" },
    { label: `1 → 50, QoS ${qos}`, scenario: `fan-out-qos${qos}`, figure: "perSecond" },
  ]),
  { label: "QoS 1 into offline sessions, fsync", scenario: "durable", figure: "perSecond" },
  { label: "500 → 500 sparse, CPU", scenario: "sparse-qos0", figure: "brokerMicros", isCost: true },
  { label: "500 → 500 sparse, p99", scenario: "sparse-qos0", figure: "p99Ms", isCost: true },
];

/** @param {import("./results-file.js").Results} results */
export function barsOf({ scenarios }) {
  return LINES.flatMap(({ label, scenario, figure, isCost = false }) => {
    const brokers = scenarios.find(({ name }) => name === scenario)?.brokers;
    const ours = brokers?.causeway?.[figure]?.median;
    const theirs = brokers?.[PEER]?.[figure]?.median;
    if (!(ours > 0 && theirs > 0)) return [];
    const words = `${writeFigure(figure, ours)} : ${writeFigure(figure, theirs)} ${figures[figure].title}`;
    return [{ label, ratio: isCost ? theirs / ours : ours / theirs, words }];
  });
}

/** Readable on light and dark pages: it has no background, and its colours follow the reader's. */
export function drawBars(bars) {
  const most = Math.max(1, ...bars.map(({ ratio }) => ratio));
  const unit = BAR_WIDTH / most;
  const bottom = TOP + bars.length * LINE_HEIGHT;
  const one = rounded(LABEL_WIDTH + unit);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" role="img" aria-label="Causeway beside mosquitto">`,
    STYLE,
    text(0, 20, "title", "Times as good as mosquitto"),
    text(0, 40, "quiet", "messages per second, or the inverse of a cost; figures: causeway : mosquitto"),
    ...bars.flatMap((bar, at) => drawBar(bar, TOP + at * LINE_HEIGHT, unit)),
    `<line class="one" x1="${one}" y1="${TOP - 6}" x2="${one}" y2="${bottom}"/>`,
    text(one, bottom + 18, "quiet middle", "mosquitto = 1"),
    "</svg>",
  ].join("\n")}\n`;
}

function drawBar({ label, ratio, words }, top, unit) {
  const width = rounded(ratio * unit);
  const baseline = top + 13;
  const end = rounded(LABEL_WIDTH + width);
  return [
    text(LABEL_WIDTH - 10, baseline, "label", label),
    `<rect class="bar" x="${LABEL_WIDTH}" y="${top}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
    `<text class="figure" x="${end + 8}" y="${baseline}"><tspan class="ratio">${writeRatio(ratio)}</tspan> ${words}</text>`,
  ];
}

function text(x, y, kind, words) {
  return `<text class="${kind}" x="${x}" y="${y}">${words}</text>`;
}

function rounded(value) {
  return Number(value.toFixed(1));
}

const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.quiet, .figure { font-size: 12px; fill: #59636e; }
.ratio { font-weight: 600; fill: #1f2328; }
.label { text-anchor: end; }
.middle { text-anchor: middle; }
.bar { fill: #0969da; }
.one { stroke: #59636e; stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
  text, .ratio { fill: #f0f6fc; }
  .quiet, .figure { fill: #9198a1; }
  .bar { fill: #4493f8; }
  .one { stroke: #9198a1; }
}
</style>`;
