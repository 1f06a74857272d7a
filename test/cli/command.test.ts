import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/command.ts";
import { ExitCode } from "../../src/cli/exit-codes.ts";

describe("arguments", () => {
  it("run the broker with config/broker.yaml when there are none", () => {
    expect(parseArguments([], "1.2.3")).toEqual({ kind: "run", file: "config/broker.yaml", set: [] });
  });

  it("name a file and gather every --set in order", () => {
    const argv = ["--config", "my.yaml", "--set", "data=/tmp/a", "--set=mqtt.maximumQoS=1"];

    expect(parseArguments(argv, "1.2.3")).toEqual({
      kind: "run",
      file: "my.yaml",
      set: ["data=/tmp/a", "mqtt.maximumQoS=1"],
    });
  });

  it("share nothing between two readings", () => {
    parseArguments(["--set", "a=1"], "1.2.3");

    expect(parseArguments([], "1.2.3")).toMatchObject({ set: [] });
  });

  it("ask for a check", () => {
    expect(parseArguments(["--check"], "1.2.3")).toMatchObject({ kind: "check" });
  });

  it("name a password file and a user", () => {
    expect(parseArguments(["passwd", "users", "anna"], "1.2.3")).toEqual({
      kind: "passwd",
      passwordFile: "users",
      user: "anna",
      isForScram: false,
    });
  });

  it("ask for a password that serves SCRAM", () => {
    expect(parseArguments(["passwd", "--scram", "users", "anna"], "1.2.3")).toMatchObject({
      user: "anna",
      isForScram: true,
    });
  });

  it("show the version and the help", () => {
    expect(parseArguments(["--version"], "1.2.3")).toEqual({
      kind: "print",
      text: "1.2.3",
      exitCode: ExitCode.Ok,
    });
    expect(parseArguments(["--help"], "1.2.3")).toMatchObject({
      kind: "print",
      text: expect.stringContaining("--set <path.to.key=value>"),
      exitCode: ExitCode.Ok,
    });
  });

  it.each([[["--chekc"]], [["--config"]], [["extra"]], [["passwd", "users"]]])(
    "refuse %j as a usage error",
    (argv) => {
      expect(parseArguments(argv, "1.2.3")).toMatchObject({
        kind: "print",
        text: expect.stringMatching(/^error: /),
        exitCode: ExitCode.Usage,
      });
    },
  );
});
