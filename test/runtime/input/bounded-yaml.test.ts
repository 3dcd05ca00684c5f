/** YAML of strangers: bounded before it is composed, and else read as the library reads it. */
import { spawnSync } from "node:child_process";
import fc from "../../property.js";
import t from "tap";
import { LineCounter, parseAllDocuments } from "yaml";
import { parseBoundedDocument, parseBoundedDocuments, YamlBoundsError } from "#src/runtime/input/bounded-yaml.js";

const bounds = { maxBytes: 65_536 };

const hostile: readonly (readonly [string, string, RegExp])[] = [
  ["nested flow lists and keys", '? ["'.repeat(1150), /nested deeper than 64 levels|more than/],
  ["nested explicit keys", "- ? ".repeat(1500), /nested deeper than 64 levels/],
  ["nested lists", "- ".repeat(20_000), /nested deeper than 64 levels/],
  ["nested flow lists", "[".repeat(60_000), /nested deeper than 64 levels/],
  ["nested flow maps", "{a: ".repeat(15_000), /nested deeper than 64 levels/],
  [
    "nested block maps",
    Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
    /nested deeper/,
  ],
  ["many items", "[" + "a,".repeat(30_000) + "]", /more than 20000 tokens/],
  ["many aliases", `a: &a 1\nb: [${"*a, ".repeat(200)}]`, /more than 100 aliases/],
  ["many bytes", "a".repeat(65_537), /more than 65536 bytes/],
  ["many bytes in few characters", "ä".repeat(40_000), /more than 65536 bytes/],
];

for (const [what, text, message] of hostile)
  t.test(`${what} are refused`, (t) => {
    t.throws(() => parseBoundedDocument(text, bounds), { name: "YamlBoundsError", message });
    t.end();
  });

t.test("two texts that abort the library's parser leave the process alive", (t) => {
  const script = `
    import { parseBoundedDocument } from "#src/runtime/input/bounded-yaml.js";
    const texts = ['? ["'.repeat(1150), "- ? ".repeat(1500)];
    for (let turn = 0; turn < 20; turn++) for (const text of texts)
      try { parseBoundedDocument(text, { maxBytes: 65536 }); } catch (error) { if (error.name !== "YamlBoundsError") throw error; }
    console.log("alive");`;
  const { stdout, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  t.equal(signal, null);
  t.equal(stdout, "alive\n");
  t.end();
});

t.test("duplicate keys are errors with positions, at every depth", (t) => {
  const { errors } = parseBoundedDocument("a: 1\nb:\n  - c: 1\n    c: 2\na: 3\n", bounds);
  t.same(errors.map(({ code, linePos }) => [code, linePos?.[0].line]).sort(), [
    ["DUPLICATE_KEY", 4],
    ["DUPLICATE_KEY", 5],
  ]);
  t.end();
});

t.test("a key that is not a scalar is an error: written out, it would cost its size at each level", (t) => {
  const errorsOf = (text: string, options = {}): unknown[] =>
    parseBoundedDocument(text, bounds, options).errors.map(({ code, linePos }) => [code, linePos?.[0].col]);
  t.same(errorsOf("- ? ".repeat(30) + "a".repeat(60_000)), [["NON_STRING_KEY", 5]]);
  t.same(errorsOf("name: {{ .Values.name }}"), [["NON_STRING_KEY", 8]]);
  t.same(errorsOf("[[a]: 1]"), [["NON_STRING_KEY", 2]]);
  t.same(errorsOf("a: &a 1\n*a : 2"), [["NON_STRING_KEY", 1]]);
  t.same(errorsOf("? [a]\n: 1", { uniqueKeys: false }), [["NON_STRING_KEY", 3]]);
  t.same(errorsOf("? [a]\n: 1", { stringKeys: true }), [["NON_STRING_KEY", 3]]);
  t.same(errorsOf("1: a\n~: b\n? c\n: d"), []);
  t.end();
});

t.test("an error's message ends with its line and column", (t) => {
  const [error] = parseBoundedDocument("a: 1\nb: [\n", bounds).errors;
  t.match(error?.message, /at line 3, column 1$/);
  t.end();
});

t.test("a text of which every token is an error leaves Error.stackTraceLimit as it was", (t) => {
  const before = Error.stackTraceLimit;
  t.ok(parseBoundedDocument("}\n".repeat(1000), bounds).errors.length >= 1000);
  t.equal(Error.stackTraceLimit, before);
  t.end();
});

t.test("a second document is an error of the first, and no document is an empty one", (t) => {
  t.match(parseBoundedDocument("a: 1\n---\nb: 2\n", bounds).errors, [
    { code: "MULTIPLE_DOCS", linePos: [{ line: 2 }] },
  ]);
  t.equal(parseBoundedDocument("", bounds).toJS(), null);
  t.equal(parseBoundedDocument("# nothing\n", bounds).toJS(), null);
  t.end();
});

const scalars = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom("yes", "0o7", "1e3", "~"),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalars,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const lines = fc
  .array(
    fc.constantFrom(
      "a: 1",
      "b:",
      "  c: [1, 2]",
      "- x",
      "  - y",
      "? k",
      ": v",
      "&a z",
      "*a",
      "'q",
      '"',
      "---",
      "...",
      "# c",
      "|",
      " t",
      "%TAG",
      "{",
      "}",
      "a: b: c",
      "\t",
    ),
    { maxLength: 12 },
  )
  .map((each) => each.join("\n"));

/** An alias without an anchor is an error when the value is made, not before. */
function valueOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return String(error);
  }
}

t.test("within the bounds it reads what the library reads, with the same errors", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        values.map((value) => JSON.stringify(value)),
        lines,
      ),
      (text) => {
        const lineCounter = new LineCounter();
        const library = parseAllDocuments(text, { lineCounter });
        const ours = parseBoundedDocuments(text, bounds);
        const theirs = "empty" in library ? [] : library;
        const summary = (
          documents: readonly {
            readonly errors: readonly { readonly code: string; readonly pos: readonly number[] }[];
            toJS(): unknown;
          }[],
        ): unknown =>
          documents.map((document, index) => [
            // keys within keys that are no scalars are nobody's concern, as is where the library puts a duplicate key in
            // a text with other errors
            !ours[index]?.errors.some(({ code }) => code === "NON_STRING_KEY") &&
              document.errors.some(({ code }) => code === "DUPLICATE_KEY"),
            document.errors
              .filter(({ code }) => code !== "DUPLICATE_KEY" && code !== "NON_STRING_KEY")
              .map(({ code, pos }) => `${code} ${pos[0]}`)
              .sort(),
            // keys that are no scalars are errors of ours alone
            ours[index]?.errors.length === 0 ? valueOf(document) : undefined,
          ]);
        t.strictSame(JSON.stringify(summary(ours)), JSON.stringify(summary(theirs)), text);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});

t.test("12,000 keys take no more than a few times what 6,000 take", (t) => {
  const text = (keys: number): string => Array.from({ length: keys }, (_, index) => `k${index}: 1\n`).join("");
  const document = parseBoundedDocument(text(6000), { maxBytes: 1_000_000, maxTokens: 100_000 });
  t.equal(document.errors.length, 0);
  const twice = parseBoundedDocument(text(12_000), { maxBytes: 1_000_000, maxTokens: 100_000 });
  t.equal(Object.keys(twice.toJS() as object).length, 12_000);
  t.throws(() => parseBoundedDocument(text(12_000), bounds), YamlBoundsError);
  t.end();
});
