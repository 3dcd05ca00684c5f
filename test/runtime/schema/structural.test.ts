import fc from "../../property.js";
import t from "tap";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { widget } from "./widget.js";

const widgets = structuralSchema(widget);
const errors = (spec: unknown, old?: unknown): string[] =>
  widgets
    .validate({ spec }, old === undefined ? undefined : { spec: old })
    .map(({ field, reason, message }) => `${field} ${reason} ${message}`);

t.test("pruning drops what the schema doesn't know, and names it", (t) => {
  const resource = {
    apiVersion: "v1",
    kind: "Widget",
    metadata: { anything: 1 },
    spec: { size: 1, colour: "x", parts: [{ name: "a", extra: 1 }], free: { x: { y: 1 }, known: { a: "b", c: 1 } } },
    extra: true,
  };
  const { object, unknownFields } = widgets.prune(resource);
  t.strictSame(object, {
    apiVersion: "v1",
    kind: "Widget",
    metadata: { anything: 1 },
    spec: { size: 1, parts: [{ name: "a" }], free: { x: { y: 1 }, known: { a: "b" } } },
  });
  t.strictSame(unknownFields, ["extra", "spec.colour", "spec.free.known.c", "spec.parts[0].extra"]);
  t.end();
});

t.test("a null is dropped or defaulted where it is not allowed, and kept where it is", (t) => {
  const defaulted = widgets.applyDefaults({
    spec: { size: null, color: null, note: null, parts: [{ name: "a", count: null }] },
  });
  t.strictSame(defaulted, { spec: { color: "red", note: null, parts: [{ name: "a", count: 1 }] } });
  t.end();
});

t.test("defaults of a field within an object that isn't there don't make the object", (t) => {
  t.strictSame(widgets.applyDefaults({}), {});
  t.end();
});

