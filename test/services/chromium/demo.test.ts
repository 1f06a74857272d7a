import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { ServerProcess } from "../../support/services/server-process.ts";
import { describeWithService, findProgram } from "../../support/services/services.ts";

const DEMO = fileURLToPath(new URL("../../demo/demo.js", import.meta.url));
const START_MS = 60_000;
const POLL = { timeout: 15_000 };
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describeWithService("chromium", "the demo's page in a browser", () => {
  let folder: string;
  let demo: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-demo-"));
    demo = startDemo(["--data", join(folder, "data")]);
    await demo.waitUntil("ready", () => demo.output().includes("Ctrl-C ends it"), START_MS);
    browser = await chromium.launch({ executablePath: findProgram("chromium") ?? "chromium", args: FLAGS });
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const openPage = async (): Promise<Page> => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(addressIn(demo.output(), /page +(\S+)/));
    return page;
  };

  it("shows of each of the fifty sensors what came over MQTT", async () => {
    const published = await followReadings(addressIn(demo.output(), /broker +(mqtt:\S+)/));
    const page = await openPage();
    await untilLive(page, 50);

    const shown = await readTiles(page);

    expect(shown.size).toBe(50);
    const neverPublished = () => [...shown].filter(([id, value]) => !published.get(id)?.includes(value));
    await expect.poll(neverPublished, POLL).toEqual([]);
  });

  it("draws a line per city and names its value in words", async () => {
    const page = await openPage();

    await page.locator("#chart polyline").nth(4).waitFor({ state: "attached" });

    expect(await page.locator("#chart title").textContent()).toMatch(/^Mean temperature: .+ -?\d+\.\d °C/);
  });

  it("asks no other host for anything", async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).hostname));

    await page.goto(addressIn(demo.output(), /page +(\S+)/));
    await untilLive(page, 50);

    expect([...hosts].filter((host) => host !== "")).toEqual(["127.0.0.1"]);
  });

  it("goes on by itself after the broker was killed and is running again", async () => {
    const page = await openPage();
    const state = page.locator("#connection-state");
    await untilLive(page, 50);

    process.kill(Number(addressIn(demo.output(), /broker .+ process (\d+)/)), "SIGKILL");
    await state.filter({ hasText: "away" }).waitFor();
    const receivedBefore = await readReceived(page);
    await state.filter({ hasText: "Connected" }).waitFor();

    // Twice what fifty sensors send in one second, and no sensor silent:
    await expect.poll(() => readReceived(page), POLL).toBeGreaterThan(receivedBefore + 100);
    await untilLive(page, 50);
  });
});

function startDemo(args: string[]): ServerProcess {
  const ports = ["page", "mqtt", "websocket", "admin"].flatMap((name) => [`--${name}-port`, "0"]);
  return new ServerProcess({ command: process.execPath, args: [DEMO, ...ports, ...args] });
}

function addressIn(output: string, pattern: RegExp): string {
  const address = pattern.exec(output)?.[1];
  if (address === undefined) throw new Error(`${pattern} is not in:\n${output}`);
  return address;
}

/** Every temperature published from now on, by sensor, as the page writes it. */
async function followReadings(url: string): Promise<Map<string, string[]>> {
  const client = await connectAsync(url);
  onTestFinished(() => client.endAsync());
  const published = new Map<string, string[]>();
  client.on("message", (_topicName, payload) => {
    const { sensor_id: sensorId, temperature } = JSON.parse(payload.toString());
    published.set(sensorId, [...(published.get(sensorId) ?? []), temperature.toFixed(1)]);
  });
  await client.subscribeAsync("sensors/+/temp", { qos: 1 });
  return published;
}

async function untilLive(page: Page, count: number): Promise<void> {
  await page.locator("#live", { hasText: new RegExp(`^${count}$`) }).waitFor();
}

async function readTiles(page: Page): Promise<Map<string, string>> {
  const tiles = await page.locator(".tile").evaluateAll((items) =>
    items.map((item): [string, string] => {
      const [name, value] = [".name", ".value"].map((part) => item.querySelector(part)?.textContent ?? "");
      return [name ?? "", value ?? ""];
    }),
  );
  return new Map(tiles);
}

async function readReceived(page: Page): Promise<number> {
  return Number((await page.locator("#received").textContent())?.replace(/\D/g, ""));
}
