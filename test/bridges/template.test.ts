import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTemplate, TemplateSyntaxError } from "../../bridges/template.ts";
import { TemplateError, TemplateInput } from "../../bridges/template-input.ts";
import { aMessage, type MessageChoices } from "./support/messages.ts";

function render(text: string, choices: MessageChoices = {}): string {
  return parseTemplate(text).render(new TemplateInput(aMessage(choices)));
}

describe("template", () => {
  it.each([
    [`\${topic}`, "sensors/7/temp"],
    [`\${topic[0]}-\${topic[2]}`, "sensors-temp"],
    [`\${topic.dotted}`, "sensors.7.temp"],
    [`by \${clientId}!`, "by device-7!"],
    [`q\${qos}`, "q1"],
    ["plain", "plain"],
    ["", ""],
    ["a $ b } c", "a $ b } c"],
    [`$\${topic}`, `\${topic}`],
  ])("renders %s as %s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it("reads payload fields from JSON, into objects and arrays", () => {
    const payload = JSON.stringify({ id: "x1", deep: { n: 1.5, ok: true }, list: [{ v: "first" }] });

    const text = `\${payload.id}/\${payload.deep.n}/\${payload.deep.ok}/\${payload.list.0.v}`;

    expect(render(text, { payload })).toBe("x1/1.5/true/first");
  });

  it.each([
    ["is no JSON", "{", `\${payload.a}`],
    ["lacks the field", "{}", `\${payload.a}`],
    ["holds an object there", '{"a":{}}', `\${payload.a}`],
    ["holds null there", '{"a":null}', `\${payload.a}`],
    ["is asked for what every object inherits", "{}", `\${payload.constructor.name}`],
    ["is too deep to be read as wanted", '{"a":1}', `\${payload.a.b.c}`],
    ["has fewer levels", "", `\${topic[3]}`],
  ])("throws a TemplateError when the message %s", (_, payload, text) => {
    expect(() => render(text, { payload })).toThrow(TemplateError);
  });

  it.each([
    [`ab\${topic`, 2],
    [`\${topic}x\${nothing}`, 9],
    [`\${}`, 0],
    [`\${topic[-1]}`, 0],
    [`\${payload}`, 0],
    [`\${payload.}`, 0],
    [`\${payload.a..b}`, 0],
  ])("refuses %s and says where", (text, position) => {
    expect(() => parseTemplate(text)).toThrow(TemplateSyntaxError);
    expect(() => parseTemplate(text)).toThrow(`at position ${position}`);
  });

  it("knows which templates do not depend on the message", () => {
    expect(parseTemplate(`a$\${b`).isConstant).toBe(true);
    expect(parseTemplate(`a\${qos}`).isConstant).toBe(false);
  });

  it("gives back any text whose placeholders are escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "a", "é", "\0") }), (text) => {
        expect(render(text.split("${").join("$${"))).toBe(text);
      }),
    );
  });

  it("ends in a template or a TemplateSyntaxError for any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("$", "{", "}", "[", "0", ".", "topic", "payload") }),
        (text) => {
          try {
            parseTemplate(text);
          } catch (error) {
            expect(error).toBeInstanceOf(TemplateSyntaxError);
          }
        },
      ),
    );
  });

  it("finds any JSON text by its path", () => {
    const name = fc.string({ minLength: 1, maxLength: 5 }).filter((text) => !/[.}]/.test(text));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.string(), (path, value) => {
        const payload = path.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
        expect(render(`\${payload.${path.join(".")}}`, { payload: JSON.stringify(payload) })).toBe(value);
      }),
    );
  });
});
