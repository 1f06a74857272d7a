import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import {
  type MosquittoServer,
  mosquittoPub,
  mosquittoSub,
  startMosquitto,
} from "../../support/services/mosquitto.ts";
import { describeWithServices } from "../../support/services/services.ts";

describeWithServices(["mosquitto", "mosquitto-clients"], "a real mosquitto server", () => {
  let server: MosquittoServer;

  beforeAll(async () => {
    server = await startMosquitto({ configLines: ["max_queued_messages 0", "persistence true"] });
  });

  afterAll(() => server?.dispose());

  it("carries a message from mosquitto_pub to mosquitto_sub", async () => {
    const port = String(server.port);
    const subscriber = await mosquittoSub(["-p", port, "-q", "1", "-t", "a/+"]);
    onTestFinished(() => subscriber.kill());

    const { code } = await mosquittoPub(["-p", port, "-q", "1", "-t", "a/b", "-m", "hello"]);

    expect(code).toBe(0);
    expect(await subscriber.waitForMessages(1)).toEqual([
      { qos: 1, isRetained: false, topicName: "a/b", payload: "hello" },
    ]);
  });

  it("keeps its port and its retained messages over an orderly stop", async () => {
    const port = String(server.port);
    await mosquittoPub(["-p", port, "-q", "1", "-r", "-t", "kept", "-m", "yes"]);

    await server.stop();
    expect((await mosquittoPub(["-p", port, "-t", "kept", "-m", "while down"])).code).not.toBe(0);
    await server.restart();

    const subscriber = await mosquittoSub(["-p", port, "-t", "kept"]);
    onTestFinished(() => subscriber.kill());
    expect((await subscriber.waitForMessages(1))[0]).toMatchObject({ isRetained: true, payload: "yes" });
  });
});
