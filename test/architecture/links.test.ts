import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readSource } from "./source-imports.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

it.each(pages)("%s links only to files that exist", (page) => {
  const targets = [...readSource(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");

  expect(targets.filter((target) => !existsSync(join(ROOT, page, "..", target)))).toEqual([]);
});
