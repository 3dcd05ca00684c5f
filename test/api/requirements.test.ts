/** What a task requires: whatever is written is read as it is meant, or refused by its place. */
import fc from "../property.js";
import t from "tap";
import { stringify } from "yaml";
import { readRequirements } from "#src/api/requirements.js";

const encoded = (content: string | Uint8Array): string => Buffer.from(content).toString("base64");

const variable = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/),
  fc.constantFrom("__proto__", "constructor", "null", "y", "NO"),
);
const secretName = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?(\.[a-z0-9]{1,5})?$/);
const secretKey = fc.oneof(fc.stringMatching(/^[-._a-zA-Z0-9]{1,12}$/), fc.constantFrom("true", "1", "1e3"));
const value = fc.string({ maxLength: 40, unit: "grapheme" }).filter((text) => !text.includes("\0"));

/** A map that has keys such as `__proto__` too. */
const mapOf = (entries: readonly (readonly [string, unknown])[]): Map<string, unknown> => new Map(entries);

t.test("what is well-formed is read as it was written", (t) => {
  const wanted = fc.record({
    whole: fc.array(secretName, { maxLength: 3 }),
    // each variable once, wherever it comes from
    named: fc.uniqueArray(fc.record({ name: variable, secretName, secretKey, value, fromSecret: fc.boolean() }), {
      selector: ({ name }) => name,
      maxLength: 6,
    }),
    asList: fc.boolean(),
  });
  fc.assert(
    fc.property(wanted, ({ whole, named, asList }) => {
      const fromSecrets = named.filter(({ fromSecret }) => fromSecret);
      const plain = named.filter(({ fromSecret }) => !fromSecret);
      const text = stringify({
        secrets: [
          ...whole.map((name) => ({ name })),
          ...fromSecrets.map(({ name, secretName: secret, secretKey: key }) => {
            const map = mapOf([[key, name]]);
            return { name: secret, keys: asList ? [map] : map };
          }),
        ],
        environment: mapOf(plain.map(({ name, value: text }) => [name, text])),
      });
      const { requirements, problems } = readRequirements(encoded(text));
      t.same(problems, []);
      t.same(requirements.wholeSecrets, whole);
      t.same(
        requirements.variables,
        fromSecrets.map(({ name, secretName: secret, secretKey: key }) => ({
          name,
          secretName: secret,
          secretKey: key,
        })),
      );
      t.same(
        Object.entries(requirements.environment).sort(),
        plain.map(({ name, value: text }) => [name, text]).sort(),
      );
    }),
  );
  t.end();
});

t.test("any bytes are read or refused, and nothing is thrown", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array().map(encoded), fc.string().map(encoded)),
      (text) => {
        const { problems } = readRequirements(text);
        t.ok(problems.every(({ message }) => message !== ""));
      },
    ),
  );
  t.end();
});

t.test("no value of an invalid document is repeated in its errors", (t) => {
  const marker = "s3cret-value";
  const leaf = fc.constantFrom<unknown>(marker, `${marker}\0`, marker.repeat(4000), 1, null, true);
  const { junk } = fc.letrec((tie) => ({
    junk: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("junk"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("name", "keys", "secrets", "environment", "A", "1-b"), tie("junk"), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  }));
  const anything = fc.record({ secrets: junk, environment: junk }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(junk, anything), (content) => {
      const { problems } = readRequirements(encoded(stringify(content)));
      t.notOk(problems.some(({ path, message }) => `${path}${message}`.includes(marker)));
    }),
  );
  t.end();
});

t.test("a variable with two values is refused, wherever they come from", (t) => {
  const problemsOf = (yaml: string): string[] => readRequirements(encoded(yaml)).problems.map(({ path }) => path);
  t.same(problemsOf("secrets: [{name: a, keys: [{k: A}]}]\nenvironment: {A: x}"), ["environment.A"]);
  t.same(problemsOf("secrets: [{name: a, keys: [{k: A}, {l: A}]}]"), ["environment.A"]);
  t.same(problemsOf("environment: {A: x, A: y}").length, 1);
  t.same(problemsOf("secrets: [{name: a}, {name: a, keys: {k: A}}]"), [], "a whole Secret's keys are not known");
  t.end();
});

t.test("endless aliases are refused", (t) => {
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ..."bcdefgh".split("").map((name, index) => `${name}: &${name} [${`*${"abcdefg"[index] ?? ""},`.repeat(9)}]`),
  ];
  t.match(readRequirements(encoded(bomb.join("\n"))).problems, [{ path: "", message: /endless aliases/ }]);
  t.end();
});

t.test("requirements of more than 16 KiB are refused before they are decoded, with what to do", (t) => {
  const commented = (bytes: number): string => encoded(`#${"x".repeat(bytes - 1)}`);
  t.same(readRequirements(commented(16_384)).problems, []);
  const refused = [
    { severity: "error", path: "", message: /more than 16384 bytes once decoded; move values to a Secret/ },
  ];
  t.match(readRequirements(commented(16_387)).problems, refused);
  t.match(readRequirements("!".repeat(3_000_000)).problems, refused);
  t.match(readRequirements(commented(16_384).replaceAll(/.{76}/g, "$&\n")).problems, [], "line breaks do not count");
  t.match(readRequirements(encoded(`a: ${"[".repeat(65)}`)).problems, [
    { message: /nested deeper than 64 levels; flatten/ },
  ]);
  t.end();
});
