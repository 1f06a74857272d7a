import type { Rows, Subject, Summary } from "../../base/inspection.ts";
import { formatAge, formatBytes, printable } from "../quantities.ts";
import type { Column } from "../table.ts";

type Columns = { readonly [S in Subject]: readonly Column<Rows[S]>[] };

const NONE = "-";
const age = (ms: number | null): string => (ms === null ? NONE : formatAge(ms));
const count = (value: number | null): string => (value === null ? NONE : String(value));
const right = "right";

function total(counts: Readonly<Record<string, number>> | null): number | null {
  return counts && Object.values(counts).reduce((sum, n) => sum + n, 0);
}

function longestHeld(consumers: Rows["work-queues"]["consumers"]): number | null {
  const ages = consumers.flatMap(({ heldMs }) => heldMs ?? []);
  return ages.length === 0 ? null : Math.max(...ages);
}

function number<Row>(heading: string, value: (row: Row) => number | null): Column<Row> {
  return { heading, align: right, cell: (row) => count(value(row)) };
}

/** What `causeway inspect` shows of each row. */
export const COLUMNS: Columns = {
  sessions: [
    { heading: "CLIENT ID", cell: ({ clientId }) => printable(clientId) },
    { heading: "USER", cell: ({ user }) => printable(user) || NONE },
    { heading: "STATE", cell: (row) => stateOf(row) },
    { heading: "EXPIRES", align: right, cell: (row) => expiryOf(row) },
    number("SUBSCRIPTIONS", (row) => row.subscriptions),
    number("MESSAGES", (row) => row.messages),
    { heading: "BYTES", align: right, cell: ({ bytes }) => formatBytes(bytes) },
    { heading: "OLDEST", align: right, cell: ({ oldestMs }) => age(oldestMs) },
    number("UNRELEASED", (row) => row.unreleased),
    number("DROPPED", ({ dropped }) => total(dropped)),
    { heading: "WILL", cell: ({ will }) => (will === null ? NONE : printable(will.topicName)) },
  ],
  queues: [
    { heading: "NAME", cell: ({ name }) => printable(name) },
    number("MESSAGES", (row) => row.messages),
    { heading: "BYTES", align: right, cell: ({ bytes }) => formatBytes(bytes) },
    { heading: "OLDEST", align: right, cell: ({ oldestMs }) => age(oldestMs) },
    number("CONSUMERS", (row) => row.consumers),
  ],
  "work-queues": [
    { heading: "VHOST", cell: ({ virtualHost }) => printable(virtualHost) },
    { heading: "NAME", cell: ({ name }) => printable(name) },
    number("READY", (row) => row.messages),
    number("UNACKNOWLEDGED", (row) => row.unacknowledged),
    { heading: "BYTES", align: right, cell: ({ bytes }) => formatBytes(bytes) },
    { heading: "OLDEST", align: right, cell: ({ oldestMs }) => age(oldestMs) },
    number("CONSUMERS", (row) => row.consumerCount),
    { heading: "UNREAD", align: right, cell: ({ unreadMs }) => age(unreadMs) },
    { heading: "HELD", align: right, cell: ({ consumers }) => age(longestHeld(consumers)) },
    number("BINDINGS", (row) => row.bindingCount),
    number("DROPPED", ({ dropped }) => total(dropped)),
  ],
  retained: [
    { heading: "TOPIC", cell: ({ topicName }) => printable(topicName) },
    number("QOS", (row) => row.qos),
    { heading: "BYTES", align: right, cell: ({ bytes }) => formatBytes(bytes) },
    { heading: "AGE", align: right, cell: ({ ageMs }) => age(ageMs) },
    { heading: "EXPIRES", align: right, cell: ({ expiresInMs }) => age(expiresInMs) },
    { heading: "PUBLISHER", cell: ({ publisherId }) => printable(publisherId) || NONE },
  ],
  bridges: [
    { heading: "NAME", cell: ({ name }) => printable(name) },
    { heading: "STATE", cell: ({ state }) => state ?? NONE },
    number("MESSAGES", (row) => row.messages),
    { heading: "BYTES", align: right, cell: ({ bytes }) => formatBytes(bytes) },
    { heading: "LAG", align: right, cell: ({ lagMs }) => age(lagMs) },
    number("DELIVERED", (row) => row.delivered),
    number("DEAD LETTERS", (row) => row.deadLetters),
    number("DROPPED", ({ dropped }) => total(dropped)),
    { heading: "LAST ERROR", cell: ({ lastError }) => printable(lastError ?? NONE) },
  ],
};

function stateOf({ isConnected, isDurable }: Rows["sessions"]): string {
  if (!isConnected) return "away";
  return isDurable ? "connected" : "connected, not stored";
}

function expiryOf({ isConnected, isDurable, expiresInMs }: Rows["sessions"]): string {
  if (expiresInMs !== null) return formatAge(expiresInMs);
  return isConnected || !isDurable ? NONE : "never";
}

/** What `causeway inspect` shows without a subject. */
export function formatSummary(summary: Summary): string {
  const { version, problems, sessions, subscriptions, queues, largestQueue, retained, bridges } = summary;
  const lines: [string, string][] = [
    ["broker", version === null ? "not running: the folder was read" : `running, version ${version}`],
    ["health", problems.length === 0 ? "ok" : problems.map(printable).join("; ")],
    ["sessions", `${sessions.total} (${sessions.connected} connected, ${sessions.durable} stored)`],
    ["subscriptions", String(subscriptions)],
    ["queues", `${queues.count}, with ${queues.messages} messages, ${formatBytes(queues.bytes)}`],
    ["largest queue", largestQueue === null ? NONE : printable(largestQueue)],
    ["retained", `${retained.messages} messages, ${formatBytes(retained.bytes)}`],
    ["bridges", String(bridges)],
  ];
  return lines.map(([name, text]) => `${name.padEnd(15)}${text}`).join("\n");
}