t.test("each violation has the server's path, reason and words", (t) => {
  t.strictSame(errors({ color: "blue", note: "four", parts: [{ name: "A" }, { name: "b" }, { name: "b" }, {}] }), [
    'spec.color FieldValueNotSupported Unsupported value: "blue": supported values: "red", "green"',
    "spec.note FieldValueTooLong Too long: may not be more than 3 bytes",
    `spec.parts[0].name FieldValueInvalid Invalid value: "A": spec.parts[0].name in body should match '^[a-z]+$'`,
    "spec.parts[3].name FieldValueRequired Required value",
    "spec.size FieldValueRequired Required value",
    'spec.parts[2] FieldValueDuplicate Duplicate value: {"name":"b"}',
    " FieldValueInvalid Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  ]);
  t.end();
});

t.test("lengths are counted in code points", (t) => {
  t.strictSame(errors({ size: 1, note: "\u{1F600}\u{1F600}\u{1F600}" }), []);
  t.match(errors({ size: 1, note: "\u{1F600}\u{1F600}\u{1F600}\u{1F600}" })[0], /^spec\.note FieldValueTooLong/);
  t.end();
});

t.test("an integer or string takes both and nothing else, and its pattern binds strings", (t) => {
  t.strictSame(errors({ size: 1, limits: { a: 5, b: "5m" } }), []);
  t.strictSame(
    errors({ size: 1, limits: { a: true, b: "x" } }).map((line) => line.split(" ")[0]),
    ["spec.limits.a", "spec.limits.b", ""],
  );
  t.end();
});

t.test("a transition rule holds on updates only", (t) => {
  t.strictSame(errors({ size: 2 }), []);
  t.strictSame(errors({ size: 2 }, { size: 2 }), []);
  t.strictSame(errors({ size: 1 }, { size: 2 }), ["spec.size FieldValueInvalid Invalid value: 1: may only grow"]);
  t.end();
});

t.test("a rule's message can be an expression and its path below its own", (t) => {
  t.strictSame(errors({ size: 1, tags: ["a", "b"] }), [
    "spec.tags FieldValueInvalid Invalid value: more tags than one",
  ]);
  t.end();
});

t.test("rules are skipped where the object is malformed, unless all are requested", (t) => {
  const malformed = { spec: { size: 1, tags: ["a", "b"], color: 5 } };
  const fields = (list: readonly { field: string }[]): string[] => list.map(({ field }) => field);
  t.strictSame(fields(widgets.validate(malformed)), ["spec.color", "spec.color", ""]);
  t.strictSame(fields(widgets.validate(malformed, undefined, { rules: "all" })), [
    "spec.color",
    "spec.color",
    "spec.tags",
  ]);
  t.end();
});

t.test("an unchanged value may stay invalid, a changed one may not", (t) => {
  const old = { size: 1, color: "blue", note: "four", parts: [{ name: "A", count: 1 }] };
  t.strictSame(errors(old, old), []);
  t.strictSame(errors({ ...old, size: 2 }, old), []);
  t.equal(errors({ ...old, note: "fiver" }, old).length, 2);
  t.strictSame(errors({ ...old, parts: [{ name: "b" }, { name: "A", count: 1 }] }, old), [], "found by its key");
  t.equal(
    errors({ ...old, parts: [{ name: "A", count: 2 }] }, old).length,
    0,
    "only the count changed, which is valid",
  );
  t.end();
});

t.test("twofold entries may stay, but not come", (t) => {
  t.strictSame(errors({ size: 5, tags: ["a", "a"] }, { size: 5, tags: ["a", "a"] }), []);
  t.equal(errors({ size: 5, tags: ["a", "a"] }, { size: 5, tags: ["a"] }).length, 1);
  t.end();
});

t.test("times are checked as the server checks them", (t) => {
  for (const good of ["2024-02-29T10:00:00Z", "2024-01-01t00:00:00.5+01:00"])
    t.strictSame(errors({ size: 1, until: good }), []);
  for (const bad of ["2023-02-29T10:00:00Z", "2024-01-01", "2024-01-01T24:00:00Z", "x"])
    t.ok(errors({ size: 1, until: bad }).length > 0, bad);
  t.end();
});

t.test("names that every object inherits are no fields of the schema", (t) => {
  const resource: unknown = JSON.parse(
    '{"spec":{"size":1,"constructor":1,"__proto__":{"a":1},"limits":{"toString":1}}}',
  );
  const { object, unknownFields } = widgets.prune(resource);
  t.strictSame(unknownFields, ["spec.__proto__", "spec.constructor"]);
  t.equal(JSON.stringify(object), '{"spec":{"size":1,"limits":{"toString":1}}}');
  t.strictSame(widgets.validate(object), []);
  t.end();
});

t.test("rules are run on a map that has a key named `constructor`", (t) => {
  const rule = "self.all(name, name.matches('^[a-z]+$')) && self['constructor'] == 'x'";
  const map = structuralSchema({
    type: "object",
    additionalProperties: { type: "string" },
    "x-kubernetes-validations": [{ rule }],
  });
  t.strictSame(map.validate({ constructor: "x", other: "y" }), []);
  t.match(map.validate({ constructor: "x", Other: "y" }), [{ reason: "FieldValueInvalid", message: /failed rule/ }]);
  t.match(map.validate({ constructor: "z" }), [{ reason: "FieldValueInvalid", message: /failed rule/ }]);
  t.end();
});

t.test("for any JSON, nothing is thrown or changed, and pruning and defaulting are idempotent", (t) => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({
      spec: fc.dictionary(
        fc.constantFrom("size", "color", "note", "tags", "parts", "limits", "free", "until", "x"),
        fc.jsonValue(),
      ),
    }),
  );
  fc.assert(
    fc.property(anything, fc.option(anything, { nil: undefined }), (resource, old) => {
      const before = JSON.stringify(resource);
      const pruned = widgets.prune(resource).object;
      const defaulted = widgets.applyDefaults(pruned);
      widgets.validate(defaulted, old);
      widgets.validate(resource, old, { rules: "all" });
      return (
        JSON.stringify(resource) === before &&
        widgets.prune(pruned).unknownFields.length === 0 &&
        JSON.stringify(widgets.applyDefaults(defaulted)) === JSON.stringify(defaulted)
      );
    }),
    { numRuns: 2_000 },
  );
  t.pass();
  t.end();
});

t.test("integers of format int32 end at their bounds, and those without a format at 64 bits", (t) => {
  const isValid = (value: number, format?: string): boolean =>
    structuralSchema({ type: "integer", ...(format !== undefined && { format }) }).validate(value).length === 0;
  for (const value of [2 ** 31 - 1, -(2 ** 31), 0]) t.equal(isValid(value, "int32"), true, String(value));
  for (const value of [2 ** 31, -(2 ** 31) - 1]) {
    t.equal(isValid(value, "int32"), false, String(value));
    t.equal(isValid(value), true, String(value));
  }
  t.end();
});
