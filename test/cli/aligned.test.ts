/** Tables of text: alignment, and what is shortened on a terminal. */
import t from "tap";
import { aligned } from "#src/cli/aligned.js";
import { printable } from "#src/printable.js";

const lines = [
  ["NAME", "MESSAGE", "AGE"],
  ["one", "The agent is at work, and has been since noon.", "5s"],
  ["a-name-of-a-run-that-is-long", "", "12s"],
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

t.test("on a terminal the widest columns are shortened until each line fits, but not below 20 characters", (t) => {
  const shown = (width: number): string[] => aligned(lines, { width }).trimEnd().split("\n");
  t.strictSame(shown(100), aligned(lines).trimEnd().split("\n"));
  t.strictSame(shown(70), [
    "NAME                           MESSAGE                             AGE",
    "one                            The agent is at work, and has be…   5s",
    "a-name-of-a-run-that-is-long                                       12s",
  ]);
  const narrow = [
    "NAME                   MESSAGE                AGE",
    "one                    The agent is at wor…   5s",
    "a-name-of-a-run-tha…                          12s",
  ];
  t.strictSame([shown(50), shown(5)], [narrow, narrow]);
  t.end();
});

t.test("columns that do not fit are left out, and what still exceeds a terminal that does not wrap is cut", (t) => {
  const shown = (width: number, more: object): string[] =>
    aligned(lines, { width, ...more })
      .trimEnd()
      .split("\n");
  const leaveOut = ["NONE", "MESSAGE", "AGE"];
  t.strictSame(shown(49, { leaveOut }), shown(50, {}), "as long as shortening suffices");
  t.strictSame(shown(48, { leaveOut }), [
    "NAME                           AGE",
    "one                            5s",
    "a-name-of-a-run-that-is-long   12s",
  ]);
  t.strictSame(shown(20, { leaveOut }), ["NAME", "one", "a-name-of-a-run-tha…"]);
  t.strictSame(shown(30, { cut: true }), [
    "NAME                   MESSAGE",
    "one                    The ag…",
    "a-name-of-a-run-tha…",
  ]);
  t.strictSame(shown(10, { cut: true, leaveOut }), ["NAME", "one", "a-name-of…"]);
  t.end();
});

t.test("printable text has no line breaks, escapes or marks that reorder it", (t) => {
  t.equal(printable("a\u001b[2J\r\nb\u202ec\u2028d"), "a [2J b c d");
  t.end();
});
