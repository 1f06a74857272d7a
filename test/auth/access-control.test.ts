import { describe, expect, it } from "vitest";
import { AccessControl } from "../../src/auth/access-control.ts";
import { AclFile } from "../../src/auth/acl/acl-file.ts";
import { AnonymousPolicy } from "../../src/auth/anonymous-policy.ts";
import type { Authenticator, Credentials } from "../../src/auth/authenticator.ts";
import { temporaryFile } from "./temporary-file.ts";

const users: Authenticator = {
  authenticate: ({ username }) => ({ accepted: true, user: username ?? "" }),
};

function from(changes: Partial<Credentials>): Credentials {
  return { clientId: "c", username: undefined, password: undefined, isLoopback: false, ...changes };
}

describe("anonymous policy", () => {
  it.each([
    ["always", true, true],
    ["always", false, true],
    ["loopback", true, true],
    ["loopback", false, false],
    ["never", true, false],
    ["never", false, false],
  ] as const)("%s: a client with isLoopback %s is let in: %s", (access, isLoopback, accepted) => {
    const result = new AnonymousPolicy(access).authenticate(from({ isLoopback }));

    expect(result).toEqual(accepted ? { accepted, user: "" } : { accepted, reason: "notAuthorized" });
  });
});

describe("access control", () => {
  const anonymous = new AnonymousPolicy("loopback");

  it("asks the users about a client with a user name, wherever it comes from", async () => {
    const access = new AccessControl({ anonymous, users, acl: undefined });

    expect(await access.authenticate(from({ username: "u" }))).toEqual({ accepted: true, user: "u" });
  });

  it("takes an empty user name without a password for none, but not one with a password", async () => {
    const access = new AccessControl({ anonymous, users: undefined, acl: undefined });

    const empty = from({ username: "", isLoopback: true });
    expect(await access.authenticate(empty)).toEqual({ accepted: true, user: "" });
    expect(await access.authenticate({ ...empty, password: Buffer.from("x") })).toMatchObject({
      accepted: false,
    });
  });

  it("takes the user of a verified certificate, whatever user name and password are sent with it", async () => {
    const never = new AnonymousPolicy("never");
    const access = new AccessControl({ anonymous: never, users: undefined, acl: undefined });
    const user = "sensor 7";

    expect(await access.authenticate(from({ certificateUser: user }))).toEqual({ accepted: true, user });
    expect(await access.authenticate(from({ certificateUser: user, username: "admin" }))).toEqual({
      accepted: true,
      user,
    });
  });

  it("refuses user names when no users are configured", async () => {
    const access = new AccessControl({ anonymous, users: undefined, acl: undefined });

    expect(await access.authenticate(from({ username: "u", isLoopback: true }))).toEqual({
      accepted: false,
      reason: "badUserNameOrPassword",
    });
  });

  it("asks the users about methods of enhanced authentication", () => {
    const conversation = { next: () => ({ kind: "continue" as const, data: Buffer.alloc(0) }) };
    const exchange = (method: string) => (method === "m" ? conversation : undefined);
    const access = new AccessControl({ anonymous, users: { ...users, exchange }, acl: undefined });

    expect(access.exchange("m")).toBe(conversation);
    expect(access.exchange("n")).toBeUndefined();
    expect(new AccessControl({ anonymous, users, acl: undefined }).exchange("m")).toBeUndefined();
    expect(new AccessControl({ anonymous, users: undefined, acl: undefined }).exchange("m")).toBeUndefined();
  });

  it("permits every topic without an ACL file", () => {
    const access = new AccessControl({ anonymous, users, acl: undefined });
    const identity = { clientId: "c", user: "" };

    expect(access.hasRules).toBe(false);
    expect(access.mayPublish(identity, "a")).toBe(true);
    expect(access.maySubscribe(identity, "#")).toBe(true);
    expect(access.mayReceive(identity, "a")).toBe(true);
  });

  it("checks the filter inside a shared subscription", async () => {
    const acl = await AclFile.load(await temporaryFile("acl", "topic read a/#\n"));
    const access = new AccessControl({ anonymous, users, acl });
    const identity = { clientId: "c", user: "" };

    expect(access.hasRules).toBe(true);
    expect(access.maySubscribe(identity, "$share/group/a/b")).toBe(true);
    expect(access.maySubscribe(identity, "$share/a/b")).toBe(false);
  });
});
