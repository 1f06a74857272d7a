import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { AccessControl } from "../../src/auth/access-control.ts";
import { AclFile } from "../../src/auth/acl/acl-file.ts";
import type { Authorization, MqttOptions } from "../../src/mqtt/ports.ts";
import { temporaryFile } from "../auth/temporary-file.ts";
import { aPublish, type ConnectOptions } from "../support/raw-client.ts";
import { lasting, TestBroker } from "../support/test-broker.ts";

const REASON = { notAuthorized: 0x87, filterInvalid: 0x8f } as const;

/** Every user name is believed; what it may do is in the ACL file. */
async function guarded(
  rules: string,
  options: Partial<MqttOptions> = {},
): Promise<{ broker: TestBroker; change(rules: string): Promise<void> }> {
  const path = await temporaryFile("acl", rules);
  const acl = await AclFile.load(path);
  const believed = {
    authenticate: ({ username }: { readonly username: string | undefined }) =>
      ({ accepted: true, user: username ?? "" }) as const,
  };
  const control = new AccessControl({ anonymous: believed, users: believed, acl });
  const authorization: Partial<Authorization> = {
    hasRules: true,
    authenticate: (credentials) => control.authenticate(credentials),
    mayPublish: (identity, topicName) => control.mayPublish(identity, topicName),
    maySubscribe: (identity, topicFilter) => control.maySubscribe(identity, topicFilter),
    mayReceive: (identity, topicName) => control.mayReceive(identity, topicName),
  };
  const change = async (changed: string): Promise<void> => {
    await writeFile(path, changed);
    await acl.reload();
  };
  return { broker: await TestBroker.open({ authorization, options }), change };
}

const as = (username: string, clientId = username, more: ConnectOptions = {}): ConnectOptions => ({
  clientId,
  username,
  ...more,
});

describe("an identity that is a wildcard or an expression", () => {
  const rules = "pattern readwrite own/%c/#\npattern readwrite user/%u/#\n";

  // CVE-2017-7650, CVE-2026-44838
  it.each(["#", "+", "+/+", "$share/x", "a/b", ".*", "(a|b)", "[a-z]+", "%u", "%c", "own/victim"])(
    "never widens the rule that names it: %s",
    async (name) => {
      const { broker } = await guarded(rules);
      const { client } = await broker.connect(as(name));

      const filters = ["own/victim/x", "user/victim/x", "own/+/x", "user/#", "#"];
      const granted: number[] = [];
      for (const filter of filters) granted.push(...((await client.subscribe(filter)).granted as number[]));
      const victim = await broker.connect(as("victim"));
      victim.client.send(aPublish({ topic: "own/victim/x" }), aPublish({ topic: "user/victim/x" }));
      await victim.client.ping();

      expect(granted.slice(0, 2)).toEqual([REASON.notAuthorized, REASON.notAuthorized]);
      expect(await client.ping()).toEqual([]);
      client.send(aPublish({ topic: "own/victim/x", qos: 1, messageId: 1 }));
      expect(await client.next()).toMatchObject({ cmd: "puback", reasonCode: REASON.notAuthorized });
    },
  );
});

describe("topics that begin with $", () => {
  // CVE-2018-12543, GHSA-jxxm-27vp-c3m5
  it.each(["$SYS/broker/x", "$share/g/x", "$queue/x", "$x", "$", "$MQTT/rmsgs/x"])(
    "are under the rules like all others: publish, retained, will and subscription of %s",
    async (topic) => {
      const { broker } = await guarded(
        "user reader\ntopic readwrite #\nuser other\ntopic readwrite mine/#\n",
      );
      const { client } = await broker.connect(as("other"));

      client.send(
        aPublish({ topic, qos: 1, messageId: 1 }),
        aPublish({ topic, qos: 1, messageId: 2, retain: true }),
      );
      const answers = await client.take(2);
      const will = { topic, payload: Buffer.from("x"), qos: 0, retain: true } as const;
      const { connack } = await broker.connect(as("other", "with-will", { will }));

      expect(answers.map((answer) => "reasonCode" in answer && answer.reasonCode)).toEqual([0x87, 0x87]);
      expect(connack).toMatchObject({ reasonCode: REASON.notAuthorized });
      expect((await client.subscribe(topic)).granted).not.toEqual([0]);
    },
  );

  it("are under the rules inside a shared subscription: the filter after the name counts", async () => {
    const { broker } = await guarded("user other\ntopic readwrite mine/#\n");
    const { client } = await broker.connect(as("other"));

    expect((await client.subscribe("$share/mine/secret")).granted).toEqual([REASON.notAuthorized]);
    expect((await client.subscribe("$share/g/mine/x")).granted).toEqual([0]);
  });
});

