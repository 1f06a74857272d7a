import type { Import } from "./source-imports.ts";

const BASE = "src/base";

/** What each room may import beside itself; ARCHITECTURE.md says why. A file belongs to the longest name that fits. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "src/base": [],
  "src/mqtt": [BASE],
  "src/mqtt/codec": [BASE, "src/mqtt"],
  "src/mqtt/session": [BASE, "src/mqtt", "src/mqtt/codec"],
  "src/mqtt/handlers": [BASE, "src/mqtt", "src/mqtt/codec", "src/mqtt/session"],
  "src/mqtt/connection": [BASE, "src/mqtt", "src/mqtt/codec", "src/mqtt/session", "src/mqtt/handlers"],
  "src/amqp": [BASE],
  "src/amqp/codec": [BASE],
  "src/amqp/mapping": [BASE, "src/amqp", "src/amqp/codec"],
  "src/amqp/channel": [BASE, "src/amqp", "src/amqp/codec", "src/amqp/mapping"],
  "src/amqp/handlers": [BASE, "src/amqp", "src/amqp/codec", "src/amqp/mapping", "src/amqp/channel"],
  "src/amqp/connection": [BASE, "src/amqp", "src/amqp/codec", "src/amqp/channel", "src/amqp/handlers"],
  "src/state": [BASE],
  "src/routing": [BASE],
  "src/queues": [BASE],
  "src/storage": [BASE, "src/state"],
  "src/storage/level": [BASE, "src/state", "src/storage"],
  "src/storage/memory": [BASE, "src/state", "src/storage"],
  "src/transports": [BASE],
  "src/auth": [BASE],
  "src/metrics": [BASE],
  "src/admin": [BASE],
  "src/config": [BASE],
  "src/cli": [BASE],
  bridges: [BASE],
  "bridges/kafka": [BASE, "bridges"],
  "bridges/amqp": [BASE, "bridges"],
  // reads folders of Aedes; only loaded for that.
  "src/compose/offline/aedes": [BASE, "src/state", "src/compose"],
  // auth for `causeway passwd`, which needs no broker.
  "src/main.ts": [BASE, "src/config", "src/cli", "src/compose", "src/auth"],
};

/** The only room that sees every other one. */
const COMPOSE = "src/compose";

/** Storage knows the shape of what it stores, not the state machine: types, and the values of this file. */
const STATE_VALUES = "src/state/records.ts";

/** Packages that one room hides from all others. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "mqtt-packet": ["src/mqtt/codec"],
  "classic-level": ["src/storage/level", "src/compose/offline/aedes"],
  "aedes-persistence-level": ["src/compose/offline/aedes"],
  ws: ["src/transports"],
  fastify: ["src/admin"],
  "prom-client": ["src/metrics"],
  zod: ["src/config"],
  yaml: ["src/config"],
  commander: ["src/cli"],
  pino: ["src/cli"],
  "pino-pretty": ["src/cli"],
  kafkajs: ["bridges/kafka"],
  amqplib: ["bridges/amqp"],
};

/** The room of a file; undefined when it stands in none. */
export function roomOf(file: string): string | undefined {
  const rooms = [...Object.keys(ROOMS), COMPOSE];
  return rooms
    .filter((room) => file === room || file === `${room}.ts` || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Why an import is forbidden; undefined when it is not. */
export function objectionTo(found: Import): string | undefined {
  const room = roomOf(found.from);
  if (room === undefined) return `${found.from}: stands in no room`;
  if (!found.isOurs) return objectionToPackage(found, room);
  const target = roomOf(found.to);
  if (target === undefined) return `${found.from}: ${found.to} stands in no room`;
  if (target === room) return undefined;
  if (room === COMPOSE) return objectionToLoading(found, target);
  if (!ROOMS[room]?.includes(target)) return `${found.from}: ${short(room)} must not import ${short(target)}`;
  if (
    room.startsWith("src/storage") &&
    target === "src/state" &&
    !found.isTypeOnly &&
    found.to !== STATE_VALUES
  ) {
    return `${found.from}: ${short(room)} may import only types of ${found.to}`;
  }
  return undefined;
}

/** Client libraries of bridges are loaded only when a bridge is configured, Aedes' persistence for its import. */
function objectionToLoading({ from, to, isTypeOnly, isDynamic }: Import, target: string): string | undefined {
  const isLoadedLate = target.startsWith("bridges/") || target === "src/compose/offline/aedes";
  if (!isLoadedLate || isTypeOnly || isDynamic) return undefined;
  return `${from}: ${to} must be loaded with import()`;
}

function objectionToPackage({ from, to }: Import, room: string): string | undefined {
  const owners = PACKAGES[to];
  if (owners === undefined || owners.includes(room)) return undefined;
  return `${from}: only ${owners.map(short).join(", ")} may import ${to}`;
}

function short(room: string): string {
  return room.replace(/^src\//, "");
}

/** Files that import each other in a circle, types included; one line per circle found. */
export function cyclesIn(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to, isOurs } of imports) {
    if (isOurs) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.push([...trail.slice(start), file].join(" -> "));
    if (start >= 0 || finished.has(file)) return;
    for (const to of targets.get(file) ?? []) visit(to, [...trail, file]);
    finished.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return cycles;
}
