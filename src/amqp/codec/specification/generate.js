// Writes the generated files of the codec from the machine-readable specification: npm run generate:amqp
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NOTICE =
  "// Written by specification/generate.js (npm run generate:amqp) from amqp-rabbitmq-0.9.1.json; do not edit.\n";
const SPECIFICATION = new URL("amqp-rabbitmq-0.9.1.json", import.meta.url);

/** Fields AMQP 0-9-1 calls reserved: written as zero, read past, absent from our types. */
const RESERVED = new Set([
  "basic.consume ticket",
  "basic.publish ticket",
  "basic.get ticket",
  "basic.get-empty cluster-id",
  "channel.open out-of-band",
  "channel.open-ok channel-id",
  "connection.open capabilities",
  "connection.open insist",
  "connection.open-ok known-hosts",
  "exchange.declare ticket",
  "exchange.delete ticket",
  "exchange.bind ticket",
  "exchange.unbind ticket",
  "queue.declare ticket",
  "queue.bind ticket",
  "queue.purge ticket",
  "queue.delete ticket",
  "queue.unbind ticket",
]);

/** How a type of the specification is read, written, skipped and typed. */
const TYPES = {
  bit: { type: "boolean", write: "bits", zero: "0" },
  octet: { type: "number", read: "octet", write: "octet", zero: "0" },
  short: { type: "number", read: "short", write: "short", zero: "0" },
  long: { type: "number", read: "long", write: "long", zero: "0" },
  longlong: { type: "number", read: "longlong", write: "longlong", zero: "0" },
  shortstr: { type: "string", read: "shortString", write: "shortString", zero: '""' },
  longstr: { type: "Buffer", read: "longString", write: "longString", zero: "NOTHING" },
  table: { type: "FieldTable" },
};

