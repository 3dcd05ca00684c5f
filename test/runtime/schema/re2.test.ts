import t from "tap";
import { re2 } from "#src/runtime/schema/re2.js";

t.test("what RE2 and JavaScript read in different ways is read as RE2 does", (t) => {
  const matches = (pattern: string, text: string): boolean => re2(pattern).test(text);
  t.notOk(matches("^\\s$", "\u00a0"), "blanks are ASCII");
  t.ok(matches("^\\S$", "\u2028"));
  t.ok(matches("^[^\\s]$", "\u00a0"));
  t.ok(matches("^a.b$", "a\u2028b"), "a dot stands for all but a line feed");
  t.notOk(matches("^a.b$", "a\nb"));
  t.ok(matches("^.$", "\u{1F600}"), "for a whole character");
  t.ok(matches("^[a\\-z]\\-$", "--"), "any punctuation may be escaped");
  t.ok(matches("^[[:alpha:]_]+$", "ab_"));
  t.ok(matches("(?i)^ABC$", "abc"));
  t.ok(matches("^(?P<year>[0-9]{4})$", "2024"));
  t.ok(matches("^{x}$", "{x}"), "a brace that repeats nothing is a brace");
  t.ok(matches("^[]a]+$", "]a"));
  t.ok(matches("^\\Aa\\z$", "a"));
  t.end();
});

t.test("a pattern that is none is refused when it is compiled", (t) => {
  t.throws(() => re2("("), SyntaxError);
  t.throws(() => re2("[\\S]"), /not understood/);
  t.end();
});
