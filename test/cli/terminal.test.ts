/** Sessions of a person at a terminal, with the built program: what is on the screen. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";
import { ApiServer } from "../operations/api-server.js";
import { RunStore } from "../operations/run-store.js";
import { Tmux, whyNoTmux } from "../tmux.js";
import { writeKubeconfig } from "./kubeconfig.js";

/** A shell in a project with a task, beside a server. */
async function session(
  t: Test,
  server: { start(t: Test): Promise<string> },
  size: { readonly columns: number; readonly rows: number } = { columns: 80, rows: 24 },
): Promise<{ terminal: Tmux; describe: (text: string) => void }> {
  const directory = t.testdir({ bin: {}, ".git": {} });
  const program = join(directory, "bin/orchestrator");
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${orchestratorProgram()} "$@"\n`);
  chmodSync(program, 0o755);
  const describe = (description: string): void => {
    mkdirSync(join(directory, ".taskmaster/tasks"), { recursive: true });
    const tasks = [{ id: 1, title: "Schema", description }];
    writeFileSync(join(directory, ".taskmaster/tasks/tasks.json"), JSON.stringify({ master: { tasks } }));
  };
  describe("Write it.");
  const KUBECONFIG = writeKubeconfig(t, await server.start(t), join(directory, "kubeconfig"));
  const PATH = `${join(directory, "bin")}:${process.env.PATH ?? ""}`;
  const environment = { PATH, KUBECONFIG, PS1: "$ " };
  const terminal = new Tmux(t, { ...size, directory, environment, shell: ["bash", "--norc", "--noprofile"] });
  await terminal.shows(/^\$$/);
  return { terminal, describe };
}

const skip = whyNoTmux;

t.test("submit shows the difference, asks, and does what is answered", { skip }, async (t) => {
  const store = new RunStore();
  const { terminal, describe } = await session(t, store);
  const submit = "orchestrator task submit 1 -s auth";
  terminal.enter(submit);
  await terminal.shows(/auth-task-1 created\n\$$/);
  describe("Write it, with an index.");
  terminal.enter(`clear; ${submit}; echo "exit code $?"`);
  const question = await terminal.shows(/\[y\/N\]$/);
  t.equal(
    question,
    `--- taskrun.orchestrator.io/auth-task-1 (spec as stored)
+++ taskrun.orchestrator.io/auth-task-1 (spec as submitted)
@@ -6,5 +6,5 @@
     content: |
       # Task 1: Schema

-      Write it.
+      Write it, with an index.
     fileType: task
taskrun.orchestrator.io/auth-task-1: its first attempt will use this change.
Change 1 run? [y/N]`,
  );
  t.match(terminal.screen(true), "\u001b[32m+      Write it, with an index.", "what is added is green");
  terminal.enter("n");
  await terminal.shows(/\nNothing was changed\.\nexit code 1\n\$$/);
  terminal.enter(`clear; ${submit}; echo "exit code $?"`);
  await terminal.shows(/\[y\/N\]$/);
  terminal.press("C-c");
  t.notMatch(await terminal.shows(/\nexit code 130\n\$$|^\$$/m), /Error|at file/);
  t.notMatch(JSON.stringify(store.runs.get("taskruns/auth-task-1")?.spec), "index");
  terminal.enter(`clear; ${submit}; echo "exit code $?"`);
  await terminal.shows(/\[y\/N\]$/);
  terminal.enter("y");
  await terminal.shows(/\[y\/N\] y\ntaskrun\.orchestrator\.io\/auth-task-1 configured\nexit code 0\n\$$/);
});

t.test(
  "a live table stays in its place when runs change and the terminal is resized; Ctrl-C ends it",
  { skip },
  async (t) => {
    const store = new RunStore();
    store.createdAt = new Date(Date.now() - 100 * 60_000).toISOString();
    const spec = { taskId: 1, serviceName: "invoicing-service", agentName: "claude-agent-1" };
    store.put("taskruns", "invoicing-service-task-1", {
      spec,
      status: { phase: "Running", attempts: 1, reason: "AttemptRunning" },
    });
    const { terminal } = await session(t, store);
    terminal.enter("clear; orchestrator task list -w");
    const ages = (screen: string): string => screen.replaceAll(/\d{3}m$/gm, "AGE");
    t.equal(
      ages(await terminal.shows(/Running/)),
      "NAME                   SERVICE             RUN   PHASE     REASON           AGE\ninvoicing-service-t…   invoicing-service   1     Running   AttemptRunning   AGE",
      "at 80 columns",
    );
    terminal.resize(40, 12);
    t.equal(
      ages(await terminal.shows(/^NAME +PHASE +AGE$/m)),
      "NAME                      PHASE     AGE\ninvoicing-service-task…   Running   AGE",
      "at 40 columns",
    );
    store.put("taskruns", "invoicing-service-task-1", { status: { phase: "Succeeded", reason: "Completed" } });
    store.put("taskruns", "two", { spec: { ...spec, taskId: 2 } });
    t.equal(
      ages(await terminal.shows(/\ntwo/)),
      "NAME                    PHASE       AGE\ninvoicing-service-ta…   Succeeded   AGE\ntwo                     Pending     AGE",
    );
    terminal.resize(120, 24);
    t.equal(
      ages(await terminal.shows(/SERVICE/)),
      `NAME                       TASK   SERVICE             AGENT            RUN      PHASE       REASON      AGE
invoicing-service-task-1   1      invoicing-service   claude-agent-1   1        Succeeded   Completed   AGE
two                        2      invoicing-service   claude-agent-1   <none>   Pending     <none>      AGE`,
      "at 120 columns",
    );
    terminal.press("C-c");
    await terminal.shows(/\^C\n\$$/);
    terminal.enter('echo "exit code $?"');
    const end = await terminal.shows(/exit code \d+\n\$$/);
    t.match(end, /\n\^C\n\$ echo "exit code \$\?"\nexit code 130\n\$$/);
    t.notMatch(end, /Error|at file/);
  },
);

t.test("logs follow through a further attempt", { skip }, async (t) => {
  const server = new ApiServer({ phase: "Running", attempts: 1 });
  server.putPod(1, "running");
  server.write(1, "step 1\n");
  const { terminal } = await session(t, server);
  terminal.enter('clear; orchestrator task logs one -f; echo "exit code $?"');
  await terminal.shows(/^==> attempt 1, pod pod-1\nstep 1$/);
  server.putPod(1, "terminated");
  server.setStatus({ phase: "Running", attempts: 2 });
  server.putPod(2, "running");
  server.write(2, "step 1 again\n");
  await terminal.shows(/==> attempt 2, pod pod-2\nstep 1 again$/);
  server.putPod(2, "terminated");
  server.setStatus({ phase: "Succeeded", attempts: 2 });
  t.equal(
    await terminal.shows(/exit code \d+\n\$$/),
    "==> attempt 1, pod pod-1\nstep 1\n==> attempt 2, pod pod-2\nstep 1 again\nexit code 0\n$",
  );
});

t.test("colors are for terminals without NO_COLOR, and a mistyped command gets a suggestion", { skip }, async (t) => {
  const store = new RunStore();
  store.put("taskruns", "one", { spec: { taskId: 1 }, status: { phase: "Failed" } });
  const { terminal } = await session(t, store);
  terminal.enter("clear; orchestrator task list --kind taskrun");
  await terminal.shows(/Failed.*\n\$$/);
  t.match(terminal.screen(true), "\u001b[31mFailed");
  for (const quiet of [
    "NO_COLOR=1 orchestrator task list",
    "orchestrator task list --no-color",
    "orchestrator task list | cat",
  ]) {
    terminal.enter(`clear; ${quiet}`);
    await terminal.shows(/^NAME[^]*Failed[^]*\n\$$/);
    t.notMatch(terminal.screen(true), "\u001b[31m", quiet);
  }
  terminal.enter('clear; orchestrator task submits 1; echo "exit code $?"');
  t.equal(
    await terminal.shows(/exit code \d+\n\$$/),
    "error: unknown command 'submits'\n(Did you mean submit?)\nexit code 2\n$",
  );
});
