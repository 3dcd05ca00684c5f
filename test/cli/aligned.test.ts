/** Tables of text: alignment, and what is shortened on a terminal. */
import t from "tap";
import { aligned } from "#src/cli/aligned.js";
import { printable } from "#src/printable.js";

const lines = [
  ["NAME", "MESSAGE", "AGE"],
  ["one", "The agent is at work.", "5s"],
  ["a-long-name-of-a-run", "", "12s"],
];

t.test("columns are as wide as their widest cell, and no line ends with spaces", (t) => {
  t.equal(
    aligned(
      [
        ["A", "B"],
        ["long", ""],
      ],
      { gap: 2 },
    ),
    "A     B\nlong\n",
  );
  t.equal(aligned([]), "");
  t.end();
});

t.test("on a terminal the widest columns are shortened until each line fits, never below their heads", (t) => {
  const shown = (width: number): string[] => aligned(lines, { width }).trimEnd().split("\n");
  t.strictSame(shown(80), aligned(lines).trimEnd().split("\n"));
  const narrow = shown(40);
  for (const line of narrow) t.ok(line.length <= 40, line);
  t.match(narrow[2], /^a-long-name-of…/);
  t.match(narrow[1], /^one {15}The agent is a… +5s$/);
  t.match(shown(5)[0], /^NAME {7}MESSAGE {4}AGE$/);
  t.end();
});

t.test("printable text has no line breaks, escapes or marks that reorder it", (t) => {
  t.equal(printable("a\u001b[2J\r\nb\u202ec\u2028d"), "a [2J b c d");
  t.end();
});
