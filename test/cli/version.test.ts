import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readVersion } from "../../src/cli/version.ts";

it("shows the version of the package", () => {
  const packageFile = new URL("../../package.json", import.meta.url);

  expect(readVersion()).toBe(JSON.parse(readFileSync(packageFile, "utf8")).version);
});
