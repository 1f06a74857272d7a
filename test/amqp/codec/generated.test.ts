import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface Generator {
  generateMethods(specification: unknown): string;
  generateReplyCodes(specification: unknown): string;
}

const codec = new URL("../../../src/amqp/codec/", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, codec), "utf8");
const generator = (await import(new URL("specification/generate.js", codec).href)) as Generator;
const specification: unknown = JSON.parse(read("specification/amqp-rabbitmq-0.9.1.json"));

describe("what is generated from the specification", () => {
  it("is current: methods (npm run generate:amqp writes them)", () => {
    expect(read("methods.generated.ts")).toBe(generator.generateMethods(specification));
  });

  it("is current: reply codes", () => {
    expect(read("reply-codes.generated.ts")).toBe(generator.generateReplyCodes(specification));
  });

  it("stands beside the licence of its source", () => {
    expect(read("specification/amqp-rabbitmq-0.9.1.json")).toContain(
      "Permission is hereby granted, free of charge",
    );
  });
});
