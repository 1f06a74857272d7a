import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { readPassword } from "../../src/cli/read-password.ts";

function typed(
  text: string,
  isTTY: boolean,
): { input: NodeJS.ReadStream; output: NodeJS.WriteStream; shown: PassThrough } {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => input });
  const shown = new PassThrough();
  input.end(text);
  return { input: input as never, output: shown as never, shown };
}

it("takes the first line of a pipe, silently", async () => {
  const { input, output, shown } = typed("se cret\nmore\n", false);

  expect(await readPassword(input, output)).toBe("se cret");
  expect(shown.read()).toBeNull();
});

it("asks on a terminal and shows nothing of the answer", async () => {
  const { input, output, shown } = typed("secret\n", true);

  expect(await readPassword(input, output)).toBe("secret");
  expect(String(shown.read())).toBe("Password: \n");
});

it("is empty when nothing comes", async () => {
  const { input, output } = typed("", false);

  expect(await readPassword(input, output)).toBe("");
});
