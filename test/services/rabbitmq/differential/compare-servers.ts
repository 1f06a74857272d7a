import { subjects } from "./cases/all.ts";
import type { Server } from "./conversation.ts";
import { playCase, type Transcript } from "./play-case.ts";
import type { Case } from "./script.ts";
import type { Answer } from "./show-answer.ts";

/** How many cases are played at once; each has a virtual host of its own. */
export const VIRTUAL_HOSTS: readonly string[] = [
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
];

export interface NamedCase {
  /** Subject and name of the case. */
  readonly name: string;
  readonly script: Case;
}

const scripts: readonly NamedCase[] = Object.entries(subjects).flatMap(([subject, scripts]) =>
  scripts.map((script) => ({ name: `${subject}: ${script.name}`, script })),
);
/** Exchanges are another thing in the virtual host that MQTT topics are seen from. */
const inSightOfTopics: readonly NamedCase[] = (subjects["exchanges and bindings"] ?? []).map((script) => ({
  name: `exchanges and bindings beside MQTT: ${script.name}`,
  script,
}));

export const cases: readonly NamedCase[] = [...scripts, ...inSightOfTopics];

/** Plays all cases against one server; by name. */
export async function playAll(port: number): Promise<Map<string, Transcript>> {
  const waiting = [...scripts];
  const played = new Map<string, Transcript>();
  const playSome = async (server: Server, waiting: NamedCase[]): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      played.set(next.name, await playCase(server, next.script));
    }
  };
  await Promise.all([
    ...VIRTUAL_HOSTS.map((virtualHost) => playSome({ port, virtualHost }, waiting)),
    playSome({ port, virtualHost: "/" }, [...inSightOfTopics]),
  ]);
  return played;
}

/** What each server said that the other did not. */
export interface Difference {
  readonly rabbitmq: string;
  readonly causeway: string;
}

/** Undefined: they agree. */
export function differenceOf(rabbitmq: Transcript, causeway: Transcript): Difference | undefined {
  const streams = [...new Set([...Object.keys(rabbitmq), ...Object.keys(causeway)])].sort();
  const only: { rabbitmq: string[]; causeway: string[] } = { rabbitmq: [], causeway: [] };
  for (const stream of streams) {
    const [ofRabbitmq, ofCauseway] = [rabbitmq[stream] ?? [], causeway[stream] ?? []].map((all) =>
      all.map(brief),
    );
    const [one, other] = unlike(ofRabbitmq as string[], ofCauseway as string[]);
    only.rabbitmq.push(...one);
    only.causeway.push(...other);
  }
  if (only.rabbitmq.length + only.causeway.length === 0) return undefined;
  return { rabbitmq: only.rabbitmq.join("; ") || "nothing", causeway: only.causeway.join("; ") || "nothing" };
}

/** What is left of both lists without their common beginning and end. */
function unlike(one: readonly string[], other: readonly string[]): [string[], string[]] {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start++;
  let behind = 0;
  while (behind < shorter - start && one.at(-1 - behind) === other.at(-1 - behind)) behind++;
  return [one.slice(start, one.length - behind), other.slice(start, other.length - behind)];
}

type CloseField = "replyCode" | "replyText" | "classId" | "methodId";

/** One answer in one line, with all that is compared. */
function brief({ kind, ...fields }: Answer): string {
  if (kind !== "channel.close" && kind !== "connection.close") return `${kind} ${JSON.stringify(fields)}`;
  const { replyCode, replyText, classId, methodId } = fields as Record<CloseField, unknown>;
  return `${kind} ${replyCode} (${classId}.${methodId}) ${replyText}`;
}
