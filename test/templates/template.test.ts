import fc from "../property.js";
import Handlebars from "handlebars";
import t from "tap";
import { TemplateError } from "#src/templates/problem.js";
import type { Bounds } from "#src/templates/rendering.js";
import { compileTemplate } from "#src/templates/template.js";

const render = (text: string, variables: object = {}, bounds?: Bounds): string =>
  compileTemplate("code/a.hbs", text).render(variables, bounds);

/** Place and reason of the mistake that a template has. */
function mistake(text: string, variables: object = {}, bounds?: Bounds): string {
  try {
    render(text, variables, bounds);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  return "no mistake";
}

const compileRound =
  (...templates: [string, string][]) =>
  () =>
    compileTemplate("a.hbs", "{{> b}}", (name) => new Map(templates).get(name));

t.test("values come out as they are, without HTML's escapes", (t) => {
  t.equal(render("{{a}} {{{a}}} {{b}} {{c}}", { a: `<"'&=>`, b: 0, c: false }), `<"'&=> <"'&=> 0 false`);
  t.equal(
    render("{{#each xs as |x i|}}{{i}}:{{x.n}}{{#unless @last}}, {{/unless}}{{/each}}", {
      xs: [{ n: "a" }, { n: "b" }],
    }),
    "0:a, 1:b",
  );
  t.equal(render("{{#with a}}{{b}}{{../c}}{{@root.c}}{{/with}}", { a: { b: 1 }, c: 2 }), "122");
  t.equal(
    render("{{#if a}}1{{else if b}}2{{else}}3{{/if}}{{#each none}}x{{else}}empty{{/each}}", { a: [], b: "", none: [] }),
    "3empty",
  );
  t.end();
});

t.test("helpers do what their names say", (t) => {
  const all = {
    '{{eq 1 1}} {{eq 1 "1"}} {{ne a "x"}}': "true false false",
    "{{and a 0}} {{or none a}} {{not none}}": "false true true",
    '{{includes xs "b"}} {{includes a "x"}} {{includes xs "c"}}': "true true false",
    '{{default nothing "d"}} {{default "" "e"}} {{default a "f"}} {{default 0 1}}': "d e x 0",
    '{{lower "ÄB"}} {{upper "äb"}}': "äb ÄB",
    "{{json xs}} {{json nothing}} {{json o 1}}": '["a","b"] null {\n "k": [\n  1\n ]\n}',
    "{{yaml o}}": "k:\n  - 1",
    "{{toml o}} {{toml quote}}": '{ "k" = [1] } "it\'s"',
    "{{indent 2 (yaml o)}}": "  k:\n    - 1",
    "{{shq quote}}": `'it'\\''s'`,
  };
  const variables = { a: "x", none: "", nothing: null, xs: ["a", "b"], o: { k: [1] }, quote: "it's" };
  for (const [text, expected] of Object.entries(all)) t.equal(render(text, variables), expected, text);
  t.end();
});

t.test("an error is reported with file, line and column", (t) => {
  const all: [string, string][] = [
    ["a\n  {{b.c}}", '2:5: unknown variable "b.c"'],
    ["{{#if typo}}x{{/if}}", '1:7: unknown variable "typo"'],
    ['{{eq typo "x"}}', '1:6: unknown variable "typo"'],
    ["\n{{frobnicate a}}", '2:1: unknown helper "frobnicate"; known helpers: and, default,'],
    ["{{#frobnicate a}}{{/frobnicate}}", '1:1: unknown block "frobnicate"'],
    ["{{lookup a 1}}", '1:1: unknown helper "lookup"'],
    ["{{toml nothing}}", "1:1: toml: TOML has no null"],
    ["{{log a}}", '1:1: unknown helper "log"'],
    ["a {{nothing}}", "1:3: nothing has no value; give one with (default ...)"],
    ["{{o}}", "1:1: o is an object, not text; use json or yaml to print it"],
    ["{{shq nothing}}", "1:1: shq: its argument has no value"],
    ["{{shq nul}}", "1:1: shq: a shell word cannot contain a NUL character"],
    ["{{shq a b=1}}", "1:1: named arguments"],
    ["{{eq a}}", "1:1: eq takes 2 arguments"],
    ["{{shq}}", "1:3: shq is a helper and takes arguments"],
    ["{{../a}}", "1:3: ../a leaves the outermost scope"],
    ["{{> nowhere}}", '1:1: unknown template "nowhere"'],
    ["{{> a b c}}", "1:1: a partial must be a plain name"],
    ['{{#*inline "x"}}{{/inline}}', "1:1: is not supported here"],
    ["x\n  {{#if a}}\n", "3:1: is not valid Handlebars"],
    ["x\nyy {{a ]}}\nzz", "2:8: is not valid Handlebars"],
    ["{{#if a}}{{/each}}", "1:4: if doesn't match each"],
  ];
  for (const [text, expected] of all) {
    const found = mistake(text, { a: "a", o: {}, nothing: null, nul: "\0" });
    t.equal(found.slice(0, `code/a.hbs:${expected}`.length), `code/a.hbs:${expected}`, text);
  }
  t.end();
});

t.test("prototypes are out of reach, and none can be changed", (t) => {
  for (const path of [
    "constructor",
    "a.constructor",
    "__proto__",
    "a.__proto__.x",
    "a.length",
    "toString",
    "xs.map",
    "@root.constructor",
  ])
    t.match(mistake(`{{json ${path}}}`, { a: "x", xs: [] }), `unknown variable "${path}"`, path);
  t.match(mistake("{{constructor a}}", { a: 1 }), 'unknown helper "constructor"');
  t.match(mistake("{{#__proto__ a}}{{/__proto__}}", { a: 1 }), 'unknown block "__proto__"');
  t.end();
});

t.test("a template can use up neither time nor memory", (t) => {
  const xs = Array.from({ length: 1000 }, (_, index) => index);
  const rounds = "{{#each xs}}{{#each ../xs}}{{#each ../../xs}}{{/each}}{{/each}}{{/each}}";
  t.match(mistake(rounds, { xs }), "takes more than 100000 steps");
  t.match(mistake("{{#each xs}}{{../a}}{{/each}}", { xs, a: "x".repeat(1000) }), "renders more than 524288 characters");
  t.match(
    mistake("{{#each xs}}{{#if (upper ../a)}}{{/if}}{{/each}}", { xs, a: "x".repeat(100_000) }),
    "calls helpers that return",
  );
  t.match(mistake("{{#if a}}".repeat(100) + "{{/if}}".repeat(100), { a: 1 }), "nested deeper than 64");
  t.match(mistake(`{{json ${"(not ".repeat(100)}a${")".repeat(100)}}}`, { a: 1 }), "nested deeper than 64");
  const nested = ["(not ".repeat(8000), "{{#if a}}".repeat(8000), `{{#if a}}${"{{else if a}}".repeat(8000)}`];
  for (const text of nested.map((each) => (each.startsWith("(") ? `{{json ${each}` : each)))
    t.match(mistake(text, { a: 1 }), "nested deeper than 100 levels");
  t.match(mistake("{{a}}".repeat(20_000), { a: 1 }), "has more than 20000 tokens");
  t.match(mistake("{{! a }}\n".repeat(201)), /^\D*201:1: has more than 200 comments/);
  t.match(mistake("x".repeat(300_000)), "1:1: has 300000 characters");
  const round = compileRound(["a", "{{> b}}"], ["b", "{{> a}}"]);
  t.throws(round, /include cycle: a\.hbs > b\.hbs > a\.hbs/);
  t.end();
});

t.test("what is closed again, and what only looks like an opening, is not nested", (t) => {
  const pieces = [
    "{{#if a}}{{else if b}}{{else}}{{/if}}",
    "{{json (not (not a))}}",
    "{{#unless a}}{{/unless}}",
    "{{!-- {{#if a}} --}}",
    "\\{{#if a}}",
    '{{json "{{#if ((("}}',
    "((((",
  ];
  const template = compileTemplate("a.hbs", pieces.join("\n").repeat(150));
  t.doesNotThrow(() => template.render({ a: 1, b: 2 }));
  t.end();
});

t.test("exploring finds mistakes in branches that no sample takes", (t) => {
  const template = compileTemplate("a.hbs", '{{#if (eq a "never")}}{{typo}}{{/if}}');
  t.equal(template.render({ a: "b" }), "");
  t.match(template.explore({ a: "b" }), [{ message: 'a.hbs:1:25: unknown variable "typo"' }]);
  t.end();
});

t.test("all mistakes of a template are found at once, and none hides what is nested in it", (t) => {
  const found = (text: string): string[] =>
    compileTemplate("a.hbs", text)
      .explore({ a: "b", xs: [{}] })
      .map(({ message }) => message);
  t.same(
    found("{{one}}\n{{#if two}}{{three}}{{else}}{{four}}{{/if}}\n{{#each xs}}{{five}}{{/each}}{{#each six}}x{{/each}}"),
    [
      'a.hbs:1:3: unknown variable "one"',
      'a.hbs:2:7: unknown variable "two"',
      'a.hbs:2:14: unknown variable "three"',
      'a.hbs:2:31: unknown variable "four"',
      'a.hbs:3:15: unknown variable "five"',
      'a.hbs:3:38: unknown variable "six"',
    ],
  );
  t.throws(() => compileTemplate("a.hbs", "{{x y}}\n{{#z y}}{{/z}}\n{{> gone}}"), {
    name: "TemplateErrors",
    errors: [{ message: /^a\.hbs:1:1/ }, { message: /^a\.hbs:2:1/ }, { message: /^a\.hbs:3:1/ }],
  });
  const rounds = "{{#each xs}}{{#each ../xs}}{{#each ../../xs}}{{/each}}{{/each}}{{/each}}";
  const xs = Array.from({ length: 1000 }, (_, index) => index);
  t.equal(compileTemplate("a.hbs", rounds).explore({ xs }).length, 1, "a bound ends the search");
  const typos = compileTemplate("a.hbs", Array.from({ length: 150 }, (_, n) => `{{typo${n}}}`).join("\n")).explore({
    a: 1,
  });
  t.equal(typos.length, 101);
  t.match(typos.at(-1), { line: 100, reason: /more than 100 errors/ });
  t.end();
});

t.test("numbers and booleans side by side are written one after the other", (t) => {
  t.equal(render("{{n}}{{n}}{{no}}{{no}}", { n: 12, no: false }), "1212falsefalse");
  t.end();
});

t.test("what it makes is what Handlebars makes", (t) => {
  const name = fc.constantFrom("a", "b", "xs", "o.k", "this.a", "@root.a");
  const list = fc.constantFrom("xs", "@root.xs");
  const { text } = fc.letrec<{ text: string; piece: string }>((tie) => ({
    text: fc.array(tie("piece"), { maxLength: 4 }).map((pieces) => pieces.join("")),
    piece: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("plain", " ", "\n", "  \n", "'\"<&>"),
      fc.constantFrom("{{a}}", "{{~a}}", "{{{b}}}", "{{@root.o.k}}", "{{! note }}", "{{!-- -- --}}", "{{a~}}"),
      fc.tuple(name, tie("text"), tie("text")).map(([a, x, y]) => `{{#if ${a}}}${x}{{else}}${y}{{/if}}`),
      fc.tuple(name, tie("text")).map(([a, x]) => `\n  {{#unless ${a}}}\n${x}\n  {{/unless}}\n`),
      fc.tuple(list, tie("text")).map(([a, x]) => `{{#each ${a}}}{{@index}}{{#if @last}}.{{/if}}{{/each}}${x}`),
      tie("text").map((x) => `{{#each xs as |x i|}}{{x}}{{i}}{{/each}}${x}`),
    ),
  }));
  const variables = fc.record({
    a: fc.string(),
    // no numbers and booleans: without escaping, Handlebars adds two that stand side by side
    b: fc.constantFrom("", "yes"),
    xs: fc.array(fc.string(), { maxLength: 3 }),
    o: fc.record({ k: fc.nat().map(String) }),
  });
  fc.assert(
    fc.property(text, variables, (template, values) => {
      const expected = Handlebars.compile(template, { noEscape: true })(values);
      t.ok(
        render(template, values) === expected || t.equal(render(template, values), expected, JSON.stringify(template)),
      );
    }),
    { numRuns: process.env.TEST_FULL === "1" ? 5000 : 300 },
  );
  t.end();
});
