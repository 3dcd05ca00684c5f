/** The files of a run, and the real script that puts them into a real directory. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "../property.js";
import t from "tap";
import { parse } from "yaml";
import { exampleRun } from "../runs/model-cluster.js";
import { prepareScript } from "#src/kinds/taskrun/prepare.js";
import { taskRunFiles } from "#src/kinds/taskrun/files.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

/** busybox where it is there, since that is what the init container has. */
const shells = [["sh"], ...(existsSync("/bin/busybox") || existsSync("/usr/bin/busybox") ? [["busybox", "sh"]] : [])];

/** A directory as the kubelet mounts a ConfigMap: the files are links into a hidden directory. */
function mount(root: string, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(root, "files-"));
  mkdirSync(join(directory, "..2024_07_02"));
  symlinkSync("..2024_07_02", join(directory, "..data"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, "..2024_07_02", name), content);
    symlinkSync(join("..data", name), join(directory, name));
  }
  return directory;
}

function prepare(shell: readonly string[], run: TaskRun, number: number, workspace: string, keep?: number): void {
  const [program = "sh", ...first] = shell;
  execFileSync(program, [...first, "-c", prepareScript], {
    env: {
      PATH: process.env.PATH,
      FILES: mount(dirname(workspace), taskRunFiles(run, number, defaultConfiguration)),
      WORKSPACE: workspace,
      SERVICE_NAME: run.spec.serviceName,
      TASK_ID: String(run.spec.taskId),
      RUN_NUMBER: String(number),
      ...(keep !== undefined && { KEEP_ATTEMPTS: String(keep) }),
    },
  });
}

void t.test("CLAUDE.md imports each file by its kind, as the seeds have it", (t) => {
  const entry = (configuration = defaultConfiguration): string | undefined =>
    taskRunFiles(exampleRun(), 1, configuration)["CLAUDE.md"];
  const lines = [
    "# Auth Service - Task Context",
    "",
    "- Task details: @.task/1001/run-1/task.md",
    "- Design spec: @.task/1001/run-1/design-spec.md",
    "- Instructions: @.task/1001/run-1/prompt.md",
    "",
  ];
  const { agent } = defaultConfiguration;
  t.equal(entry({ ...defaultConfiguration, agent: { ...agent, command: ["claude"] } }), lines.join("\n"));
  t.equal(entry(), lines.filter((line) => !line.includes("prompt.md")).join("\n"), "the prompt is paid for once");
  t.end();
});

void t.test("a markdown file named CLAUDE.md takes the place of the generated one", (t) => {
  const run = exampleRun({ markdownFiles: [{ filename: "CLAUDE.md", content: "mine" }] });
  t.equal(taskRunFiles(run, 1, defaultConfiguration)["CLAUDE.md"], "mine");
  t.end();
});

void t.test("metadata.yaml describes the run, with any values", (t) => {
  const run = exampleRun({ agentName: 'x"\n- y: #', model: "yes" });
  t.match(parse(taskRunFiles(run, 3, defaultConfiguration)["metadata.yaml"] ?? ""), {
    task_id: 1001,
    attempt_number: 3,
    context_version: 1,
    service: "auth-service",
    agent: 'x"\n- y: #',
    model: "yes",
    status: "in_progress",
  });
  t.end();
});

