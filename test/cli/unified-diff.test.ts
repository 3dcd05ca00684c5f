/** Differences of texts. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { unifiedDiff } from "#src/cli/unified-diff.js";
import fc from "../property.js";

t.test("a diff shows what was removed and added, with three lines around it", (t) => {
  const before = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const after = ["a", "b", "c", "d", "E", "f", "g", "h"];
  t.equal(unifiedDiff(before.join("\n"), after.join("\n")), "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n");
  t.equal(unifiedDiff("same\n", "same\n"), "");
  t.end();
});

t.test("distant changes are hunks of their own", (t) => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const changed = lines.map((line, index) => (index === 2 || index === 25 ? `${line}!` : line));
  t.strictSame(unifiedDiff(lines.join("\n"), changed.join("\n")).match(/^@@.*$/gm), [
    "@@ -1,6 +1,6 @@",
    "@@ -23,7 +23,7 @@",
  ]);
  t.end();
});

t.test("texts without a line in common are replaced as a whole, however long they are", (t) => {
  const text = (word: string): string => Array.from({ length: 20_000 }, (_, index) => `${word} ${index}`).join("\n");
  const diff = unifiedDiff(text("a"), text("b"));
  t.match(diff.slice(0, 60), /^@@ -1,20000 \+1,20000 @@\n-a 0\n/);
  t.equal(diff.split("\n").length, 40_002);
  t.end();
});

t.test("patch(1) makes the second text from the first and the diff", { skip: noPatch() }, (t) => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(""));
  const file = join(t.testdir({ text: "" }), "text");
  const gives = (before: string, after: string): boolean => {
    const diff = unifiedDiff(before.slice(0, -1), after.slice(0, -1));
    if (diff === "") return before === after;
    writeFileSync(file, before);
    const input = `--- a\n+++ b\n${diff}`;
    return spawnSync("patch", ["-s", "-o", "-", file], { encoding: "utf8", input }).stdout === after;
  };
  fc.assert(fc.property(text, text, gives), { numRuns: 60 });
  t.end();
});

function noPatch(): string | false {
  return spawnSync("patch", ["--version"]).status === 0 ? false : "patch is not installed";
}
