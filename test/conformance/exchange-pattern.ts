const TOKENS = /'([^']*)'|<(\w+)(?:!(\w+))?>|\*|\.\.|[()|]|(?:[0-9a-f]{2})+|\s+/gy;

/** Packet Identifiers that were seen, as four hexadecimal digits. */
export type Identifiers = Map<string, string>;

/** The bytes of a step, with the identifiers the server chose before. */
export function toBytes(notation: string, identifiers: Identifiers): Buffer {
  return Buffer.from(
    translate(notation, (name) => known(name, identifiers), notation),
    "hex",
  );
}

/** Whether a packet is as the notation says; remembers the identifiers that are new in it. */
export function matches(packet: Buffer, notation: string, identifiers: Identifiers): boolean {
  const source = translate(notation, (name, other) => group(name, other, identifiers));
  const match = new RegExp(`^(?:${source})$`).exec(packet.toString("hex"));
  if (match === null) return false;
  for (const [name, value] of Object.entries(match.groups ?? {})) identifiers.set(name, value);
  return true;
}

function translate(
  notation: string,
  identifier: (name: string, other: string | undefined) => string,
  literal?: string,
): string {
  let result = "";
  let end = 0;
  for (const match of notation.matchAll(TOKENS)) {
    const [token, text, name, other] = match;
    end += token.length;
    if (text !== undefined) result += Buffer.from(text, "latin1").toString("hex");
    else if (name !== undefined) result += identifier(name, other);
    else if (token.trim() !== "") result += literal === undefined ? wildcard(token) : token;
  }
  if (end !== notation.length) throw new Error(`not understood: ${notation.slice(end)}`);
  if (literal !== undefined && /[^0-9a-f]/.test(result))
    throw new Error(`only bytes can be sent: ${literal}`);
  return result;
}

function wildcard(token: string): string {
  if (token === "*") return "(?:[0-9a-f]{2})*";
  if (token === "..") return "[0-9a-f]{2}";
  return token === "(" ? "(?:" : token;
}

function group(name: string, other: string | undefined, identifiers: Identifiers): string {
  const value = identifiers.get(name);
  if (value !== undefined) return value;
  const differs = other === undefined ? "" : `(?!${known(other, identifiers)})`;
  return `(?<${name}>(?!0000)${differs}[0-9a-f]{4})`;
}

function known(name: string, identifiers: Identifiers): string {
  const value = identifiers.get(name);
  if (value === undefined) throw new Error(`<${name}> has not been seen`);
  return value;
}
