/** Members found in bytes are those that a parser finds. */
import t from "tap";
import { memberPlaces } from "#src/runtime/input/json-members.js";
import fc from "../../property.js";

const wanted = new Set(["model", "stream", ""]);

function found(text: string): Record<string, unknown> | undefined {
  const bytes = Buffer.from(text);
  const places = memberPlaces(bytes, wanted);
  return (
    places &&
    Object.fromEntries(
      [...places].map(([name, { start, end }]) => [name, JSON.parse(bytes.subarray(start, end).toString()) as unknown]),
    )
  );
}

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

/** A JSON text, with spaces where they may be. */
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.json({ maxDepth: 0 }),
    fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
    fc
      .tuple(space, fc.array(tie("value"), { maxLength: 3 }), space)
      .map(([a, items, b]) => `[${a}${items.join(`${b},${a}`)}${b}]`),
    fc
      .tuple(space, fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 3 }), space)
      .map(
        ([a, members, b]) =>
          `{${a}${members.map(([key, each]) => `${JSON.stringify(key)}${b}:${a}${each}`).join(`${a},${b}`)}${b}}`,
      ),
  ),
})).value;

const key = fc.oneof(
  fc.constantFrom('"model"', '"m\\u006fdel"', '"stream"', '""', '"model\\""', '"a"', '"{"'),
  fc.string().map((text) => JSON.stringify(text)),
);

t.test("the same members as a parser finds, in any surroundings", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value, space, space), { maxLength: 8 }), space, (members, around) => {
      const unique = new Map(members.map((member) => [JSON.parse(member[0]) as string, member]));
      const text = `${around}{${[...unique.values()].map(([key, each, a, b]) => `${a}${key}${b}:${a}${each}${b}`).join(",")}${around}}${around}`;
      const parsed = JSON.parse(text) as Record<string, unknown>;
      const expected = Object.fromEntries(Object.entries(parsed).filter(([name]) => wanted.has(name)));
      t.strictSame(found(text), expected);
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test("a member given twice is refused, however it is written", (t) => {
  t.throws(() => found('{"model":1,"a":2,"mo\\u0064el":3}'), /model is given twice/);
  t.same(found('{"a":1,"a":2,"model":3}'), { model: 3 });
  t.end();
});

t.test("a value that is not an object, or is cut off, has no members; garbage takes linear time", (t) => {
  const text = ' {"model": "a", "x": [1, {"y": "}"}], "stream": true } ';
  for (let end = 0; end < text.trimEnd().length; end++)
    t.equal(found(text.slice(0, end)), undefined, text.slice(0, end));
  t.same(found(text), { model: "a", stream: true });
  for (const other of ["[]", "1", '"a"', "{}x", '{"a"}', '{"a":}', '{"a":1,}', "{1:2}", '{"a" 1}', '{"\\x":1}', "{,}"])
    t.equal(found(other), undefined, other);
  for (const garbage of [
    '{"a":'.repeat(400_000),
    '{"' + "\\".repeat(2_000_000),
    "{" + '"a":1,'.repeat(300_000),
    `{"a":${"[".repeat(2_000_000)}`,
  ])
    t.equal(found(garbage), undefined);
  t.end();
});
