import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { AclFile } from "../../../src/auth/acl/acl-file.ts";
import { parseAcl } from "../../../src/auth/acl/acl-parser.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { temporaryFile } from "../temporary-file.ts";

const ANONYMOUS = { clientId: "c1", user: "" };
const ALICE = { clientId: "c2", user: "alice" };
const BOB = { clientId: "c3", user: "bob" };

async function anAcl(text: string): Promise<AclFile> {
  return AclFile.load(await temporaryFile("acl", text));
}

describe("ACL file", () => {
  it("applies the lines before the first user to anonymous clients only", async () => {
    const acl = await anAcl("topic read public/#\nuser alice\ntopic private/#\n");

    expect(acl.mayReceive(ANONYMOUS, "public/a")).toBe(true);
    expect(acl.mayReceive(ALICE, "public/a")).toBe(false);
    expect(acl.mayReceive(ALICE, "private/a")).toBe(true);
    expect(acl.mayReceive(ANONYMOUS, "private/a")).toBe(false);
  });

  it("denies what nothing permits", async () => {
    const acl = await anAcl("");

    expect(acl.mayPublish(ALICE, "a")).toBe(false);
    expect(acl.mayReceive(ALICE, "a")).toBe(false);
    expect(acl.maySubscribe(ALICE, "#")).toBe(false);
  });

  it("tells reading from writing; without a word both are permitted", async () => {
    const acl = await anAcl("topic read r\ntopic write w\ntopic readwrite rw\ntopic both\n");

    expect(["r", "w", "rw", "both"].map((topic) => acl.mayReceive(ANONYMOUS, topic))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(["r", "w", "rw", "both"].map((topic) => acl.mayPublish(ANONYMOUS, topic))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(["r", "w", "rw", "both"].map((topic) => acl.maySubscribe(ANONYMOUS, topic))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it("lets a denial win over a grant, whatever their order", async () => {
    const acl = await anAcl("topic readwrite a/#\ntopic deny a/secret/#\n");

    expect(acl.mayReceive(ANONYMOUS, "a/open")).toBe(true);
    expect(acl.mayReceive(ANONYMOUS, "a/secret/x")).toBe(false);
    expect(acl.mayPublish(ANONYMOUS, "a/secret")).toBe(false);
  });

  it("lets a user's own grant win over a denying pattern, as Mosquitto does", async () => {
    const acl = await anAcl("user alice\ntopic read logs/#\npattern deny logs/%u\npattern read logs/#\n");

    expect(acl.mayReceive(ALICE, "logs/alice")).toBe(true);
    expect(acl.mayReceive(BOB, "logs/bob")).toBe(false);
    expect(acl.mayReceive(BOB, "logs/alice")).toBe(true);
  });

  it("puts client id and user into patterns", async () => {
    const acl = await anAcl(
      "pattern write devices/%c/up\npattern read users/%u/#\npattern readwrite x/%u-%c\n",
    );

    expect(acl.mayPublish(ALICE, "devices/c2/up")).toBe(true);
    expect(acl.mayPublish(ALICE, "devices/c3/up")).toBe(false);
    expect(acl.mayReceive(ALICE, "users/alice/inbox")).toBe(true);
    expect(acl.mayReceive(BOB, "users/alice/inbox")).toBe(false);
    expect(acl.mayPublish(ALICE, "x/alice-c2")).toBe(true);
  });

  it("does not apply patterns with %u to anonymous clients", async () => {
    const acl = await anAcl("pattern users/%u/#\npattern devices/%c/#\n");

    expect(acl.mayReceive(ANONYMOUS, "users//x")).toBe(false);
    expect(acl.mayReceive(ANONYMOUS, "devices/c1/x")).toBe(true);
  });

  it.each(["+", "#", "a/b", "$SYS", "a+", "#/x"])(
    "never lets the name %j widen a pattern (CVE-2017-7650)",
    async (name) => {
      const acl = await anAcl("pattern %c/#\npattern u/%u/#\n");

      for (const identity of [
        { clientId: name, user: "alice" },
        { clientId: "c2", user: name },
      ]) {
        for (const topic of ["x/y", "u/other/x", "a/b/x", "$SYS/x", `${name}/x`, `u/${name}/x`]) {
          expect(acl.mayReceive(identity, topic)).toBe(false);
          expect(acl.mayPublish(identity, topic)).toBe(false);
        }
        expect(acl.maySubscribe(identity, "#")).toBe(false);
      }
    },
  );

  it("puts names in literally: no mark inside a name is replaced", async () => {
    const acl = await anAcl("pattern d/%c/x\n");

    expect(acl.mayPublish({ clientId: "%u", user: "bob" }, "d/bob/x")).toBe(false);
    expect(acl.mayPublish({ clientId: "%u", user: "bob" }, "d/%u/x")).toBe(true);
    expect(acl.mayPublish({ clientId: "$&", user: "bob" }, "d/%c/x")).toBe(false);
  });

  it("keeps a name with a slash out of patterns without harming the user's own lines", async () => {
    const acl = await anAcl("user a/b\ntopic own/#\npattern u/%u/#\n");

    expect(acl.mayPublish({ clientId: "c", user: "a/b" }, "own/x")).toBe(true);
    expect(acl.mayPublish({ clientId: "c", user: "a/b" }, "u/a/b")).toBe(false);
  });

  it("never lets a wildcard reach topics that begin with $ [MQTT-4.7.2-1]", async () => {
    const acl = await anAcl("topic read #\n");

    expect(acl.mayReceive(ANONYMOUS, "$SYS/broker/uptime")).toBe(false);
    expect(acl.maySubscribe(ANONYMOUS, "$SYS/#")).toBe(false);
  });

  it("accepts a subscription wider than the grant and then passes on only what may be read", async () => {
    const acl = await anAcl("topic read sensors/+/temperature\ntopic deny sensors/attic/#\n");

    expect(acl.maySubscribe(ANONYMOUS, "#")).toBe(true);
    expect(acl.maySubscribe(ANONYMOUS, "sensors/attic/temperature")).toBe(false);
    expect(acl.maySubscribe(ANONYMOUS, "other/#")).toBe(false);
    expect(acl.mayReceive(ANONYMOUS, "sensors/hall/temperature")).toBe(true);
    expect(acl.mayReceive(ANONYMOUS, "sensors/attic/temperature")).toBe(false);
  });

  it("is in force at once when it is read again", async () => {
    const path = await temporaryFile("acl", "topic a\n");
    const acl = await AclFile.load(path);
    const before = acl.mayPublish(ANONYMOUS, "a");
    await writeFile(path, "topic b\n");

    await acl.reload();

    expect([before, acl.mayPublish(ANONYMOUS, "a"), acl.mayPublish(ANONYMOUS, "b")]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("keeps what it knew when the changed file is broken", async () => {
    const path = await temporaryFile("acl", "topic a\n");
    const acl = await AclFile.load(path);
    await writeFile(path, "topic b\ntopic\n");

    await expect(acl.reload()).rejects.toThrow(ConfigError);

    expect([acl.mayPublish(ANONYMOUS, "a"), acl.mayPublish(ANONYMOUS, "b")]).toEqual([true, false]);
  });

  it("names a file that is not there", async () => {
    await expect(AclFile.load("/nowhere/acl")).rejects.toThrow(/^\/nowhere\/acl cannot be read: /);
  });
});

describe("ACL parser", () => {
  it("reads comments, blank lines, Windows line ends and topics with spaces", () => {
    const rules = parseAcl(
      "# all\r\n\r\nuser  ann lee \r\ntopic read my topic/#\r\nuser bob\ntopic x\nuser ann lee\ntopic y",
      "acl",
    );

    expect(rules.anonymous).toEqual([]);
    expect(rules.users.get("ann lee")).toEqual([
      { access: "read", topicFilter: "my topic/#" },
      { access: "readwrite", topicFilter: "y" },
    ]);
  });

  it.each([
    ["topic", "the topic is missing"],
    ["pattern ", "the topic is missing"],
    ["user", "the user name is missing"],
    ["topic my topic", 'expected read, write, readwrite or deny, found "my"'],
    ["topic read a/#/b", '"a/#/b" is not a topic filter'],
    ["pattern read a/%c+", '"a/%c+" is not a topic filter'],
    ["allow all", 'expected user, topic or pattern, found "allow"'],
  ])("names file and line of %j", (line, expected) => {
    expect(() => parseAcl(`# rules\n${line}\n`, "acl")).toThrow(new ConfigError(`acl:2: ${expected}`));
  });
});
