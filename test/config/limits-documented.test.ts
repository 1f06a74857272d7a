import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { brokerConfigSchema } from "../../src/config/broker-config.ts";
import { limitsSection } from "../../src/config/sections/limits.ts";
import { sessionsSection } from "../../src/config/sections/sessions.ts";

const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
/** `section.key` in backquotes, as the page names keys. */
const named = [...page.matchAll(/`(\w+)\.(\w+)(?:: \w+)?`/g)].map(([, section, key]) => `${section}.${key}`);

function keysOf(section: string, shape: object): string[] {
  return Object.keys(shape).map((key) => `${section}.${key}`);
}

describe("docs/limits.md", () => {
  it("names every key of limits: and sessions:", () => {
    const keys = [...keysOf("limits", limitsSection.shape), ...keysOf("sessions", sessionsSection.shape)];
    const withoutSection = (key: string): string => key.slice(key.indexOf(".") + 1);

    const missing = keys.filter((key) => !named.includes(key) && !page.includes(`\`${withoutSection(key)}`));

    expect(missing).toEqual([]);
  });

  it("names no key of these sections that does not exist", () => {
    const config = brokerConfigSchema.parse({}) as unknown as Record<string, object>;
    const sections = ["limits", "sessions", "mqtt", "storage"];

    const unknown = named.filter((name) => {
      const [section, key] = name.split(".") as [string, string];
      return sections.includes(section) && !(key in (config[section] as object));
    });

    expect(unknown).toEqual([]);
  });

  it("says what each value of sessions.whenFull does, and the default first", () => {
    const rows = [...page.matchAll(/^\| `(\w+)`( \(default\))? \| (?:keeps|gives)/gm)];

    const values = sessionsSection.shape.whenFull.unwrap().options;
    expect(rows.map(([, value]) => value)).toEqual(values);
    expect(rows.filter(([, , isDefault]) => isDefault !== undefined).map(([, value]) => value)).toEqual([
      sessionsSection.parse({}).whenFull,
    ]);
  });
});
