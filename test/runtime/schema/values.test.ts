import t from "tap";
import type { ValueSchema } from "#src/runtime/schema/value-schema.js";
import { valueCheck, type CheckOptions } from "#src/runtime/schema/values.js";
import type { Violation } from "#src/runtime/schema/violation.js";

function violations(schema: ValueSchema, value: unknown, options?: CheckOptions): string[] {
  const found: Violation[] = [];
  valueCheck(schema, options)(value, "", undefined, found);
  return found.map(({ rule, path }) => `${rule} ${path}`);
}

const document = { style: "document" } as const;

t.test("in a document, members are checked in its order, and those without a schema are reported", (t) => {
  const schema: ValueSchema = {
    type: "object",
    required: ["c"],
    properties: { a: { type: "string", maxLength: 1 }, b: { type: ["integer", "null"] } },
  };
  t.same(violations(schema, { b: "x", d: 1, a: "long" }, document), ["type b", "unknown ", "maxLength a", "required "]);
  t.same(violations(schema, { b: null, c: 1 }, document), ["unknown "]);
  t.same(violations(schema, { b: "x", d: 1, a: "long" }), ["maxLength a", "type b", "required "]);
  t.end();
});

t.test("a map has at least and at most so many members", (t) => {
  const schema: ValueSchema = { type: "object", minProperties: 1, maxProperties: 2, additionalProperties: {} };
  t.same(violations(schema, {}), ["minProperties "]);
  for (const good of [{ a: 1 }, { a: 1, b: 2 }]) t.same(violations(schema, good), []);
  t.same(violations(schema, { a: 1, b: 2, c: 3 }), ["maxProperties "]);
  t.same(violations({ type: "object", maxProperties: 0 }, { a: 1 }), ["maxProperties "]);
  t.same(violations({ type: "object", minProperties: 1 }, {}), ["minProperties "]);
  t.end();
});

t.test("in a document, the alternative of the value's type is meant", (t) => {
  const schema: ValueSchema = {
    anyOf: [
      { type: "string", pattern: "^a" },
      { type: "object", properties: { x: { type: "integer", minimum: 1 }, y: { type: "boolean" } } },
    ],
  };
  t.same(violations(schema, "b", document), ["pattern "]);
  t.same(violations(schema, { x: 0, y: 1 }, document), ["minimum x", "type y"]);
  t.same(violations(schema, 1, document), ["type "]);
  t.same(violations(schema, { x: 0, y: 1 }).slice(0, 1), ["anyOf "]);
  t.end();
});

t.test("in a document, oneOf reports itself alone, and a dependent member has to be there", (t) => {
  const schema: ValueSchema = {
    type: "object",
    oneOf: [{ required: ["value"] }, { required: ["from"] }],
    dependentRequired: { tag: ["name"] },
    properties: { value: {}, from: {}, tag: {}, name: {} },
  };
  t.same(violations(schema, {}, document), ["oneOf "]);
  t.same(violations(schema, { value: 1, from: 2 }, document), ["oneOf "]);
  t.same(violations(schema, { value: 1, tag: 2 }, document), ["dependentRequired "]);
  t.same(violations(schema, { value: 1, tag: 2, name: 3 }, document), []);
  t.end();
});

t.test("a value of a wrong type in a document is reported for that alone; YAML's infinity is no number", (t) => {
  t.same(violations({ type: "integer", minimum: 1, enum: [1] }, "x", document), ["type "]);
  t.same(violations({ type: "number" }, Infinity, document), ["type "]);
  t.same(violations({ type: "number" }, 1.5, document), []);
  t.end();
});

t.test("a check ends once it has found as many violations as its limit", (t) => {
  const schema: ValueSchema = { type: "array", items: { type: "string" } };
  const list = Array.from({ length: 1000 }, () => 1);
  t.equal(violations(schema, list, { ...document, limit: 10 }).length, 10);
  t.equal(violations(schema, list, document).length, 1000);
  t.end();
});
