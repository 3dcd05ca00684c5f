/** Completion in the shells themselves: keys in bash and zsh, `complete -C` in fish. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { orchestratorProgram } from "#src/cluster/program.js";
import { RunStore } from "../../operations/run-store.js";
import { Tmux, whyNoTmux } from "../../tmux.js";

const whyNot = (shell: string): string | false =>
  spawnSync(shell, ["--version"]).status === 0 ? false : `${shell} is not installed (apt-get install ${shell})`;

/** A directory with the program, and a kubeconfig of a server with runs. */
async function place(t: Test): Promise<{ directory: string; environment: Record<string, string> }> {
  const store = new RunStore();
  store.put("taskruns", "auth-task-1", {});
  store.put("coderuns", "billing-code-2", {});
  const server = await store.start(t);
  const directory = t.testdir({ bin: {}, "a file.yaml": "" });
  const program = join(directory, "bin/orchestrator");
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${orchestratorProgram()} "$@"\n`);
  chmodSync(program, 0o755);
  const context = { cluster: "c", user: "u", namespace: "ns" };
  const kubeconfig = {
    "current-context": "here",
    clusters: [{ name: "c", cluster: { server } }],
    contexts: ["here", "arn:aws:eks/prod", "my context"].map((name) => ({ name, context })),
    users: [{ name: "u", user: { token: "secret" } }],
  };
  writeFileSync(join(directory, "kubeconfig"), stringify(kubeconfig));
  const PATH = `${join(directory, "bin")}:${process.env.PATH ?? ""}`;
  return { directory, environment: { PATH, KUBECONFIG: join(directory, "kubeconfig"), HOME: directory, PS1: "$ " } };
}

/** What is typed before Tab, and what the line is then; names with a colon or a space are quoted where a shell needs it. */
const completed: readonly (readonly [typed: string, line: RegExp])[] = [
  ["task can", /^\$ orchestrator task cancel$/m],
  ["task get au", /^\$ orchestrator task get auth-task-1$/m],
  ["task get coderun/b", /^\$ orchestrator task get coderun\/billing-code-2$/m],
  ["task wait auth-task-1 --for=en", /^\$ orchestrator task wait auth-task-1 --for=ended$/m],
  ["task wait auth-task-1 --for ru", /^\$ orchestrator task wait auth-task-1 --for running$/m],
  ["task list --context arn", /^\$ orchestrator task list --context arn\\?:aws\\?:eks\/prod$/m],
  ["task list --context arn:aws:e", /^\$ orchestrator task list --context arn\\?:aws\\?:eks\/prod$/m],
  ["task list --context=arn:a", /^\$ orchestrator task list --context=arn\\?:aws\\?:eks\/prod$/m],
  ["task list --context my", /^\$ orchestrator task list --context my\\ context$/m],
  ['task list --context "my c', /^\$ orchestrator task list --context "my context"$/m],
  ["validate -f a", /^\$ orchestrator validate -f a\\ file\.yaml$/m],
];

for (const [shell, start, load] of [
  ["bash", ["bash", "--norc", "--noprofile"], "source <(orchestrator completion bash)"],
  ["zsh", ["zsh", "-f"], "autoload -Uz compinit && compinit -u && source <(orchestrator completion zsh)"],
] as const) {
  const skip = whyNoTmux || whyNot(shell);
  t.test(`${shell} completes what is typed`, { skip }, async (t) => {
    const terminal = new Tmux(t, { columns: 100, rows: 30, shell: start, ...(await place(t)) });
    await terminal.shows(/^\$$/m);
    terminal.enter(`${load} && clear && echo ready`);
    await terminal.shows(/^ready\n\$$/);
    for (const [typed, line] of completed) {
      terminal.type(`orchestrator ${typed}`);
      terminal.press("Tab");
      await terminal.shows(line);
      t.pass(typed);
      terminal.press("C-u");
      terminal.press("C-l");
      await terminal.shows(/^\$$/);
    }
    terminal.type("orchestrator task re");
    terminal.press("Tab", "Tab");
    t.match(await terminal.shows(/retry/), /resume/, "several are listed");
  });
}

t.test("fish completes a line", { skip: whyNot("fish") }, async (t) => {
  const { directory, environment } = await place(t);
  const complete = async (line: string): Promise<string[]> => {
    const script = `orchestrator completion fish | source; complete -C ${JSON.stringify(line)}`;
    const child = spawn("fish", ["--no-config", "-c", script], { cwd: directory, env: environment });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    t.equal(err, "", line);
    return out.trimEnd().split("\n");
  };
  t.strictSame(await complete("orchestrator task can"), [
    "cancel\tstop a run for good; its files stay in the workspace",
  ]);
  t.strictSame(await complete("orchestrator task get "), ["auth-task-1\tTaskRun", "billing-code-2\tCodeRun"]);
  t.strictSame(await complete("orchestrator task wait a --for=en"), ["--for=ended"]);
  t.strictSame(await complete("orchestrator task list --context arn:"), ["arn:aws:eks/prod"]);
  t.strictSame(await complete("orchestrator task list --context 'my c"), ["my context"]);
  t.strictSame(await complete("orchestrator validate -f a"), ["a file.yaml"]);
});
