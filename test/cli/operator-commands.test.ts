import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/command.ts";
import { ExitCode } from "../../src/cli/exit-codes.ts";

const SOURCE = { file: "config/broker.yaml", set: [], data: undefined };

function parse(...argv: string[]): unknown {
  return parseArguments(argv, "1.2.3");
}

describe("commands over stored data", () => {
  it("inspect what the configuration names, a hundred rows, unless told otherwise", () => {
    expect(parse("inspect")).toEqual({
      kind: "inspect",
      source: SOURCE,
      subject: undefined,
      admin: undefined,
      filter: "",
      sort: undefined,
      limit: 100,
      isJson: false,
    });
    expect(
      parse(
        "inspect",
        "sessions",
        "--json",
        "--limit",
        "5",
        "--filter",
        "a/",
        "--sort",
        "age",
        "--admin",
        "http://x:1",
      ),
    ).toMatchObject({
      subject: "sessions",
      isJson: true,
      limit: 5,
      filter: "a/",
      sort: "age",
      admin: "http://x:1",
    });
  });

  it.each([["inspect"], ["export"], ["import", "x"], ["import", "aedes", "x"], ["doctor"]])(
    "%s %s takes --data, --config and --set, before and after its name",
    (...command) => {
      const source = { file: "my.yaml", set: ["data=d"], data: "folder" };

      expect(parse(...command, "--data", "folder", "--config", "my.yaml", "--set", "data=d")).toMatchObject({
        source,
      });
      expect(parse("--config", "my.yaml", "--set", "data=d", ...command, "--data", "folder")).toMatchObject({
        source,
      });
    },
  );

  it("export to standard output or a file", () => {
    expect(parse("export")).toEqual({ kind: "export", source: SOURCE, file: "-" });
    expect(parse("export", "x.jsonl")).toMatchObject({ file: "x.jsonl" });
  });

  it("import a file, or a folder of Aedes", () => {
    expect(parse("import", "-")).toEqual({ kind: "import", source: SOURCE, file: "-" });
    expect(parse("import", "./aedes")).toMatchObject({ kind: "import", file: "./aedes" });
    expect(parse("import", "aedes", "/srv/aedes", "--users", "u")).toEqual({
      kind: "import-aedes",
      source: SOURCE,
      path: "/srv/aedes",
      usersFile: "u",
    });
  });

  it("repair only when told to", () => {
    expect(parse("doctor")).toEqual({ kind: "doctor", source: SOURCE, mayRepair: false });
    expect(parse("doctor", "--repair")).toMatchObject({ mayRepair: true });
  });

  it.each([
    ["inspect", "everything"],
    ["inspect", "queues", "--sort", "name"],
    ["inspect", "queues", "--limit", "0"],
    ["inspect", "queues", "--limit", "many"],
    ["import"],
    ["import", "aedes"],
    ["export", "a", "b"],
    ["doctor", "--force"],
  ])("refuse %s %s", (...argv) => {
    expect(parse(...argv)).toMatchObject({ kind: "print", exitCode: ExitCode.Usage });
  });

  it("stand in the help, with the exit codes", () => {
    const { text } = parse("--help") as { text: string };

    for (const name of ["passwd", "inspect", "export", "import", "doctor"])
      expect(text).toContain(`  ${name} `);
    for (const code of Object.values(ExitCode)) expect(text).toMatch(new RegExp(`\\b${code} `));
  });
});
