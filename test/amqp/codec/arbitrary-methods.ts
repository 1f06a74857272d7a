import fc from "fast-check";
import type { PropertyValues } from "../../../src/amqp/codec/basic-properties.ts";
import type { Method, MethodKind } from "../../../src/amqp/codec/methods.generated.ts";
import type { FieldTable, FieldValue } from "../../../src/base/field-table.ts";
import { type Argument, argumentsOf, isReserved, KINDS, ourName } from "./amqplib-definitions.ts";

/** At most 255 bytes of UTF-8. */
export const shortStrings = fc.string({ unit: "binary", maxLength: 60 });
export const byteStrings = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const longlongs = fc.maxSafeNat();
const doubles = fc.double({ noNaN: true });
const floats = fc.float({ noNaN: true });

/** Values of every type, nested a little. */
export const { field: fields } = fc.letrec<{ field: FieldValue; table: FieldTable }>((tie) => ({
  field: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ type: fc.constant("t" as const), value: fc.boolean() }),
    fc.record({ type: fc.constant("b" as const), value: fc.integer({ min: -128, max: 127 }) }),
    fc.record({ type: fc.constant("B" as const), value: fc.nat(255) }),
    fc.record({ type: fc.constant("s" as const), value: fc.integer({ min: -32768, max: 32767 }) }),
    fc.record({ type: fc.constant("u" as const), value: fc.nat(65535) }),
    fc.record({ type: fc.constant("I" as const), value: fc.integer() }),
    fc.record({ type: fc.constant("i" as const), value: fc.nat(0xffff_ffff) }),
    fc.record({ type: fc.constant("f" as const), value: floats }),
    fc.record({ type: fc.constant("d" as const), value: doubles }),
    fc.record({ type: fc.constant("l" as const), value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
    fc.record({ type: fc.constant("T" as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
    fc.record({
      type: fc.constant("D" as const),
      value: fc.record({ scale: fc.nat(255), digits: fc.nat(0xffff_ffff) }),
    }),
    fc.record({ type: fc.constantFrom("S" as const, "x" as const), value: byteStrings }),
    fc.record({ type: fc.constant("V" as const), value: fc.constant(null) }),
    fc.record({ type: fc.constant("A" as const), value: fc.array(tie("field"), { maxLength: 4 }) }),
    fc.record({ type: fc.constant("F" as const), value: tie("table") }),
  ) as fc.Arbitrary<FieldValue>,
  table: fc.array(fc.record({ name: shortStrings, field: tie("field") }), { maxLength: 4 }),
}));

export const tables: fc.Arbitrary<FieldTable> = fc.array(fc.record({ name: shortStrings, field: fields }), {
  maxLength: 6,
});

const BY_TYPE: Readonly<Record<Argument["type"], fc.Arbitrary<unknown>>> = {
  bit: fc.boolean(),
  octet: fc.nat(255),
  short: fc.nat(65535),
  long: fc.nat(0xffff_ffff),
  longlong: longlongs,
  shortstr: shortStrings,
  longstr: byteStrings,
  table: tables,
};

/** Methods of one kind, with every field drawn. */
export function methodsOf(kind: MethodKind): fc.Arbitrary<Method> {
  const shown = argumentsOf(kind).filter((argument) => !isReserved(kind, argument));
  const drawn = shown.map(({ name, type }) => [ourName(name), BY_TYPE[type]] as const);
  return fc.record(Object.fromEntries(drawn)).map((values) => ({ kind, ...values }) as unknown as Method);
}

export const methods: fc.Arbitrary<Method> = fc.oneof(...KINDS.map(methodsOf));

/** Content headers' properties, any of them absent. */
export const propertyValues: fc.Arbitrary<PropertyValues> = fc.record(
  {
    contentType: shortStrings,
    contentEncoding: shortStrings,
    headers: tables,
    deliveryMode: fc.nat(255),
    priority: fc.nat(255),
    correlationId: shortStrings,
    replyTo: shortStrings,
    expiration: shortStrings,
    messageId: shortStrings,
    timestamp: longlongs,
    type: shortStrings,
    userId: shortStrings,
    appId: shortStrings,
    clusterId: shortStrings,
  },
  { requiredKeys: [] },
);
