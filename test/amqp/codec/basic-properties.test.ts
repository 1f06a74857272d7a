import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BasicProperties,
  NO_PROPERTIES,
  type PropertyName,
  type PropertyValues,
  readProperties,
  toProperties,
} from "../../../src/amqp/codec/basic-properties.ts";
import {
  headerFrameLength,
  readContentHeader,
  writeHeaderFrame,
} from "../../../src/amqp/codec/content-header.ts";
import { FieldReader } from "../../../src/amqp/codec/field-reader.ts";
import { fromPlain } from "../../../src/amqp/codec/table-values.ts";
import { definitions } from "./amqplib-definitions.ts";
import { propertyValues } from "./arbitrary-methods.ts";
import { amqpErrorOf, hex } from "./collecting.ts";

const NAMES: readonly PropertyName[] = [
  "contentType",
  "contentEncoding",
  "headers",
  "deliveryMode",
  "priority",
  "correlationId",
  "replyTo",
  "expiration",
  "messageId",
  "timestamp",
  "type",
  "userId",
  "appId",
  "clusterId",
];

const ALL: PropertyValues = {
  contentType: "text/plain",
  contentEncoding: "gzip",
  headers: fromPlain({ a: 1, b: "c" }),
  deliveryMode: 2,
  priority: 9,
  correlationId: "c",
  replyTo: "r",
  expiration: "1000",
  messageId: "m",
  timestamp: 1_700_000_000,
  type: "t",
  userId: "guest",
  appId: "app",
  clusterId: "",
};

