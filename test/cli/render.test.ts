import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import fc from "../property.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import type { AnyRun } from "#src/admission/index.js";
import { renderCommand } from "#src/cli/render.js";
import { runDirectories } from "#src/cli/run-directories.js";

const directory = mkdtempSync(join(tmpdir(), "render-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

const render = async (args: readonly string[], stdin = ""): Promise<Outcome> =>
  outcomeOf(renderCommand, ["-f", "-", ...args], stdin);

function fileWith(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

const code = `apiVersion: orchestrator.io/v1
kind: CodeRun
metadata: {name: task-7}
spec: {taskId: 7, service: auth, repositoryUrl: acme/auth, docsRepositoryUrl: acme/platform, githubApp: Acme-Rex}
`;
const docs = `apiVersion: orchestrator.io/v1
kind: DocsRun
metadata: {name: docs}
spec: {repositoryUrl: acme/platform, workingDirectory: ., sourceBranch: main, githubUser: octocat}
`;
const task = `apiVersion: orchestrator.io/v1
kind: TaskRun
metadata: {name: task}
spec: {taskId: 1, serviceName: auth, markdownFiles: [{filename: task.md, content: "# Task"}]}
`;

t.test("the files of runs of all kinds are printed, each with its name", async (t) => {
  const { code: exit, out, err } = await render(["--number", "3", "-n", "team"], [code, docs, task].join("---\n"));
  t.equal(exit, 0, err);
  for (const file of [
    "coderun-task-7/container.sh",
    "coderun-task-7/mcp.json",
    "docsrun-docs/prompt.md",
    "taskrun-task/CLAUDE.md",
  ])
    t.match(out, `==> ${file} <==\n`);
  t.match(out, "readonly github_app='Acme-Rex'");
  t.match(out, "readonly run_namespace='team'");
  t.match(out, "readonly run_number='3'");
});

t.test("with --output the files are written below the directory", async (t) => {
  const output = join(directory, "out");
  const { code: exit, out } = await render(["-o", output], code);
  t.equal(exit, 0);
  t.ok(readdirSync(join(output, "coderun-task-7")).includes("container.sh"));
  t.match(out, join(output, "coderun-task-7", "CLAUDE.md"));
});

t.test("a template that fails for one run is one line on stderr, and the other runs are rendered", async (t) => {
  const wide = fileWith("wide.yaml", `data: {code_claude.md.hbs: '{{indent spec.taskId "task"}}'}`);
  const failing = code.replace("task-7", "task-99").replace("taskId: 7", "taskId: 99");
  const { code: exit, out, err } = await render(["--templates", wide], [failing, code, docs].join("---\n"));
  t.equal(exit, 1);
  t.match(out, "==> coderun-task-7/CLAUDE.md <==");
  t.match(out, "==> docsrun-docs/prompt.md <==");
  t.notMatch(out, "coderun-task-99");
  const lines = err.trimEnd().split("\n");
  t.equal(lines.length, 1, err);
  t.match(lines[0], /^coderun-task-99: error: template code\/claude\.md\.hbs:1:1: indent: /);
  t.match(lines[0], /; correct the template, or the field of the run that it uses$/);
});

t.test("runs of one name are rendered into directories of their own", async (t) => {
  const output = join(directory, "same-name");
  const inTeam = (namespace: string): string =>
    code.replace("{name: task-7}", `{name: task-7, namespace: ${namespace}}`);
  const { code: exit, err } = await render(["-o", output], [inTeam("a"), inTeam("b"), docs].join("---\n"));
  t.equal(exit, 0, err);
  t.same(readdirSync(output).sort(), ["a", "b", "docsrun-docs"]);
  for (const namespace of ["a", "b"])
    t.match(
      readFileSync(join(output, namespace, "coderun-task-7", "container.sh"), "utf8"),
      `readonly run_namespace='${namespace}'`,
    );
  const unnamed = code.replace("{name: task-7}", "{generateName: task-}");
  const { out } = await render([], [unnamed, unnamed].join("---\n"));
  t.match(out, "==> coderun-task-/CLAUDE.md <==");
  t.match(out, "==> coderun-task-@2/CLAUDE.md <==");
});

t.test("no directory of a run equals or contains that of another, with any names", (t) => {
  const names = fc.constantFrom("a", "b", "coderun-a", "a@2");
  const runs = fc.array(
    fc.record({ kind: fc.constantFrom("CodeRun", "TaskRun"), namespace: names, name: names, generated: fc.boolean() }),
    { minLength: 2, maxLength: 12 },
  );
  fc.assert(
    fc.property(runs, (all) => {
      const directories = runDirectories(
        all.map(({ kind, namespace, name, generated }) => {
          const metadata = { namespace, ...(generated ? { generateName: name } : { name }) };
          return { apiVersion: "orchestrator.io/v1", kind, metadata, spec: {} } as AnyRun;
        }),
      );
      for (const [index, one] of directories.entries())
        for (const other of directories.slice(index + 1))
          if (`${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`)) return false;
      return true;
    }),
  );
  t.end();
});

t.test("a directory that cannot be written is reported with its path", async (t) => {
  const output = fileWith("file", "a file");
  const { code: exit, err } = await render(["-o", output], code);
  t.equal(exit, 2);
  t.equal(err, `${output}: error: can't be written: it is not a directory\n`);
  t.match(await render(["-o", "/dev/null/x"], "no manifest"), { code: 2, err: /x: error: can't be written: ENOTDIR/ });
});

t.test("templates can be tried before they are applied", async (t) => {
  const good = fileWith("good.yaml", 'data: {code_claude.md.hbs: "{{spec.service}} by {{agent.role}}"}');
  const bad = fileWith("bad.yaml", 'data: {code_claude.md.hbs: "{{spec.servce}}"}');
  const config = fileWith("config.yaml", "agents: {rex: {githubApp: Acme-Rex, model: opus}}");
  const optional = fileWith(
    "optional.yaml",
    `data: {code_claude.md.hbs: '{{spec.service}} by {{default agent.model "?"}}'}`,
  );
  t.match(await render(["--templates", good], code), { code: 1, err: /agent\.role has no value/ });
  t.match(await render(["--templates", bad], code), {
    code: 1,
    err: `${bad}: code/claude.md.hbs:1:3: unknown variable "spec.servce"`,
  });
  const output = join(directory, "tried");
  t.match(await render(["--templates", optional, "--config", config, "-o", output], code), { code: 0 });
  t.equal(readFileSync(join(output, "coderun-task-7/CLAUDE.md"), "utf8"), "auth by opus");
});

t.test("a run that would be denied is not rendered, and an unreadable file gives exit code 2", async (t) => {
  const denied = await render([], code.replace("taskId: 7", "taskId: 0"));
  t.match(denied, { code: 1, out: "", err: /^coderun-task-7: error: spec\.taskId: / });
  t.match(await render([], "kind: ConfigMap\n"), {
    code: 2,
    err: /nothing to render: standard input has no TaskRun, CodeRun or DocsRun/,
  });
  t.match(await render(["--templates", "/does/not/exist"], code), { code: 2, err: /can't be read/ });
  t.match(await render(["--templates", fileWith("map.yaml", "data: {code_claude.md.hbs: {a: b}}")], code), {
    code: 2,
    err: /map\.yaml: error: data\[code_claude\.md\.hbs\] is not text/,
  });
  t.match(await render(["--templates", fileWith("none.yaml", "[]")], code), {
    code: 2,
    err: /not a ConfigMap with data/,
  });
});
