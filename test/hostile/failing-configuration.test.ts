import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { hashPassword } from "../../src/auth/password-hash.ts";
import { temporaryFile } from "../auth/temporary-file.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { aPublish, tcpClient } from "../support/raw-client.ts";
import { runBroker } from "../support/run-broker.ts";

const PATIENCE = { timeout: 15_000, interval: 50 };
const LISTENERS = [{ type: "tcp" }];
const ACCEPTED = 0;
const BAD_USER_NAME_OR_PASSWORD = 0x86;
const NOT_AUTHORIZED = 0x87;
/** Of util-linux; takes the file descriptors from a broker that runs. */
const PRLIMIT = "/usr/bin/prlimit";

const GOOD_ACL = "user anna\ntopic readwrite annas/#\n";
const goodUsers = async (): Promise<string> => `anna:${await hashPassword("right", 1)}\n`;

/** What puts something in the place of a good file. */
type Spoil = (path: string) => Promise<unknown>;
const holding =
  (text: string): Spoil =>
  (path) =>
    writeFile(path, text);
const missing: Spoil = (path) => rm(path);
const aFolder: Spoil = async (path) => {
  await rm(path);
  await mkdir(path);
};

const BROKEN_USERS: readonly [string, Spoil][] = [
  ["is missing", missing],
  ["is a folder", aFolder],
  ["has a user without a hash", holding("anna\n")],
  ["has a user with a blank hash", holding("anna:\n")],
  ["has a hash without a user", holding(":$7$1$c2FsdA==$aGFzaA==\n")],
  ["has a password in clear", holding("anna:right\n")],
  ["has a truncated hash", holding("anna:$7$1$c2FsdA==$aGFz\n")],
  ["is broken in its last line", async (path) => writeFile(path, `${await goodUsers()}bob:\n`)],
];
const BROKEN_RULES: readonly [string, Spoil][] = [
  ["is missing", missing],
  ["is a folder", aFolder],
  ["has an unknown keyword", holding("allow #\n")],
  ["has a rule without a topic", holding("user anna\ntopic read\ntopic\n")],
  ["has a rule that is no topic filter", holding("topic readwrite a/#/b\n")],
  ["has a user without a name", holding("user\ntopic readwrite #\n")],
  ["is broken in its last line", holding(`${GOOD_ACL}topic everything #\n`)],
];

interface Files {
  readonly passwordFile: string;
  readonly aclFile: string;
}

async function goodFiles(): Promise<Files> {
  const passwordFile = await temporaryFile("passwords", await goodUsers());
  const aclFile = join(dirname(passwordFile), "acl");
  await writeFile(aclFile, GOOD_ACL);
  return { passwordFile, aclFile };
}

async function started(files: Files): Promise<BrokerProcess> {
  const broker = await startBroker({
    config: { listeners: LISTENERS, auth: { anonymous: "never", ...files } },
  });
  onTestFinished(() => broker.dispose());
  return broker;
}

/** Asks a broker to read its files again; resolves when it has said what came of both. */
async function reloaded(broker: BrokerProcess): Promise<void> {
  const outcomes = (): number => broker.output().match(/(password|ACL) file (not )?reloaded/g)?.length ?? 0;
  const before = outcomes();
  process.kill(broker.pid, "SIGHUP");
  await vi.waitFor(() => expect(outcomes()).toBe(before + 2), PATIENCE);
}

async function login(broker: BrokerProcess, username?: string, password?: string): Promise<number> {
  const client = await tcpClient(broker.tcpPort);
  const credentials = { username, password: password === undefined ? undefined : Buffer.from(password) };
  const { reasonCode } = await client.connect(credentials);
  await client.hangUp();
  return reasonCode as number;
}