/** What the accessors say, absent properties left out. */
function valuesOf(properties: BasicProperties): PropertyValues {
  const values = NAMES.map((name) => [name, properties[name]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function read(bytes: Buffer): BasicProperties {
  return readProperties(new FieldReader(bytes, 0, bytes.length));
}

function headerFrame(properties: BasicProperties, bodyBytes: number): Buffer {
  const frame = Buffer.alloc(headerFrameLength(properties));
  writeHeaderFrame(frame, 0, 1, properties, bodyBytes);
  return frame;
}

describe("properties of a message (AMQP 0-9-1 §4.2.6.1)", () => {
  it("have a flag for each that is there, then their values in order", () => {
    expect(toProperties({ deliveryMode: 2, contentType: "a", expiration: "60" }).raw).toEqual(
      hex("9100 01 61 02 02 3630"),
    );
    expect(toProperties({ clusterId: "c", timestamp: 1 }).raw).toEqual(hex("0044 0000000000000001 01 63"));
    expect(NO_PROPERTIES.raw).toEqual(hex("0000"));
  });

  it("are read as they were written", () => {
    fc.assert(
      fc.property(propertyValues, (values) => {
        const properties = toProperties(values);

        expect(valuesOf(properties)).toEqual(values);
        expect(read(properties.raw).raw).toEqual(properties.raw);
        expect(NAMES.filter((name) => properties.has(name))).toEqual(NAMES.filter((name) => name in values));
      }),
    );
  });

  it("are written as amqplib writes them", () => {
    const { headers, ...others } = ALL;
    const plain = { ...others, headers: { a: 1 } };
    const ours = toProperties({ ...ALL, headers: [{ name: "a", field: { type: "b", value: 1 } }] });

    expect(headers).toBeDefined();
    expect(headerFrame(ours, 77)).toEqual(definitions.encodeProperties(60, 1, 77, plain));
  });

  it("are read from the middle of a buffer", () => {
    const { raw } = toProperties(ALL);
    const buffer = Buffer.concat([hex("ffff"), raw, hex("ffff")]);

    expect(valuesOf(new BasicProperties(buffer, 2, 2 + raw.length))).toEqual(ALL);
  });

  it("show U+FFFD for what is no UTF-8, and send on the bytes", () => {
    const properties = read(hex("0400 01 ff"));

    expect(properties.correlationId).toBe("\ufffd");
    expect(properties.with({ priority: 1 }).raw).toEqual(hex("0c00 01 01 ff"));
  });

  it("have no timestamp to show when no number can hold it, and send on its bytes", () => {
    const properties = read(hex("0040 0020000000000000"));

    expect([properties.timestamp, properties.has("timestamp")]).toEqual([undefined, true]);
    expect(properties.with({ appId: undefined }).raw).toEqual(hex("0040 0020000000000000"));
  });

  it("own their bytes once asked to", () => {
    const bytes = Buffer.from(toProperties(ALL).raw);
    const view = read(bytes);

    const owned = view.owned();
    bytes.fill(0);

    expect([valuesOf(owned), valuesOf(view)]).toEqual([ALL, {}]);
  });

  it("are copied to where they are wanted", () => {
    const properties = toProperties({ replyTo: "r" });
    const target = Buffer.alloc(2 + properties.byteLength);

    expect(properties.copyTo(target, 2)).toBe(target.length);
    expect(target).toEqual(hex("0000 0200 01 72"));
  });
});

describe("changed properties", () => {
  it("are changed, added or left out; the others stay", () => {
    fc.assert(
      fc.property(propertyValues, propertyValues, fc.subarray([...NAMES]), (values, changes, dropped) => {
        const drops = Object.fromEntries(dropped.map((name) => [name, undefined]));

        const changed = toProperties(values).with({ ...changes, ...drops });

        const left = Object.entries({ ...values, ...changes }).filter(([name]) => !(name in drops));
        expect(valuesOf(changed)).toEqual(Object.fromEntries(left));
        expect(read(changed.raw).raw).toEqual(changed.raw);
      }),
    );
  });

  it("leave headers byte for byte as they came, types of numbers included", () => {
    const headers = hex("00000005 01 61 73 0007");
    const properties = read(Buffer.concat([hex("2100"), headers, hex("01 35")]));

    expect(properties.with({ expiration: undefined }).raw).toEqual(Buffer.concat([hex("2000"), headers]));
  });

  it("refuse a text that is too long", () => {
    expect(() => toProperties({ replyTo: "x".repeat(256) })).toThrow("255 bytes");
  });
});

describe("bytes that are no properties", () => {
  for (const [what, bytes, replyCode] of [
    ["a second word of flags", "0001 0000", 501],
    ["a flag nobody knows", "0002", 501],
    ["no flags", "80", 501],
    ["a text that ends early", "8000 02 61", 501],
    ["a byte too many", "8000 01 61 00", 501],
    ["headers that end early", "2000 00000002 01", 501],
    ["headers with a broken value", "2000 00000003 01 61 5a", 501],
    ["a timestamp that ends early", "0040 00000000000000", 501],
    ["an octet that is missing", "1000", 501],
  ] as const) {
    it(`are refused: ${what}`, () => {
      expect(amqpErrorOf(() => read(hex(bytes)))).toMatchObject({ replyCode, scope: "connection" });
    });
  }
});

describe("content headers (AMQP 0-9-1 §2.3.5.2)", () => {
  it("name class, weight, size of the body and properties", () => {
    expect(headerFrame(toProperties({ deliveryMode: 1 }), 0x1_0000_0002)).toEqual(
      hex("02 0001 0000000f 003c 0000 0000000100000002 1000 01 ce"),
    );
  });

  it("are read as they were written", () => {
    fc.assert(
      fc.property(propertyValues, fc.maxSafeNat(), (values, size) => {
        const frame = headerFrame(toProperties(values), size);

        const { bodyBytes, properties } = readContentHeader(frame, 7, frame.length - 1);

        expect(bodyBytes).toBe(size);
        expect(valuesOf(properties)).toEqual(values);
      }),
    );
  });

  it("of another class or with a weight are unexpected: 505", () => {
    const header = (bytes: string): Buffer => hex(`${bytes} 0000000000000000 0000`);

    expect(amqpErrorOf(() => readContentHeader(header("0032 0000"), 0, 14))).toMatchObject({
      replyCode: 505,
    });
    expect(amqpErrorOf(() => readContentHeader(header("003c 0001"), 0, 14))).toMatchObject({
      replyCode: 505,
    });
  });
});
