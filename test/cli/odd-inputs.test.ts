/** Inputs that nobody writes on purpose: the offline commands say what is wrong in one line, quickly, whatever they get. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import fc from "../property.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { configCommand } from "#src/cli/config.js";
import { convertCommand } from "#src/cli/convert.js";
import { renderCommand } from "#src/cli/render.js";
import { validateCommand } from "#src/cli/validate.js";

const root = mkdtempSync(join(tmpdir(), "odd-inputs-"));
t.teardown(() => rmSync(root, { recursive: true, force: true }));

const commands = { validate: validateCommand, convert: convertCommand, render: renderCommand };

/** The outcomes of all commands for a file or directory. */
async function outcomes(path: string): Promise<(readonly [name: string, outcome: Outcome])[]> {
  const entries = Object.entries(commands);
  return Promise.all(entries.map(async ([name, make]) => [name, await outcomeOf(make, ["-f", path])] as const));
}

let files = 0;
function fileWith(content: string | Buffer): string {
  const file = join(root, `${++files}.yaml`);
  writeFileSync(file, content);
  return file;
}

const head = "apiVersion: orchestrator.io/v1\nkind: TaskRun\nmetadata: {name: a}\n";

/** What each is, its content, and what each command answers with exit code 1 or 2. */
const refused: readonly (readonly [what: string, content: string | Buffer, answer: RegExp])[] = [
  ["bytes that are not UTF-8", Buffer.from("kind: a\nname: caf\xe9\n", "latin1"), /\.yaml:2(:10)?: error: .*byte 0xE9/],
  [
    "UTF-16",
    Buffer.from("\uFEFFkind: a", "utf16le"),
    /\.yaml:1(:1)?: error: is not UTF-8 text: it has the byte 0xFF here/,
  ],
  ["NUL", "kind: a\nb: \0", /\.yaml:2(:4)?: error: has a NUL character/],
  ["an escape sequence", "kind: \u001b[31mred", /\.yaml:1(:7)?: error: has the control character U\+001B.*"\\u001B"/],
  [
    "a map inside of itself",
    `${head}spec: &a\n  env: *a\n`,
    /\.yaml:5(:8)?: error: .*\*a is inside of its own anchor &a/,
  ],
  [
    "a list inside of itself",
    `${head}spec: &a [ *a ]\n`,
    /\.yaml:4(:12)?: error: .*\*a is inside of its own anchor &a/,
  ],
  ["an alias without an anchor", `${head}spec: *a\n`, /\.yaml:4(:7)?: error: .*\*a has no anchor/],
  ["deep nesting", `a: ${"[".repeat(50_000)}`, /\.yaml: error: is nested deeper than 256 levels/],
  ["a merge of text", `${head}spec:\n  <<: text\n`, /Merge sources must be maps/],
  ["aliases that multiply", laughs(), /repeats? too much: write the values out/],
];

function laughs(): string {
  const lines = Array.from(
    { length: 12 },
    (_, level) => `  a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
  );
  return `${head}spec:\n  a0: &a0 [x]\n${lines.join("\n")}\n`;
}

for (const [what, content, answer] of refused)
  t.test(`${what} is refused with its place`, async (t) => {
    for (const [name, { code, err }] of await outcomes(fileWith(content))) {
      t.ok(code === 1 || code === 2, `${name}: exit code`);
      t.match(err, answer, name);
    }
  });

t.test("a device without an end is refused when its bound is reached", async (t) => {
  for (const [name, { code, err }] of await outcomes("/dev/zero"))
    t.same([code, err], [2, "/dev/zero: error: has more than 16777216 bytes; split it into several files\n"], name);
});

t.test("links are followed, in a circle only once", async (t) => {
  const directory = join(root, "links");
  mkdirSync(join(directory, "sub"), { recursive: true });
  writeFileSync(
    join(directory, "sub", "a.yaml"),
    `${head}spec: {taskId: 1, serviceName: a, markdownFiles: [{filename: a.md, content: a}]}\n`,
  );
  symlinkSync("..", join(directory, "sub", "up"));
  symlinkSync("sub", join(directory, "again"));
  symlinkSync("nowhere", join(directory, ".#lock"));
  t.match(await outcomeOf(validateCommand, ["-f", directory]), { code: 0, err: /^1 TaskRun checked: 0 errors/ });
  symlinkSync("self.yaml", join(directory, "self.yaml"));
  for (const [name, { code, err }] of await outcomes(directory))
    t.same([code, err], [2, `${join(directory, "self.yaml")}: error: can't be read: it is a link to itself\n`], name);
});

t.test("nothing to check is a failure with the likely reason", async (t) => {
  const empty = join(root, "empty");
  mkdirSync(empty);
  for (const [name, { code, err }] of await outcomes(empty)) {
    t.not(code, 0, name);
    t.match(err, `${empty} has no files that end in .yaml, .yml or .json`, name);
  }
  const { code, out } = await outcomeOf(validateCommand, ["-f", fileWith(head.replace("TaskRun", "Taskrun"))]);
  t.equal(code, 1);
  t.match(out, /orchestrator\.io\/v1 Taskrun "a" is unknown; did you mean orchestrator\.io\/v1 TaskRun\?/);
  const tekton = await outcomeOf(validateCommand, ["-f", fileWith("apiVersion: tekton.dev/v1\nkind: TaskRun\n")]);
  t.match(tekton, { code: 1, out: /: note: .* is skipped: it is not of the group orchestrator\.io/ });
});

