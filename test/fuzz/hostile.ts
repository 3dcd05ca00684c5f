/** Texts and values that parsers and rules have trouble with. */
import { setMember } from "#src/runtime/schema/json.js";

/** Both once ended the process: nesting that the YAML library follows to the end of the stack. */
const aborting = ['? ["'.repeat(1150), "- ? ".repeat(1500)];

/** Pieces that text is broken with; each has a meaning in YAML, JSON, Handlebars or a path. */
export const tokens: readonly string[] = [
  ...aborting,
  ...["[".repeat(5000), "{a: ".repeat(2000), '{"a":'.repeat(2000), "- ".repeat(1000), "(not ".repeat(3000)],
  ...[
    "{{#if a}}".repeat(500),
    "{{#each a}}",
    "{{/if}}",
    "{{else}}",
    "{{",
    "}}",
    "{{{{raw}}}}",
    "{{!--",
    "{{> shared/a}}",
  ],
  ...[
    "{{#with ../..}}",
    "{{../../../x}}",
    "{{json (json (json this))}}",
    '{{#*inline "a"}}',
    "{{@root}}",
    "{{this.[a b]}}",
  ],
  ...["&a ", "*a", "&a [*a, *a, *a, *a]", "<<: *a\n", "!!binary ", "!!set ", "!!int ", "!<tag:a> ", "%YAML 1.1\n---\n"],
  ...[
    "---\n",
    "...\n",
    "? ",
    ": ",
    "- ",
    "|\n",
    ">-\n",
    "#",
    "\t",
    "\r",
    "\r\n",
    "\n",
    " ".repeat(3000),
    "'",
    '"',
    "\\",
  ],
  ...["\0", "\x80", "\xff\xfe", "\xed\xa0\x80", "\xef\xbb\xbf", "\x1b[2J", "\\ud800", "\\u0000", "\xe2\x80\xa8"],
  ...["null", "~", "true", "yes", "0x7f", "0o17", "1e999", "-0", ".nan", "-.inf", "9".repeat(400), "1_000", "1:30:00"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "length", '"__proto__":', "__proto__: {a: 1}\n"],
  ...["k".repeat(5000), `${"k".repeat(2000)}: 1\n`, "a.".repeat(2000), "/..".repeat(500), "${x}", "$(x)", "`x`", ","],
];

const long = ["a", "-", ".", " ", "/", "1", "A", "=", "\n", "é", "${", "a.", "a-", "@", ":"].flatMap((each) => [
  each.repeat(64),
  `${each.repeat(4000)}!`,
]);

/** Values for a field of any type. */
export const values: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, -(2 ** 31) - 1, Number.MIN_VALUE],
  ...[
    "",
    " ",
    "a",
    "a".repeat(63),
    "a".repeat(253),
    "a".repeat(254),
    "A b",
    "a\nb",
    "a\0b",
    "\ud800",
    "\u202e",
    "null",
    "1",
  ],
  ...[
    "../../etc",
    "/",
    "-",
    "__proto__",
    "constructor",
    "{{x}}",
    "{{#each a}}",
    "$(A)",
    "${A}",
    "*",
    "a=b",
    "1Gi",
    "1e99999",
    "-1m",
  ],
  ...[
    "https://user:pw@github.com/a/b",
    "git@github.com:a/b",
    "ssh://[::1]:1/a",
    "https://[",
    "file:///etc/passwd",
    "http://\0",
  ],
  ...[[], {}, [[]], [null], [{}], { "": "" }, { a: null }, { name: 1 }, [{ name: null }, { name: [] }], protoObject()],
  ...aborting.map((text) => Buffer.from(text).toString("base64")),
  ...long,
];

/** Keys for a member of any map. */
export const keys: readonly string[] = [
  ...[
    "",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "0",
    "a b",
    "a/b",
    "a~b",
    "a.b",
    "[0]",
    "é",
  ],
  ...["\0", "\n", "k".repeat(254), "k".repeat(5000), "name", "kind", "spec", "metadata", "items", "<<"],
];

/** As `JSON.parse` makes it: an own member of that name. */
function protoObject(): object {
  const object = {};
  setMember(object, "__proto__", { polluted: true });
  return object;
}
