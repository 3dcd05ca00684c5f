/** Every command that a document prints is executed by a test, or is on the list of those that are not, with the reason. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { packageRoot } from "#src/version.js";
import { executedDocuments, isExecuted, notExecuted } from "./executed-documents.js";
import { commandLines } from "./printed-steps.js";

const documents = spawnSync("git", ["ls-files", "*.md"], { cwd: packageRoot, encoding: "utf8" })
  .stdout.split("\n")
  .filter((file) => file !== "" && existsSync(join(packageRoot, file)))
  .map((file) => ({ file, text: readFileSync(join(packageRoot, file), "utf8") }));
const printed = documents.flatMap(({ file, text }) => commandLines(text).map((line) => ({ file, line })));
const exemptionOf = ({ file, line }: { file: string; line: string }): (typeof notExecuted)[number] | undefined =>
  notExecuted.find(({ document, line: pattern }) => document === file && pattern.test(line));

t.test("every printed command is executed, or exempt with a reason", (t) => {
  const exempt = printed.filter((each) => exemptionOf(each) !== undefined);
  const neither = printed.filter((each) => exemptionOf(each) === undefined && !isExecuted(each.file));
  t.comment(`${printed.length - exempt.length - neither.length} lines are executed, ${exempt.length} are exempt`);
  t.same(neither, [], "add the document to a test, or the lines to the list in executed-documents.ts");
  t.ok(printed.length > 200, `${printed.length} lines`);
  t.end();
});

t.test("no exemption is left over, and each names a test that exists", (t) => {
  const used = new Set(printed.map(exemptionOf));
  t.same(
    notExecuted.filter((each) => !used.has(each)),
    [],
  );
  for (const { document, reason, instead } of notExecuted) {
    t.ok(reason.length > 10, `${document}: ${reason}`);
    if (instead !== undefined) t.ok(existsSync(join(packageRoot, instead)), instead);
  }
  t.end();
});

t.test("the tests that execute documents read them, or this list", (t) => {
  for (const [test, files] of Object.entries(executedDocuments)) {
    const text = readFileSync(join(packageRoot, test), "utf8");
    for (const file of files) {
      t.ok(existsSync(join(packageRoot, file)), file);
      t.ok(
        text.includes(`executedDocuments["${test}"]`) || text.includes(file.split("/").at(-1) ?? file),
        `${test}: ${file}`,
      );
    }
  }
  t.end();
});

t.test("every block of code names its language, so that commands cannot hide", (t) => {
  const unnamed = documents.flatMap(({ file, text }) => {
    const fences = text.split("\n").filter((line) => /^ *```/.test(line));
    return fences.filter((fence, index) => index % 2 === 0 && fence.trim() === "```").map(() => file);
  });
  t.same(unnamed, []);
  const shells = documents.filter(({ text }) => /^ *```(bash|shell|console|zsh)$/m.test(text)).map(({ file }) => file);
  t.same(shells, [], "commands are in blocks of sh");
  t.end();
});
