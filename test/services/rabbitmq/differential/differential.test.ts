import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithService } from "../../../support/services/services.ts";
import { cases, type Difference, differenceOf, playAll } from "./compare-servers.ts";
import { differencesDocument } from "./differences-document.ts";
import { explanationOf, knownDifferences } from "./known-differences.ts";
import type { Transcript } from "./play-case.ts";
import { type BothServers, startBothServers } from "./servers.ts";

const DOCUMENT = new URL("../../../../docs/amqp-differences.md", import.meta.url);
const { WRITE_DIFFERENCES } = process.env;
const PLAY_TIMEOUT_MS = 300_000;

describe("the scripted exchanges", () => {
  it("have a name each", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});

describeWithService("rabbitmq", "AMQP 0-9-1 beside RabbitMQ", () => {
  let servers: BothServers;
  let ofRabbitmq: ReadonlyMap<string, Transcript>;
  let ofCauseway: ReadonlyMap<string, Transcript>;
  const differences = new Map<string, Difference>();

  beforeAll(async () => {
    servers = await startBothServers();
    ofRabbitmq = await playAll(servers.rabbitmq.port);
    ofCauseway = await playAll(servers.causeway.portOf("amqp"));
    for (const { name } of cases) {
      const difference = differenceOf(ofRabbitmq.get(name) ?? {}, ofCauseway.get(name) ?? {});
      if (difference !== undefined) differences.set(name, difference);
    }
  }, PLAY_TIMEOUT_MS);

  afterAll(() => servers?.dispose());

  for (const { name } of cases.filter((one) => explanationOf(one.name) === undefined)) {
    it(name, () => {
      expect(ofCauseway.get(name)).toEqual(ofRabbitmq.get(name));
    });
  }

  it("differs wherever a difference is explained", () => {
    const explained = cases.filter(({ name }) => explanationOf(name) !== undefined).map(({ name }) => name);

    expect(explained.filter((name) => !differences.has(name))).toEqual([]);
    expect(explained.length).toBeGreaterThanOrEqual(knownDifferences.flatMap((one) => one.cases).length);
  });

  it("differs as docs/amqp-differences.md says", async () => {
    const document = differencesDocument(differences, cases.length);
    if (WRITE_DIFFERENCES === "1") await writeFile(DOCUMENT, document);

    expect(document).toBe(await readFile(DOCUMENT, "utf8"));
  });
});
