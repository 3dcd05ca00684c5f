/** The nesting of JSON is known before it is parsed. */
import fc from "../../property.js";
import t from "tap";
import { DepthError, isNestedDeeper, parseBoundedJson } from "#src/runtime/input/bounded-json.js";

/** Levels of a parsed value: 1 for a list or object of scalars. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

t.test("a text is nested deeper than all levels below its own, and than no others", (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.boolean(), (text, indented) => {
      const value: unknown = JSON.parse(text);
      const bytes = Buffer.from(indented ? JSON.stringify(value, null, 1) : text);
      const depth = depthOf(value);
      for (let level = 0; level < depth; level++) t.equal(isNestedDeeper(bytes, level), true, text);
      t.equal(isNestedDeeper(bytes, depth), false, text);
    }),
  );
  t.end();
});

t.test("brackets in strings do not count, after any escapes", (t) => {
  for (const text of [
    String.raw`["[[[["]`,
    String.raw`["\"[[[["]`,
    String.raw`["\\", "[[["]`,
    String.raw`["\\\"[[[["]`,
    `["é[[["]`,
  ])
    t.equal(isNestedDeeper(Buffer.from(text), 1), false, text);
  t.equal(isNestedDeeper(Buffer.from(String.raw`["\\", [[]]]`), 2), true, "the string ends after two backslashes");
  t.end();
});

t.test("brackets in long strings do not count, wherever they are escaped", (t) => {
  const text = fc
    .array(fc.constantFrom("a", "\\", '"', "[", "{", "é", "\n"), { maxLength: 150 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
      const bytes = Buffer.from(JSON.stringify([texts]));
      return !isNestedDeeper(bytes, 2) && isNestedDeeper(bytes, 1);
    }),
    { numRuns: 1000 },
  );
  t.pass();
  t.end();
});

t.test("a million levels, and any other bytes, are refused or parsed without recursion", (t) => {
  t.throws(() => parseBoundedJson(Buffer.from("[".repeat(1_000_000)), 200), DepthError);
  t.throws(() => parseBoundedJson('{"a":'.repeat(1_000_000), 200), { message: "is nested deeper than 200 levels" });
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const buffer = Buffer.from(bytes);
      t.equal(isNestedDeeper(buffer, bytes.length), false);
    }),
  );
  t.throws(() => parseBoundedJson("[", 200), SyntaxError);
  t.same(parseBoundedJson('{"a":[1]}', 2), { a: [1] });
  t.end();
});
