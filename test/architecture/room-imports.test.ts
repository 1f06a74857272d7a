import { describe, expect, it } from "vitest";
import { cyclesIn, objectionTo, roomOf } from "./room-rules.ts";
import { importsOf, readSource, sourceFiles } from "./source-imports.ts";

const files = sourceFiles("src", "bridges");
const imports = files.flatMap((file) => importsOf(file, readSource(file)));

describe("rooms", () => {
  it("hold every source file", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it("import only what the table allows", () => {
    expect(imports.map(objectionTo).filter((objection) => objection !== undefined)).toEqual([]);
  });

  it("have no cycles between files, types included", () => {
    expect(cyclesIn(imports)).toEqual([]);
  });
});

function objections(file: string, text: string): (string | undefined)[] {
  return importsOf(file, text).map(objectionTo);
}

describe("the import check", () => {
  it("refuses an import against the direction, also of a type", () => {
    const text = 'import type { X } from "../handlers/y.ts";';

    expect(objections("src/mqtt/codec/x.ts", text)).toEqual([
      "src/mqtt/codec/x.ts: mqtt/codec must not import mqtt/handlers",
    ]);
  });

  it("refuses a re-export and an import() against the direction", () => {
    const text = 'export { a } from "../state/a.ts"; export const b = () => import("../routing/b.ts");';

    expect(objections("src/auth/x.ts", text)).toEqual([
      "src/auth/x.ts: auth must not import state",
      "src/auth/x.ts: auth must not import routing",
    ]);
  });

  it("lets storage see types of state, and values of its records only", () => {
    const text = `import type { A } from "../../state/journal.ts";
      import { type B } from "../../state/queue.ts";
      import { c } from "../../state/records.ts";
      import { d } from "../../state/queue.ts";`;

    expect(objections("src/storage/level/x.ts", text)).toEqual([
      undefined,
      undefined,
      undefined,
      "src/storage/level/x.ts: storage/level may import only types of src/state/queue.ts",
    ]);
  });

  it("keeps bridge kinds apart, and compose from loading them unasked", () => {
    expect(objections("bridges/kafka/x.ts", 'import { y } from "../amqp/y.ts";')).toEqual([
      "bridges/kafka/x.ts: bridges/kafka must not import bridges/amqp",
    ]);
    expect(objections("src/compose.ts", 'import { y } from "../bridges/amqp/y.ts";')).toEqual([
      "src/compose.ts: bridges/amqp/y.ts must be loaded with import()",
    ]);
    expect(objections("src/compose.ts", 'const y = import("../bridges/amqp/y.ts");')).toEqual([undefined]);
  });

  it("keeps a package in its room", () => {
    expect(objections("src/routing/x.ts", 'import { Kafka } from "kafkajs";')).toEqual([
      "src/routing/x.ts: only bridges/kafka may import kafkajs",
    ]);
  });

  it("finds a file outside every room", () => {
    expect(objections("src/utils/x.ts", 'import "node:fs";')).toEqual(["src/utils/x.ts: stands in no room"]);
  });

  it("finds a cycle of types", () => {
    const a = importsOf("src/base/a.ts", 'import type { B } from "./b.ts";');
    const b = importsOf("src/base/b.ts", 'import type { A } from "./a.ts";');

    expect(cyclesIn([...a, ...b])).toEqual(["src/base/a.ts -> src/base/b.ts -> src/base/a.ts"]);
  });
});