/** What anna may do: reason codes of SUBSCRIBE and PUBLISH within her topics, then outside of them. */
async function permissionsOfAnna(broker: BrokerProcess): Promise<readonly unknown[]> {
  const client = await tcpClient(broker.tcpPort);
  await client.connect({ username: "anna", password: Buffer.from("right") });
  const codes: unknown[] = [];
  for (const [n, topic] of ["annas/x", "others/x"].entries()) {
    codes.push(...(await client.subscribe(topic)).granted);
    client.send(aPublish({ topic, qos: 1, messageId: n + 1 }));
    const answers = await client.ping();
    const puback = answers.find(({ cmd }) => cmd === "puback");
    codes.push(puback !== undefined && "reasonCode" in puback && isRefusal(puback.reasonCode));
  }
  await client.hangUp();
  return codes;
}

const isRefusal = (reasonCode: unknown): boolean => typeof reasonCode === "number" && reasonCode >= 0x80;
const HER_OWN_ONLY = [ACCEPTED, false, NOT_AUTHORIZED, true];
const NOTHING = [NOT_AUTHORIZED, true, NOT_AUTHORIZED, true];

async function expectTheGoodFilesInForce(broker: BrokerProcess): Promise<void> {
  expect(await login(broker, "anna", "right")).toBe(ACCEPTED);
  expect(await login(broker, "anna", "wrong")).toBe(BAD_USER_NAME_OR_PASSWORD);
  expect(await login(broker, "bob", "")).toBe(BAD_USER_NAME_OR_PASSWORD);
  expect(await login(broker)).toBe(NOT_AUTHORIZED);
  expect(await permissionsOfAnna(broker)).toEqual(HER_OWN_ONLY);
}

describe("a broker that starts with a file it cannot use", () => {
  async function start(files: Files): ReturnType<typeof runBroker> {
    const yaml = {
      listeners: [{ type: "tcp", bind: "127.0.0.1:0" }],
      auth: { anonymous: "always", ...files },
    };
    return runBroker(JSON.stringify(yaml));
  }

  // CVE-2018-12551: a password line that is not understood lets somebody in
  it.each(BROKEN_USERS)("does not start: a password file that %s", async (_, spoil) => {
    const files = await goodFiles();
    await spoil(files.passwordFile);

    const { exitCode, output } = await start(files);

    expect(output).toContain(files.passwordFile);
    expect(output).not.toContain("listening on");
    expect(exitCode).toBe(78);
  });

  it.each(BROKEN_RULES)("does not start: an ACL file that %s", async (_, spoil) => {
    const files = await goodFiles();
    await spoil(files.aclFile);

    const { exitCode, output } = await start(files);

    expect(output).toContain(files.aclFile);
    expect(output).not.toContain("listening on");
    expect(exitCode).toBe(78);
  });
});

describe("a configuration key that every object has", () => {
  // GHSA-52qw-whmv-87c5
  it.each([
    ["__proto__: { data: elsewhere }", "unknown key __proto__"],
    ["mqtt: { __proto__: { receiveMaximum: 5 } }", "unknown key mqtt.__proto__"],
    ["constructor: { prototype: { data: elsewhere } }", "unknown key constructor"],
  ])("is as unknown as any other: %s", async (yaml, message) => {
    const { exitCode, output } = await runBroker(yaml);

    expect(output).toContain(message);
    expect(exitCode).toBe(78);
  });

  it.each(["__proto__.data", "mqtt.__proto__.receiveMaximum", "constructor.prototype.data"])(
    "is as unknown in an argument: %s",
    async (key) => {
      const { exitCode, output } = await runBroker("{}", ["--set", `${key}=5`]);

      expect(output).toContain(`--set ${key}: no such key`);
      expect(exitCode).toBe(78);
    },
  );
});