t.test("control characters of a manifest are printed as escapes", async (t) => {
  const text = `${head}spec: {taskId: 1, serviceName: "a\\u001b]0;x\\u0007\\u202e", markdownFiles: []}\n`;
  const file = fileWith(text);
  for (const make of [validateCommand, renderCommand])
    for (const args of [[], ...(make === validateCommand ? [["-o", "json"]] : [])]) {
      const { out, err } = await outcomeOf(make, ["-f", file, ...args]);
      t.notMatch(out + err, /[^\P{C}\n]/u);
      t.match(out + err, /serviceName/);
    }
  const old = `${text.replace("/v1", "/v0")}  "colour\\u001b": red\n`;
  t.notMatch((await outcomeOf(convertCommand, ["-f", fileWith(old)])).err, /[^\P{C}\n]/u);
});

t.test("control characters of a configuration are printed as escapes", async (t) => {
  const unknown = `job: {"colour\\e[31m\\u202e": 1}\n`;
  const invalid = `cluster: {}\n${unknown}agents: {"a\\e\\u0085": {cli: "b\\e"}}\n`;
  for (const [text, found] of [
    [unknown, "colour\\u{1b}[31m\\u{202e}"],
    [invalid, "agents.a\\u{1b}\\u{85}.cli"],
  ] as const) {
    const file = fileWith(text);
    for (const make of Object.values(commands)) {
      const { out, err } = await outcomeOf(make, ["-f", "-", "--config", file], head);
      t.notMatch(out + err, /[^\P{C}\n]/u);
      t.match(err, found);
    }
    for (const args of [["show"], ["show", "-o", "json"], ["get", "job"], ["validate"], ["validate", "-o", "json"]]) {
      const { out, err } = await outcomeOf(configCommand, [...args, "-f", file]);
      t.notMatch(out + err, /[^\P{C}\n]/u, args.join(" "));
    }
    t.notMatch((await outcomeOf(configCommand, ["convert", "-f", file])).err, /[^\P{C}\n]/u);
  }
});

t.test("each kind is counted", async (t) => {
  const spec = "{taskId: 1, serviceName: a, markdownFiles: [{filename: a.md, content: a}]}";
  const docs = "{repositoryUrl: a/b, workingDirectory: ., sourceBranch: main, githubUser: swe}";
  const text = `${head}spec: ${spec}\n---\n${head.replace("TaskRun", "DocsRun")}spec: ${docs}\n`;
  t.match(await outcomeOf(validateCommand, ["-f", "-"], text), { err: "1 TaskRun and 1 DocsRun checked: 0 errors" });
});

t.test("many runs take linear time: also copies of one task, and a chain of dependencies", async (t) => {
  const runs = (spec: (index: number) => string): string =>
    Array.from(
      { length: 2000 },
      (_, index) =>
        `${head.replace("name: a", `name: a${index}`)}spec: {${spec(index)}, serviceName: a, markdownFiles: [{filename: a.md, content: a}]}\n`,
    ).join("---\n");
  const before = process.cpuUsage();
  const chain = await outcomeOf(
    validateCommand,
    ["-f", "-"],
    runs((i) => `taskId: ${i + 1}, dependsOn: [a${i + 1}]`),
  );
  t.match(chain, { code: 0, out: /a2000" is not among these files/ });
  const copies = await outcomeOf(
    validateCommand,
    ["-f", "-"],
    runs(() => "taskId: 1"),
  );
  t.equal(copies.code, 1);
  t.ok(copies.out.split("\n").length < 20_000, "an error for a few of the others");
  const ring = await outcomeOf(
    validateCommand,
    ["-f", "-"],
    runs((i) => `taskId: ${i + 1}, dependsOn: [a${i ^ 1}]`),
  );
  t.match(ring, { code: 1, out: /dependency cycle: a1 -> a0 -> a1/ });
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 8_000_000, `took ${(user + system) / 1e6} s of processor time`);
});

const words = [
  "apiVersion",
  "kind",
  "TaskRun",
  "CodeRun",
  "spec",
  "items",
  "List",
  "orchestrator.io/v1",
  "agents.platform/v1",
];
const token = fc.oneof(
  fc.constantFrom(
    ...words,
    ":",
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a",
    "*a",
    "<<: ",
    "!!set ",
    "|",
    "---\n",
    "#",
  ),
  fc.string({ maxLength: 3 }),
);

t.test("no text at all throws", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(token, { maxLength: 24 }), async (tokens) => {
      const text = tokens.join("");
      for (const make of Object.values(commands)) {
        const { code } = await outcomeOf(make, ["-f", "-"], text);
        if (code === undefined) throw new Error("no exit code");
      }
    }),
  );
  t.pass();
});
