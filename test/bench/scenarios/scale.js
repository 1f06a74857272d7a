import { digits, PAIR, TRAFFIC, WITHOUT_AEDES } from "./common.js";

const COST = { ...TRAFFIC, figures: ["brokerMicros"], brokers: WITHOUT_AEDES };

/** One dimension, its sizes, and what a scenario of that size looks like. */
const DIMENSIONS = [
  {
    of: "connections",
    sizes: [100, 1_000, 10_000],
    what: "half of them publish to the other half, 20,000 messages per second in all",
    fields: (size) => ({
      publishers: size / 2,
      subscribers: size / 2,
      groups: size / 2,
      rate: 20_000,
      figures: ["brokerMicros", "p99Ms"],
      connections: size,
    }),
  },
  {
    of: "subscriptions",
    sizes: [100, 10_000, 1_000_000],
    what: "that match nothing, beside 10 → 10 at full speed",
    fields: (size) => ({ ...PAIR, idleSubscriptions: size }),
  },
  {
    of: "topics",
    sizes: [100, 10_000, 1_000_000],
    what: "published to in turn, 10 → 10 at full speed, one wildcard filter to a subscriber",
    fields: (size) => ({
      ...PAIR,
      topics: (group) => topicsOf(group, size / PAIR.publishers),
      filters: (group) => [`bench/${digits(group, 4)}/+`],
    }),
  },
  {
    of: "retained",
    sizes: [0, 10_000, 1_000_000],
    what: "messages that are there, beside 10 → 10 at full speed",
    fields: (size) => ({ ...PAIR, retained: size }),
  },
];

function topicsOf(group, count) {
  return Array.from({ length: count }, (_, i) => `bench/${digits(group, 4)}/${digits(i, 7)}`);
}

export const scale = DIMENSIONS.flatMap(({ of, sizes, what, fields }) =>
  sizes.map((size) => ({
    ...COST,
    ...fields(size),
    name: `scale-${of}-${size}`,
    what: `${size.toLocaleString("en-US")} ${of} ${what}`,
  })),
);