describe("topics of 65,535 levels", () => {
  const deep = "/".repeat(65_534);

  // CVE-2019-11779, GHSA-xxqp-5qx8-gj5q
  it.each([`topic readwrite ${"+/".repeat(65_534)}#`, `topic readwrite ${deep}`, "topic readwrite #"])(
    "are under rules as deep, and under a denial as deep",
    async (permission) => {
      const { broker } = await guarded(
        `user anna\n${permission}\nuser bob\ntopic readwrite #\ntopic deny ${"+/".repeat(65_534)}#\n`,
        { maximumTopicLevels: 65_535 },
      );
      const anna = await broker.connect(as("anna"));
      const bob = await broker.connect(as("bob"));

      expect((await anna.client.subscribe(deep)).granted).toEqual([0]);
      expect((await bob.client.subscribe(deep)).granted).toEqual([REASON.notAuthorized]);
      bob.client.send(aPublish({ topic: deep, qos: 1, messageId: 1 }));
      expect(await bob.client.next()).toMatchObject({ cmd: "puback", reasonCode: REASON.notAuthorized });
      anna.client.send(aPublish({ topic: deep }));
      expect(await anna.client.next()).toMatchObject({ cmd: "publish", topic: deep });
    },
  );
});

describe("access that was revoked", () => {
  const before = "user alice\ntopic readwrite a/#\nuser bob\ntopic readwrite a/#\n";
  const after = "user alice\ntopic readwrite other/#\nuser bob\ntopic readwrite a/#\n";

  // CVE-2021-34434
  it("ends what a subscription delivers", async () => {
    const { broker, change } = await guarded(before);
    const alice = await broker.connect(as("alice"));
    await alice.client.subscribe("a/#", { qos: 1 });
    const bob = await broker.connect(as("bob"));
    await change(after);

    bob.client.send(aPublish({ topic: "a/1" }), aPublish({ topic: "a/1", qos: 1, messageId: 1 }));
    await bob.client.next();

    expect(await alice.client.ping()).toEqual([]);
    expect(broker.dropped("not_authorized")).toBeGreaterThan(0);
  });

  // CVE-2018-12546
  it("withholds retained messages", async () => {
    const { broker, change } = await guarded(before);
    const bob = await broker.connect(as("bob"));
    bob.client.send(aPublish({ topic: "a/1", retain: true, qos: 1, messageId: 1 }));
    await bob.client.next();
    await change("user alice\ntopic readwrite other/#\ntopic read a/public\n");
    const alice = await broker.connect(as("alice"));

    const suback = await alice.client.subscribe("a/#");
    await broker.settle();

    expect(suback.granted).toEqual([0]); // part of it may be read
    expect(await alice.client.ping()).toEqual([]);
  });

  it("withholds what was queued while the client was away", async () => {
    const { broker, change } = await guarded(before);
    const alice = await broker.connect({ ...lasting("alice"), username: "alice" });
    await alice.client.subscribe("a/#", { qos: 2 });
    await alice.client.disconnect();
    const bob = await broker.connect(as("bob"));
    bob.client.send(aPublish({ topic: "a/1", qos: 1, messageId: 1 }));
    await bob.client.next();
    await change(after);

    const again = await broker.connect({ ...lasting("alice"), username: "alice" });

    expect(again.connack).toMatchObject({ sessionPresent: true });
    expect(await again.client.ping()).toEqual([]);
  });
});

