/** The demo agent, run as the program of a container would be, but on this host. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { packageRoot } from "#src/version.js";

const script = join(packageRoot, "images/demo-agent/claude");

interface Outcome {
  readonly code: number | null;
  readonly log: string;
  readonly message: string;
  readonly directory: string;
}

/** Runs it in a service's directory with these files of task 7, attempt 1; `CLAUDE.md` imports those in `imports`. */
function run(
  t: Test,
  files: Readonly<Record<string, string>>,
  imports: readonly string[] = Object.keys(files),
): Outcome {
  const directory = t.testdir({ termination: "" });
  const folder = ".task/7/run-1";
  mkdirSync(join(directory, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, folder, name), text);
  const lines = imports.map((name) => `- Context: @${folder}/${name}`);
  writeFileSync(join(directory, "CLAUDE.md"), `# Auth Service - Task Context\n\n${lines.join("\n")}\n`);
  const termination = join(directory, "termination");
  const { status, stdout, stderr } = spawnSync("sh", [script, "--print"], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env.PATH, TASK_ID: "7", RUN_NUMBER: "1", DEMO_SECONDS: "0", TERMINATION_LOG: termination },
  });
  return { code: status, log: stdout + stderr, message: readFileSync(termination, "utf8"), directory };
}

t.test("a task without prompt.md succeeds", (t) => {
  const { code, log, message, directory } = run(t, { "task.md": "# Add password reset\n" });
  t.equal(code, 0, log);
  t.match(log, /read \.task\/7\/run-1\/task\.md: 21 bytes: # Add password reset/);
  t.match(JSON.parse(message), { summary: "read 1 files, worked for 0 s, wrote RESULT-7.md", sessionId: "demo-7-1" });
  t.match(readFileSync(join(directory, "RESULT-7.md"), "utf8"), /^# Task 7, run 1/);
  t.end();
});

t.test("prompt.md is read once, and its lines configure the demo", (t) => {
  const { code, log } = run(t, { "task.md": "# Task\n", "prompt.md": "Be quick.\nDEMO_EXIT=3\n" });
  t.equal(code, 3, log);
  t.equal(log.match(/read \S+prompt\.md/g)?.length, 1, log);
  t.end();
});

t.test("a file that CLAUDE.md imports and that is missing is reported by its name", (t) => {
  const { code, message } = run(t, { "task.md": "# Task\n" }, ["task.md", "design.md"]);
  t.equal(code, 2);
  t.match(JSON.parse(message), {
    summary: /CLAUDE\.md imports files that cannot be read: \.task\/7\/run-1\/design\.md/,
  });
  t.end();
});

t.test("a directory without CLAUDE.md is reported", (t) => {
  const { status, stdout } = spawnSync("sh", [script], {
    cwd: t.testdir({}),
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  t.equal(status, 2);
  t.match(stdout, /no CLAUDE\.md in \//);
  t.end();
});
