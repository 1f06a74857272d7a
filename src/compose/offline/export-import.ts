import { rmSync } from "node:fs";
import { InputError } from "../../base/errors.ts";
import type { StateStore } from "../../state/store.ts";
import { type ExportReport, exportState } from "./export-state.ts";
import { StateImport } from "./import-state.ts";
import { LineWriter, type NumberedLine, readLines, STANDARD } from "./line-files.ts";
import { fillNewStore } from "./new-store.ts";
import { parseLine } from "./parse-line.ts";
import { explainLock, readOnlyStore } from "./stored-folder.ts";

const STOP_IT = "stop it first";

/** `causeway export`: all that a folder holds, into a new file or to standard output. */
export async function exportFolder(folder: string, file: string): Promise<ExportReport> {
  const store = readOnlyStore(folder);
  let writer: LineWriter | undefined;
  const write = (line: string): void => {
    writer ??= new LineWriter(file); // once the store is there
    writer.write(line);
  };
  try {
    const report = await explainLock(folder, STOP_IT, () => exportState(store, write));
    writer?.close();
    return report;
  } catch (error) {
    if (writer !== undefined && file !== STANDARD) rmSync(file, { force: true });
    throw error;
  } finally {
    await store.close();
  }
}

/** `causeway import`: fills a folder from such a file. Resolves with the number of records. */
export async function importFile(folder: string, file: string): Promise<number> {
  return explainLock(folder, STOP_IT, () =>
    fillNewStore(folder, (store) => importLines(readLines(file), store)),
  );
}

/** Lines from header to end into an empty store; throws an InputError for the first that is wrong. */
export async function importLines(lines: AsyncIterable<NumberedLine>, store: StateStore): Promise<number> {
  const importing = new StateImport(store);
  let records = -1; // the header is none
  let hasEnded = false;
  let last = "";
  for await (const { text, place } of lines) {
    const line = parseLine(text, place);
    last = place;
    if (hasEnded) throw new InputError(`${place}: type: nothing comes after the end`);
    if ((line.type === "header") !== (records === -1)) {
      throw new InputError(`${place}: type: the header is the first line, and no other`);
    }
    if (line.type === "end") {
      if (line.records !== records) {
        throw new InputError(`${place}: records: ${line.records} were written, ${records} are here`);
      }
      hasEnded = true;
    } else {
      await importing.take(line, place);
      records++;
    }
  }
  if (!hasEnded)
    throw new InputError(`${last || "the input"}: the file was cut off: its last line is no end`);
  await importing.commit();
  return records;
}