describe("a client id that belongs to another user", () => {
  // CVE-2026-33215
  it.each([true, false])("is neither taken over nor wiped, Clean Start %s", async (clean) => {
    const { broker } = await guarded("user alice\ntopic readwrite #\nuser mallory\ntopic readwrite #\n");
    const alice = await broker.connect({ ...lasting("sensor"), username: "alice" });
    await alice.client.subscribe("a", { qos: 1 });

    const { connack } = await broker.connect({ ...lasting("sensor", clean), username: "mallory" });
    alice.client.send(aPublish({ topic: "a" }));

    expect(connack).toMatchObject({ reasonCode: REASON.notAuthorized });
    expect(await alice.client.next()).toMatchObject({ cmd: "publish" });
  });

  it("is not given away while its owner is away", async () => {
    const { broker } = await guarded("user alice\ntopic readwrite #\nuser mallory\ntopic readwrite #\n");
    const alice = await broker.connect({ ...lasting("sensor"), username: "alice" });
    await alice.client.subscribe("a", { qos: 1 });
    await alice.client.disconnect();

    const { connack } = await broker.connect({ ...lasting("sensor"), username: "mallory" });
    const again = await broker.connect({ ...lasting("sensor"), username: "alice" });

    expect(connack).toMatchObject({ reasonCode: REASON.notAuthorized });
    expect(again.connack).toMatchObject({ sessionPresent: true });
  });

  it("two users who connect with it at once get one session, of one of them", async () => {
    const { broker } = await guarded("user alice\ntopic readwrite #\nuser mallory\ntopic readwrite #\n");

    const both = await Promise.all(
      ["alice", "mallory"].map((username) => broker.connect({ ...lasting("sensor"), username })),
    );
    await broker.settle();

    expect(both.map(({ connack }) => connack.reasonCode)).toEqual([0, REASON.notAuthorized]);
  });
});

describe("a shared subscription that is malformed", () => {
  // CVE-2025-68699
  it.each([
    "$share/",
    "$share/ab",
    "$share//a",
    "$share/g/",
    "$share/+/a",
    "$share/#/a",
    "$share/#",
    "$share/g+/a",
    "$share/g/a#",
    "$share/g/#/a",
  ])("is refused with 0x8F: %s", async (filter) => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    expect((await client.subscribe(filter)).granted).toEqual([REASON.filterInvalid]);
    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: [filter] });
    expect(await client.next()).toMatchObject({ cmd: "unsuback", granted: [0x11] });
    expect(broker.router.subscriptionCount).toBe(0);
  });

  it("and one that is not shared are two: unsubscribing one leaves the other", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();
    await client.subscribe("$share/g/a");
    await client.subscribe("a");

    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["a"] });
    await client.next();
    client.send(aPublish({ topic: "a" }));

    expect(await client.next()).toMatchObject({ cmd: "publish" });
    expect(await client.ping()).toEqual([]);
  });
});

describe("a session that was wiped", () => {
  // GHSA-p8r9-qf8w-p73r
  it("remembers no QoS 2 packet id, no message and no subscription", async () => {
    const broker = await TestBroker.open();
    const other = await broker.connect({ clientId: "other" });
    await other.client.subscribe("t");
    const first = await broker.connect(lasting("c"));
    await first.client.subscribe("own", { qos: 1 });
    first.client.send(aPublish({ topic: "t", qos: 2, messageId: 7 }));
    await first.client.next();
    await first.client.hangUp();
    other.client.send(aPublish({ topic: "own", qos: 1, messageId: 1 }));
    await other.client.take(2);

    const again = await broker.connect(lasting("c", true));
    again.client.send(aPublish({ topic: "t", qos: 2, messageId: 7 }));

    expect(again.connack).toMatchObject({ sessionPresent: false });
    expect(await again.client.next()).toMatchObject({ cmd: "pubrec", messageId: 7 });
    expect(await other.client.next()).toMatchObject({ cmd: "publish", topic: "t" });
    expect(await again.client.ping()).toEqual([]);
    expect(broker.router.subscriptionCount).toBe(1);
  });
});