describe("a file that says nothing", () => {
  // CVE-2018-12550: an empty ACL file permits everything
  it.each(["", "\n\n", "# nothing\n", "user anna\n"])("permits nothing as ACL file: %j", async (rules) => {
    const files = await goodFiles();
    await writeFile(files.aclFile, rules);
    const broker = await started(files);

    expect(await permissionsOfAnna(broker)).toEqual(NOTHING);
  });

  it.each(["", "\n \n\n", "# nobody\n"])("lets nobody in as password file: %j", async (users) => {
    const files = await goodFiles();
    await writeFile(files.passwordFile, users);
    const broker = await started(files);

    expect(await login(broker, "anna", "right")).toBe(BAD_USER_NAME_OR_PASSWORD);
    expect(await login(broker, "anna", "")).toBe(BAD_USER_NAME_OR_PASSWORD);
    expect(await login(broker, "", "x")).toBe(BAD_USER_NAME_OR_PASSWORD);
    expect(await login(broker, "anna")).toBe(BAD_USER_NAME_OR_PASSWORD);
    expect(await login(broker, "")).toBe(NOT_AUTHORIZED);
    expect(await login(broker)).toBe(NOT_AUTHORIZED);
  });

  it("takes away what was permitted when it takes a good file's place and the broker gets SIGHUP", async () => {
    const files = await goodFiles();
    const broker = await started(files);

    await writeFile(files.aclFile, "");
    await reloaded(broker);
    expect(await permissionsOfAnna(broker)).toEqual(NOTHING);

    await writeFile(files.passwordFile, "");
    await reloaded(broker);
    expect(await login(broker, "anna", "right")).toBe(BAD_USER_NAME_OR_PASSWORD);
    expect(await login(broker)).toBe(NOT_AUTHORIZED);
  });
});

describe("a broker that gets SIGHUP while its files cannot be used", () => {
  it("keeps the last good password file, however it was spoilt", async () => {
    const files = await goodFiles();
    const broker = await started(files);
    for (const [how, spoil] of BROKEN_USERS) {
      await spoil(files.passwordFile);
      await reloaded(broker);
      expect(broker.output().split("\n").at(-3), how).toContain("password file not reloaded");
      await expectTheGoodFilesInForce(broker);
      await rm(files.passwordFile, { recursive: true, force: true });
      await writeFile(files.passwordFile, await goodUsers());
    }

    await writeFile(files.passwordFile, `bob:${await hashPassword("new", 1)}\n`);
    await reloaded(broker);
    expect(await login(broker, "bob", "new")).toBe(ACCEPTED);
    expect(await login(broker, "anna", "right")).toBe(BAD_USER_NAME_OR_PASSWORD);
  });

  it("keeps the last good ACL file, however it was spoilt", async () => {
    const files = await goodFiles();
    const broker = await started(files);
    for (const [how, spoil] of BROKEN_RULES) {
      await spoil(files.aclFile);
      await reloaded(broker);
      expect(broker.output().trimEnd().split("\n").at(-1), how).toContain("ACL file not reloaded");
      await expectTheGoodFilesInForce(broker);
      await rm(files.aclFile, { recursive: true, force: true });
      await writeFile(files.aclFile, GOOD_ACL);
    }
  });

  // CVE-2017-7652: a reload without file descriptors left no rules at all
  it.skipIf(!existsSync(PRLIMIT))("keeps them when it has no file descriptor left to read with", async () => {
    const broker = await started(await goodFiles());
    const pid = String(broker.pid);
    const [, hard] = execFileSync(PRLIMIT, [
      "--pid",
      pid,
      "--nofile",
      "--noheadings",
      "--raw",
      "-o",
      "SOFT,HARD",
    ])
      .toString()
      .trim()
      .split(" ");

    execFileSync(PRLIMIT, ["--pid", pid, `--nofile=3:${hard}`]);
    await reloaded(broker);
    execFileSync(PRLIMIT, ["--pid", pid, `--nofile=${hard}:${hard}`]);

    expect(broker.output().match(/file not reloaded.*EMFILE/g)).toHaveLength(2);
    await expectTheGoodFilesInForce(broker);
  });
});