function pascal(name) {
  return name.replace(/(?:^|[-_.])([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** The specification writes "nowait" where it means the standard's no-wait. */
function camel(name) {
  const whole = pascal(name === "nowait" ? "no-wait" : name);
  return whole[0].toLowerCase() + whole.slice(1);
}

function hex(id) {
  return `0x${id.toString(16).padStart(8, "0")}`;
}

/** All methods, flat, with their fields' types resolved. */
function methodsOf(specification) {
  const domains = new Map(specification.domains);
  return specification.classes.flatMap((group) =>
    group.methods.map((method) => {
      const kind = `${group.name}.${method.name}`;
      return {
        kind,
        classId: group.id,
        methodId: method.id,
        id: group.id * 0x10000 + method.id,
        typeName: pascal(kind),
        fields: method.arguments.map((field) => ({
          name: camel(field.name),
          type: field.type ?? domains.get(field.domain),
          isReserved: RESERVED.has(`${kind} ${field.name}`),
        })),
      };
    }),
  );
}

/** Fields in order, neighbouring bits gathered into octets (AMQP 0-9-1 §4.2.5.2). */
function partsOf(fields) {
  const parts = [];
  for (const field of fields) {
    const last = parts.at(-1);
    if (field.type !== "bit") parts.push({ field });
    else if (last?.bits !== undefined && last.bits.length < 8) last.bits.push(field);
    else parts.push({ bits: [field], name: parts.some(({ bits }) => bits) ? "moreBits" : "bits" });
  }
  return parts;
}

function interfaceOf({ kind, classId, methodId, typeName, fields }) {
  const lines = fields
    .filter(({ isReserved }) => !isReserved)
    .map(({ name, type }) => `  readonly ${name}: ${TYPES[type].type};`);
  return [
    `/** ${kind}, ${classId}.${methodId}. */`,
    `export interface ${typeName} {`,
    `  readonly kind: "${kind}";`,
    ...lines,
    "}",
    "",
  ].join("\n");
}

/** `arguments` cannot name a variable. */
function variable(name) {
  return name === "arguments" ? "argumentTable" : name;
}

function readPart({ field, bits, name }) {
  if (bits !== undefined) {
    return bits.every(({ isReserved }) => isReserved)
      ? "  reader.octet();"
      : `  const ${name} = reader.octet();`;
  }
  const read = field.type === "table" ? "readTable(reader)" : `reader.${TYPES[field.type].read}()`;
  return field.isReserved ? `  ${read};` : `  const ${variable(field.name)} = ${read};`;
}

function literalPart({ field, bits, name }) {
  const shown = (bits ?? [field]).filter(({ isReserved }) => !isReserved);
  if (bits === undefined) {
    return shown.map((one) =>
      variable(one.name) === one.name ? one.name : `${one.name}: ${variable(one.name)}`,
    );
  }
  return shown.map((one) => `${one.name}: (${name} & ${1 << bits.indexOf(one)}) !== 0`);
}

function readerOf({ kind, typeName, fields }) {
  const parts = partsOf(fields);
  const entries = parts.flatMap(literalPart);
  const literal =
    entries.length === 0
      ? [`  return { kind: "${kind}" };`]
      : ["  return {", `    kind: "${kind}",`, ...entries.map((entry) => `    ${entry},`), "  };"];
  const parameter = parts.length === 0 ? "" : "reader: FieldReader";
  return [
    `function read${typeName}(${parameter}): ${typeName} {`,
    ...parts.map(readPart),
    ...literal,
    "}",
    "",
  ].join("\n");
}

function writeBits(bits) {
  const shown = bits.filter(({ isReserved }) => !isReserved);
  if (shown.length === 0) return ["  writer.octet(0);"];
  const lines = ["  let flags = 0;"];
  for (const bit of shown) lines.push(`  if (method.${bit.name}) flags |= ${1 << bits.indexOf(bit)};`);
  return [...lines, "  writer.octet(flags);"];
}

function writePart({ field, bits }) {
  if (bits !== undefined) return writeBits(bits);
  if (field.type === "table") return [`  writeTable(writer, method.${field.name});`];
  const { write, zero } = TYPES[field.type];
  return [`  writer.${write}(${field.isReserved ? zero : `method.${field.name}`});`];
}

function writerOf({ typeName, fields }) {
  if (fields.length === 0) return "";
  const isUsed = fields.some(({ isReserved }) => !isReserved);
  const parameters = `writer: FieldWriter${isUsed ? `, method: ${typeName}` : ""}`;
  return [
    `function write${typeName}(${parameters}): void {`,
    ...partsOf(fields).flatMap(writePart),
    "}",
    "",
  ].join("\n");
}

function decodeClass(name, methods) {
  const isUsed = methods.some(({ fields }) => fields.length > 0);
  return [
    `function decode${pascal(name)}(${isUsed ? "reader: FieldReader, " : ""}id: number): Method {`,
    "  switch (id) {",
    ...methods.flatMap((method) => [
      `    case ${hex(method.id)}:`,
      `      return read${method.typeName}(${method.fields.length > 0 ? "reader" : ""});`,
    ]),
    "    default:",
    "      throw unknownMethod(id);",
    "  }",
    "}",
    "",
  ].join("\n");
}

function decoderOf(classes) {
  return [
    "function decodeById(reader: FieldReader, id: number): Method {",
    "  switch (id >>> 16) {",
    ...classes.flatMap(([name, methods]) => [
      `    case ${methods[0].classId}:`,
      `      return decode${pascal(name)}(${methods.some(({ fields }) => fields.length > 0) ? "reader, " : ""}id);`,
    ]),
    "    default:",
    "      throw unknownMethod(id);",
    "  }",
    "}",
    "",
    "/** Reads the payload of a method frame to its end (AMQP 0-9-1 §2.3.5.1). */",
    "export function decodeMethod(reader: FieldReader): Method {",
    "  const method = decodeById(reader, reader.methodId());",
    "  reader.finish();",
    "  return method;",
    "}",
    "",
  ].join("\n");
}

function encodeCase({ kind, id, typeName, fields }) {
  const isUsed = fields.some(({ isReserved }) => !isReserved);
  const call = `      write${typeName}(writer${isUsed ? ", method" : ""});`;
  return [
    `    case "${kind}":`,
    `      writer.long(${hex(id)});`,
    ...(fields.length === 0 ? [] : [call]),
    "      return;",
  ];
}

function encoderOf(methods) {
  return [
    "/** Writes the payload of a method frame: class id, method id, fields. */",
    "export function encodeMethod(writer: FieldWriter, method: Method): void {",
    "  switch (method.kind) {",
    ...methods.flatMap(encodeCase),
    "  }",
    "}",
    "",
  ].join("\n");
}

/** Text of methods.generated.ts. */
export function generateMethods(specification) {
  const methods = methodsOf(specification);
  const classes = specification.classes.map(({ name }) => [
    name,
    methods.filter(({ kind }) => kind.startsWith(`${name}.`)),
  ]);
  return [
    NOTICE,
    'import type { FieldTable } from "../../base/field-table.ts";',
    'import { unknownMethod } from "./amqp-error.ts";',
    'import type { FieldReader } from "./field-reader.ts";',
    'import type { FieldWriter } from "./field-writer.ts";',
    'import { readTable } from "./table-reader.ts";',
    'import { writeTable } from "./table-writer.ts";',
    "",
    "const NOTHING = Buffer.alloc(0);",
    "",
    ...methods.map(interfaceOf),
    "/** Every method of AMQP 0-9-1 and of RabbitMQ's extensions, whoever sends it. */",
    "export type Method =",
    `${methods.map(({ typeName }) => `  | ${typeName}`).join("\n")};`,
    "",
    '/** The standard\'s name of a method, "queue.declare-ok". */',
    'export type MethodKind = Method["kind"];',
    "",
    "/** Class id × 65536 + method id. */",
    "export const METHOD_IDS: Readonly<Record<MethodKind, number>> = {",
    ...methods.map(({ kind, id }) => `  "${kind}": ${hex(id)},`),
    "};",
    "",
    ...methods.map(readerOf),
    ...classes.map(([name, group]) => decodeClass(name, group)),
    decoderOf(classes),
    ...methods.map(writerOf).filter((text) => text !== ""),
    encoderOf(methods),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** Text of reply-codes.generated.ts. */
export function generateReplyCodes(specification) {
  const codes = specification.constants.filter(({ class: group }) => group !== undefined);
  const union = (scope) =>
    codes
      .filter((code) => code.class === scope)
      .map(({ name }) => `  | typeof ReplyCode.${pascal(name.toLowerCase())}`)
      .join("\n");
  return [
    NOTICE,
    "/** What went wrong, in a close or a return (AMQP 0-9-1 §1.1). */",
    "export const ReplyCode = {",
    ...codes.map(({ name, value }) => `  ${pascal(name.toLowerCase())}: ${value},`),
    "} as const;",
    "",
    "/** Ends the channel. */",
    `export type SoftReplyCode =\n${union("soft-error")};`,
    "",
    "/** Ends the connection. */",
    `export type HardReplyCode =\n${union("hard-error")};`,
    "",
    "/** Any reply code that says of an error. */",
    "export type ErrorReplyCode = SoftReplyCode | HardReplyCode;",
    "",
    "/** Names as they begin a reply text. */",
    "export const REPLY_CODE_NAMES: Readonly<Record<ErrorReplyCode, string>> = {",
    ...codes.map(({ name, value }) => `  ${value}: "${name.replaceAll("-", "_")}",`),
    "};",
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const specification = JSON.parse(readFileSync(SPECIFICATION, "utf8"));
  writeFileSync(new URL("../methods.generated.ts", import.meta.url), generateMethods(specification));
  writeFileSync(new URL("../reply-codes.generated.ts", import.meta.url), generateReplyCodes(specification));
}
