import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** A line of standard input; what is typed on a terminal is not shown. */
export async function readPassword(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  const isTyped = input.isTTY === true;
  if (isTyped) output.write("Password: ");
  const reader = createInterface({ input, output: nowhere(), terminal: isTyped });
  try {
    for await (const line of reader) return line;
    return "";
  } finally {
    reader.close();
    if (isTyped) output.write("\n");
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