for (const shell of shells) {
  void t.test(`${shell.join(" ")}: the workspace gets the seeds' layout, and what was there stays`, (t) => {
    const root = t.testdir({});
    const workspace = mkdtempSync(join(root, "workspace-"));
    mkdirSync(join(workspace, "auth-service"));
    writeFileSync(join(workspace, "auth-service", "main.rs"), "work");
    prepare(shell, exampleRun(), 1, workspace);
    prepare(shell, exampleRun(), 2, workspace);
    t.same(readdirSync(join(workspace, "auth-service")).sort(), [".task", "CLAUDE.md", "main.rs"]);
    t.same(readdirSync(join(workspace, "auth-service", ".task", "1001")).sort(), ["run-1", "run-2"]);
    t.same(readdirSync(join(workspace, "auth-service", ".task", "1001", "run-2")).sort(), [
      "design-spec.md",
      "metadata.yaml",
      "prompt.md",
      "task.md",
    ]);
    t.equal(readFileSync(join(workspace, "auth-service", "main.rs"), "utf8"), "work");
    t.match(readFileSync(join(workspace, "auth-service", "CLAUDE.md"), "utf8"), "@.task/1001/run-2/task.md");
    t.end();
  });

  void t.test(`${shell.join(" ")}: a CLAUDE.md that is a link is replaced, not written through`, (t) => {
    const root = t.testdir({});
    const workspace = mkdtempSync(join(root, "workspace-"));
    mkdirSync(join(workspace, "auth-service"));
    writeFileSync(join(workspace, "elsewhere"), "keep");
    symlinkSync("../elsewhere", join(workspace, "auth-service", "CLAUDE.md"));
    prepare(shell, exampleRun(), 1, workspace);
    t.equal(readFileSync(join(workspace, "elsewhere"), "utf8"), "keep");
    t.end();
  });

  void t.test(`${shell.join(" ")}: a directory that an agent made a link is replaced, not followed`, (t) => {
    const root = t.testdir({});
    for (const link of [
      "auth-service",
      "auth-service/.task",
      "auth-service/.task/1001",
      "auth-service/.task/1001/run-1",
    ]) {
      const workspace = mkdtempSync(join(root, "workspace-"));
      const elsewhere = mkdtempSync(join(root, "elsewhere-"));
      mkdirSync(dirname(join(workspace, link)), { recursive: true });
      symlinkSync(elsewhere, join(workspace, link));
      prepare(shell, exampleRun(), 1, workspace);
      t.same(readdirSync(elsewhere), [], link);
      t.ok(existsSync(join(workspace, "auth-service/.task/1001/run-1/task.md")), link);
    }
    t.end();
  });

  void t.test(`${shell.join(" ")}: any names and contents arrive byte for byte`, (t) => {
    const root = t.testdir({});
    const filename = fc
      .stringMatching(/^[a-zA-Z0-9._-]{1,20}\.md$/)
      .filter((name) => !name.startsWith("..") && name !== "CLAUDE.md");
    const content = fc.oneof(
      fc.string({ minLength: 1, unit: "binary" }),
      fc.constantFrom("$(id)", "`id`", "'; rm -rf /; '", '"$HOME"', "\\", "\r\n\t\0x", "-n", "EOF\n"),
    );
    const files = fc.uniqueArray(fc.record({ filename, content }), {
      minLength: 1,
      maxLength: 6,
      selector: (file) => file.filename,
    });
    fc.assert(
      fc.property(files, (markdownFiles) => {
        const workspace = mkdtempSync(join(root, "workspace-"));
        prepare(shell, exampleRun({ markdownFiles }), 1, workspace);
        const directory = join(workspace, "auth-service", ".task", "1001", "run-1");
        for (const file of markdownFiles) {
          const arrived = readFileSync(join(directory, file.filename));
          if (!arrived.equals(Buffer.from(file.content))) throw new Error(`${file.filename} differs`);
        }
        return readdirSync(directory).length === markdownFiles.length + 1;
      }),
      { numRuns: 40 },
    );
    t.pass("40 sets of files");
    t.end();
  });
}

for (const shell of shells) {
  void t.test(
    `${shell.join(" ")}: files of old attempts are removed where the configuration says so, and nothing else`,
    (t) => {
      const root = t.testdir({});
      const workspace = join(root, "workspace");
      const run = exampleRun();
      const task = join(workspace, "auth-service/.task/1001");
      const outside = join(root, "outside");
      mkdirSync(outside);
      writeFileSync(join(outside, "precious"), "");
      const others = ["run-09", "run-x", "run-", "run-12345678901", "run-11", "notes"];
      for (const name of ["run-1", "run-2", "run-3", "run-8", ...others])
        mkdirSync(join(task, name), { recursive: true });
      writeFileSync(join(task, "run-1/task.md"), "old");
      // what an agent can leave: links out of the workspace, and a directory that cannot be listed
      symlinkSync(outside, join(task, "run-1/link"));
      symlinkSync(outside, join(task, "run-4"));
      mkdirSync(join(task, "run-5/closed"), { recursive: true, mode: 0o000 });
      prepare(shell, run, 10, workspace);
      t.same(readdirSync(task).length, 13, "all stay without the setting");
      prepare(shell, run, 10, workspace, 3);
      t.same(readdirSync(task).sort(), [...others, "run-10", "run-8"].sort());
      t.same(readdirSync(outside), ["precious"]);
      prepare(shell, run, 10, workspace, 1);
      t.same(readdirSync(task).sort(), [...others, "run-10"].sort());
      t.end();
    },
  );
}
