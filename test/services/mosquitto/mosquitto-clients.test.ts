import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { type MosquittoSubscriber, mosquittoPub, mosquittoSub } from "../../support/services/mosquitto.ts";
import { describeWithService } from "../../support/services/services.ts";

const VERSIONS = ["mqttv311", "mqttv5"] as const;
const QOS = ["0", "1", "2"] as const;
// Sent last on a topic that a subscriber follows, at QoS 2 so that it overtakes nothing:
const SENTINEL = "sentinel";

describeWithService("mosquitto-clients", "mosquitto_pub and mosquitto_sub", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker();
  });

  afterAll(() => broker?.dispose());

  const publish = async (args: string[]): Promise<void> => {
    const { code, output } = await mosquittoPub(["-p", String(broker.tcpPort), ...args]);
    expect(`${code} ${output}`).toBe("0 ");
  };

  const subscribe = async (args: string[]): Promise<MosquittoSubscriber> => {
    const subscriber = await mosquittoSub(["-p", String(broker.tcpPort), ...args]);
    onTestFinished(() => subscriber.kill());
    return subscriber;
  };

  const payloadsUntilSentinel = async (
    subscriber: MosquittoSubscriber,
    topicName: string,
  ): Promise<string[]> => {
    await publish(["-q", "2", "-t", topicName, "-m", SENTINEL]);
    for (let count = 1; ; count++) {
      const payloads = (await subscriber.waitForMessages(count)).map(({ payload }) => payload);
      if (payloads.includes(SENTINEL)) return payloads.slice(0, payloads.indexOf(SENTINEL));
    }
  };

  describe.each(VERSIONS)("with -V %s", (version) => {
    it.each(QOS)("delivers a QoS %s message once, at that QoS", async (qos) => {
      const topicName = `${version}/once/${qos}`;
      const subscriber = await subscribe(["-V", version, "-q", qos, "-t", `${version}/+/${qos}`]);

      await publish(["-V", version, "-q", qos, "-t", topicName, "-m", "21.5"]);

      expect(await payloadsUntilSentinel(subscriber, topicName)).toEqual(["21.5"]);
      expect(subscriber.received()[0]).toEqual({
        qos: Number(qos),
        isRetained: false,
        topicName,
        payload: "21.5",
      });
    });

    it("delivers a hundred QoS 2 messages exactly once each", async () => {
      const topicName = `${version}/hundred`;
      const subscriber = await subscribe(["-V", version, "-q", "2", "-t", topicName]);

      await publish(["-V", version, "-q", "2", "-t", topicName, "-m", "tick", "--repeat", "100"]);

      expect(await payloadsUntilSentinel(subscriber, topicName)).toHaveLength(100);
    });

    it("lowers the QoS of a message to the one the subscription asks for", async () => {
      const topicName = `${version}/lowered`;
      const subscriber = await subscribe(["-V", version, "-q", "1", "-t", topicName]);

      await publish(["-V", version, "-q", "2", "-t", topicName, "-m", "x"]);

      const [message] = await subscriber.waitForMessages(1);
      expect(message?.qos).toBe(1);
    });

    it("gives a retained message to a later subscriber, marked as retained", async () => {
      const topicName = `${version}/retained/kept`;
      await publish(["-V", version, "-q", "1", "-r", "-t", topicName, "-m", "last value"]);

      const subscriber = await subscribe(["-V", version, "-q", "1", "-t", `${version}/retained/#`]);

      expect(await subscriber.waitForMessages(1)).toEqual([
        { qos: 1, isRetained: true, topicName, payload: "last value" },
      ]);
    });

    it("does not mark a retained message as such for a subscriber that was already there", async () => {
      const topicName = `${version}/live`;
      const subscriber = await subscribe(["-V", version, "-t", topicName]);

      await publish(["-V", version, "-r", "-t", topicName, "-m", "now"]);

      const [message] = await subscriber.waitForMessages(1);
      expect(message?.isRetained).toBe(false);
    });

    it("forgets a retained message when an empty one is published", async () => {
      const topicName = `${version}/cleared`;
      await publish(["-V", version, "-q", "1", "-r", "-t", topicName, "-m", "old"]);
      await publish(["-V", version, "-q", "1", "-r", "-t", topicName, "-n"]);

      const subscriber = await subscribe(["-V", version, "-q", "1", "-t", topicName]);

      expect(await payloadsUntilSentinel(subscriber, topicName)).toEqual([]);
    });

    it("publishes the will of a client that was killed", async () => {
      const willTopic = `${version}/will/killed`;
      const watcher = await subscribe(["-V", version, "-q", "1", "-t", willTopic]);
      const client = await subscribe(["-V", version, "-t", "any", ...will(willTopic)]);

      await client.kill();

      expect(await watcher.waitForMessages(1)).toEqual([
        { qos: 1, isRetained: false, topicName: willTopic, payload: "gone" },
      ]);
    });

    it("keeps a retained will for subscribers that come later", async () => {
      const willTopic = `${version}/will/retained`;
      const watcher = await subscribe(["-V", version, "-q", "1", "-t", willTopic]);
      const client = await subscribe(["-V", version, "-t", "any", ...will(willTopic), "--will-retain"]);
      await client.kill();
      await watcher.waitForMessages(1);

      const late = await subscribe(["-V", version, "-q", "1", "-t", willTopic]);

      expect(await late.waitForMessages(1)).toEqual([
        { qos: 1, isRetained: true, topicName: willTopic, payload: "gone" },
      ]);
    });

    it("drops the will of a client that disconnects in order", async () => {
      const willTopic = `${version}/will/dropped`;
      const watcher = await subscribe(["-V", version, "-q", "1", "-t", willTopic]);
      const client = await subscribe([
        "-V",
        version,
        "-C",
        "1",
        "-t",
        `${version}/leave`,
        ...will(willTopic),
      ]);

      await publish(["-V", version, "-t", `${version}/leave`, "-m", "you may go"]);
      expect(await client.exited).toBe(0);

      expect(await payloadsUntilSentinel(watcher, willTopic)).toEqual([]);
    });

    it("keeps messages for a persistent session while its client is away, in order", async () => {
      const topicName = `${version}/away`;
      const session = persistentSession(version, `${version}-away`, topicName);
      await (await subscribe(session)).stop();
      for (const payload of ["1", "2", "3"]) {
        await publish(["-V", version, "-q", "1", "-t", topicName, "-m", payload]);
      }

      const resumed = await subscribe(session);

      expect(await payloadsUntilSentinel(resumed, topicName)).toEqual(["1", "2", "3"]);
    });

    it("keeps a persistent session, its messages and retained messages over kill -9 of the broker", async () => {
      const topicName = `${version}/crash`;
      const session = persistentSession(version, `${version}-crash`, topicName);
      await (await subscribe(session)).kill();
      await publish(["-V", version, "-q", "1", "-r", "-t", `${topicName}/retained`, "-m", "state"]);
      await publish(["-V", version, "-q", "1", "-t", topicName, "-m", "acknowledged at QoS 1"]);
      await publish(["-V", version, "-q", "2", "-t", topicName, "-m", "acknowledged at QoS 2"]);

      await broker.kill();
      await broker.restart();

      const resumed = await subscribe(session);
      expect(await payloadsUntilSentinel(resumed, topicName)).toEqual([
        "acknowledged at QoS 1",
        "acknowledged at QoS 2",
      ]);
      const late = await subscribe(["-V", version, "-t", `${topicName}/+`]);
      expect((await late.waitForMessages(1))[0]).toMatchObject({ isRetained: true, payload: "state" });
    });

    it("keeps nothing for a client that asks for a clean session", async () => {
      const topicName = `${version}/clean`;
      const session = ["-V", version, "-i", `${version}-clean`, "-q", "1", "-t", topicName];
      await (await subscribe(session)).stop();
      await publish(["-V", version, "-q", "1", "-t", topicName, "-m", "missed"]);

      const again = await subscribe(session);

      expect(await payloadsUntilSentinel(again, topicName)).toEqual([]);
    });

    it("throws a persistent session away when its client comes back clean", async () => {
      const topicName = `${version}/discarded`;
      const id = `${version}-discarded`;
      await (await subscribe(persistentSession(version, id, topicName))).stop();
      await publish(["-V", version, "-q", "1", "-t", topicName, "-m", "missed"]);
      await (await subscribe(["-V", version, "-i", id, "-t", "another"])).stop();

      const again = await subscribe(persistentSession(version, id, topicName));

      expect(await payloadsUntilSentinel(again, topicName)).toEqual([]);
    });
  });

  describe("across versions", () => {
    it.each([
      ["mqttv311", "mqttv5"],
      ["mqttv5", "mqttv311"],
    ])("carries a message from %s to %s", async (from, to) => {
      const topicName = `across/${from}`;
      const subscriber = await subscribe(["-V", to, "-q", "2", "-t", topicName]);

      await publish(["-V", from, "-q", "2", "-t", topicName, "-m", "hello"]);

      expect(await subscriber.waitForMessages(1)).toEqual([
        { qos: 2, isRetained: false, topicName, payload: "hello" },
      ]);
    });
  });

  describe("with MQTT 5 only", () => {
    it("carries content type, response topic and user properties", async () => {
      const format = ["-F", "properties %C %R %P"];
      const subscriber = await subscribe([
        "-V",
        "mqttv5",
        "-q",
        "1",
        "-t",
        "v5/properties",
        "-C",
        "1",
        ...format,
      ]);

      await publish([
        ...["-V", "mqttv5", "-q", "1", "-t", "v5/properties", "-m", "{}"],
        ...["-D", "publish", "content-type", "application/json"],
        ...["-D", "publish", "response-topic", "v5/answers"],
        ...["-D", "publish", "user-property", "site", "north"],
      ]);

      expect(await subscriber.exited).toBe(0);
      expect(subscriber.output()).toContain("properties application/json v5/answers site:north");
    });

    it("keeps a session that started clean for its Session Expiry Interval", async () => {
      const session = ["-V", "mqttv5", "-i", "v5-expiry", "-q", "1", "-x", "3600", "-t", "v5/expiry"];
      await (await subscribe(session)).stop();
      await publish(["-V", "mqttv5", "-q", "1", "-t", "v5/expiry", "-m", "waited"]);

      const resumed = await subscribe([...session, "-c"]);

      expect(await payloadsUntilSentinel(resumed, "v5/expiry")).toEqual(["waited"]);
    });

    it("publishes the will of a client that disconnects with reason code 0x04", async () => {
      const watcher = await subscribe(["-V", "mqttv5", "-q", "1", "-t", "v5/will"]);
      const client = await subscribe(["-V", "mqttv5", "-t", "any", ...will("v5/will")]);

      // mosquitto_sub answers SIGTERM with DISCONNECT 0x04, "with Will Message".
      await client.stop();

      const [message] = await watcher.waitForMessages(1);
      expect(message?.payload).toBe("gone");
    });
  });
});

function will(topicName: string): string[] {
  return ["--will-topic", topicName, "--will-payload", "gone", "--will-qos", "1"];
}

function persistentSession(version: string, id: string, topicName: string): string[] {
  return ["-V", version, "-c", "-i", id, "-q", "1", "-t", topicName];
}
