/** Warnings of the API server. */
import t from "tap";
import { warningsOf } from "#src/runtime/client/warnings.js";

void t.test("the texts of a header, with any content", (t) => {
  const cases: readonly [header: string | string[] | undefined, texts: string[]][] = [
    [undefined, []],
    ['299 - "spec.env is deprecated"', ["spec.env is deprecated"]],
    ['299 - "one", 299 kube "two, with a comma"', ["one", "two, with a comma"]],
    [
      ['299 - "one"', '299 - "two"'],
      ["one", "two"],
    ],
    ['299 - "a \\"quoted\\" \\\\ word" "Sun, 22 Nov 2026 00:00:00 GMT"', ['a "quoted" \\ word']],
    ['199 - "of a cache", 299 - "of the server"', ["of the server"]],
    ['299 - ""', [""]],
    ['299 - "one", nonsense, 299 - "two"', ["one"]],
    ['299 - "no end', []],
    ["", []],
  ];
  for (const [header, texts] of cases) t.strictSame(warningsOf(header), texts, String(header));
  t.end();
});
