/** The same commands with a kubeconfig and through a server: the same output, the same exit codes, the same objects. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { columnsOf, ServerRuns } from "#src/cli/runs/server-runs.js";
import { ClusterRuns } from "#src/cli/runs/cluster-runs.js";
import type { Runs } from "#src/cli/runs/runs.js";
import { followObjects } from "#src/cli/task/follow-objects.js";
import { liveTable } from "#src/cli/task/live-table.js";
import { taskCommand } from "#src/cli/task/task.js";
import { runTypes } from "#src/operations/any-run.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { eventually } from "../eventually.js";
import { printerColumns, RunStore } from "../operations/run-store.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

interface Way {
  readonly name: string;
  readonly store: RunStore;
  readonly task: (...args: string[]) => Promise<Outcome>;
  readonly runs: Runs;
}

/** A store of its own for each way. */
async function ways(t: Test): Promise<readonly [direct: Way, through: Way]> {
  const directory = t.testdir({});
  const way = async (name: string): Promise<Way> => {
    const store = new RunStore();
    const apiServer = await store.start(t);
    const file = writeKubeconfig(t, apiServer, join(directory, name));
    const isDirect = name === "kubeconfig";
    const url = isDirect ? apiServer : (await serve(t, apiServer)).url;
    const more = ["--kubeconfig", file, ...(isDirect ? [] : ["--server", url])];
    const connection = { server: url, tls: {} };
    const headers = { authorization: "Bearer secret" };
    const access = {
      ...{ namespace: "ns", connection: () => Promise.resolve(connection), headers: () => Promise.resolve(headers) },
    };
    const client = new HttpClient({ access });
    t.teardown(() => client.close());
    const runs = isDirect ? new ClusterRuns(client, "ns") : new ServerRuns(client, "ns");
    return { name, store, runs, task: (...args) => outcomeOf(taskCommand, [...args, ...more]) };
  };
  return [await way("kubeconfig"), await way("server")];
}

/** A project with one task; returns what submits it. */
function project(t: Test): { readonly submit: string[]; readonly write: (text: string) => void } {
  const directory = mkdtempSync(join(tmpdir(), "project-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const write = (description: string): void => {
    mkdirSync(join(directory, ".taskmaster/tasks"), { recursive: true });
    const tasks = [
      { id: 1, title: "Schema", description },
      { id: 2, title: "Login", dependencies: [1] },
      {
        id: 5,
        title: "Reports",
        subtasks: [
          { id: 1, title: "Query" },
          { id: 2, title: "Page" },
        ],
      },
    ];
    writeFileSync(join(directory, ".taskmaster/tasks/tasks.json"), JSON.stringify({ master: { tasks } }));
  };
  write("Write it.");
  return { submit: ["submit", "-d", directory, "--service", "auth"], write };
}

/** Does the same both ways; returns the outcome, which must be the same. */
async function both(t: Test, pair: readonly Way[], ...args: string[]): Promise<Outcome> {
  const [wanted, found] = await Promise.all(pair.map(({ task }) => task(...args)));
  const title = args.filter((arg) => !arg.startsWith("/")).join(" ");
  t.strictSame(found, wanted, title);
  if (wanted === undefined) throw new Error("no outcome");
  return wanted;
}

t.test("submissions: dry run, creation, difference, confirmation, warnings and refusals", async (t) => {
  const pair = await ways(t);
  const { submit, write } = project(t);
  t.match(await both(t, pair, ...submit, "1", "--dry-run", "-o", "yaml"), { code: 0, out: /\n {2}retryAttempt: 1\n/ });
  t.ok(pair.every(({ store }) => store.runs.size === 0));
  t.match(await both(t, pair, ...submit, "2"), { code: 0, err: /note: task 2 waits for task 1, which has no run yet/ });
  t.strictSame(await both(t, pair, ...submit, "5.2"), {
    ...{ code: 2, out: "" },
    err:
      "error: 5.2 is a subtask, and a run does a whole task: submit 5, whose task.md lists its subtasks, " +
      "or make it a task of its own: task-master move --from=5.2 --to=6\n",
  });
  t.match(await both(t, pair, ...submit, "5.7"), {
    code: 2,
    err: /task 5 has no subtask "5\.7"; it has 5\.1, 5\.2\n$/,
  });
  for (const { store } of pair) store.warning = "spec.env: has no effect";
  t.strictSame(await both(t, pair, ...submit, "1"), {
    ...{ code: 0, out: "taskrun.orchestrator.io/auth-task-1 created\n", err: "Warning: spec.env: has no effect\n" },
  });
  for (const { store } of pair) store.warning = undefined;
  t.match(await both(t, pair, ...submit, "1"), { code: 0, out: /auth-task-1 unchanged\n$/ });
  write("Write it, with an index.");
  const asked = await both(t, pair, ...submit, "1");
  t.match(asked, { code: 2, out: /\n\+ +Write it, with an index\.\n/, err: /add --yes, or --dry-run/ });
  t.match(await both(t, pair, ...submit, "1", "--yes"), { code: 0, out: /auth-task-1 configured\n$/ });
  for (const { store } of pair) store.put("taskruns", "auth-task-1", { status: { phase: "Running", attempts: 1 } });
  write("Write it, with two.");
  const restarted = await both(t, pair, ...submit, "1", "--yes", "--restart");
  t.match(restarted, { code: 0, err: /contextVersion 1 -> 2: another attempt starts with this change, and/ });
  const [one, two] = pair.map(({ store }) => store.runs.get("taskruns/auth-task-1")?.spec);
  t.match(one, { contextVersion: 2 });
  t.strictSame(two, one);
  const forbidden = 'taskruns.orchestrator.io "auth-task-1" is forbidden: User "eve" cannot patch it';
  for (const [code, message, err] of [
    [403, forbidden, `error: ${forbidden}; ask an administrator for this right, or use another account\n`],
    [403, "admission denies it", "error: admission denies it\n"],
    [422, "spec.contextVersion must be raised", "error: spec.contextVersion must be raised; --restart does so\n"],
  ] as const) {
    for (const { store } of pair) store.refusal = { code, message };
    t.strictSame(await both(t, pair, ...submit, "1", "--yes"), { code: 1, out: "", err });
  }
});

t.test("a run that changes between the difference and the answer is not written", async (t) => {
  const { submit, write } = project(t);
  for (const { name, store, task } of await ways(t)) {
    await task(...submit, "1");
    write(`Changed with a ${name}.`);
    store.afterDryRun = () => store.put("taskruns", "auth-task-1", { spec: { priority: "high" } });
    t.match(await task(...submit, "1", "--yes"), { code: 1, err: /changed meanwhile; nothing of it was written/ });
  }
});

t.test("submit -w follows the runs until they end, and its exit code says how", async (t) => {
  const { submit } = project(t);
  for (const phase of ["Succeeded", "Failed"]) {
    const pair = await ways(t);
    const outcomes = pair.map(async ({ name, store, task }) => {
      store.createdAt = new Date().toISOString();
      const outcome = task(...submit, "1", "-w");
      await eventually(`${name} watches`, () => store.watching === 1 || undefined);
      store.put("taskruns", "auth-task-1", { status: { phase: "Running", attempts: 1 } });
      store.put("taskruns", "auth-task-1", { status: { phase } });
      return outcome;
    });
    for (const outcome of await Promise.all(outcomes)) {
      t.match(outcome, { code: phase === "Succeeded" ? 0 : 1, err: "" });
      t.match(outcome.out, new RegExp(`created\nNAME .*\nauth-task-1 .*\nauth-task-1 [^]* ${phase} .*\n$`));
    }
    for (const { store } of pair) await eventually("no watch is left", () => store.watching === 0 || undefined);
  }
});

t.test("code and docs", async (t) => {
  const pair = await ways(t);
  const repository = ["--repo", "acme/auth", "--github-user", "acme-bot"];
  const code = ["code", "7", "--service", "auth", ...repository, "--env", "A=b,c=d"];
  t.match(await both(t, pair, ...code), { code: 0, out: "coderun.orchestrator.io/auth-code-7 created\n" });
  t.match(await both(t, pair, ...code), { code: 0, out: /unchanged\n$/ });
  const docs = ["docs", "--source-branch", "main", "--working-directory", "projects/x", ...repository];
  t.match(await both(t, pair, ...docs, "-o", "name"), { code: 0, out: /^docsrun\.orchestrator\.io\/docs-/ });
  const [one, two] = pair.map(({ store }) => [...store.runs.values()].map(({ spec }) => spec));
  t.equal(one?.length, 2);
  t.strictSame(two, one);
});

/** Runs of all kinds, with a value in every column. */
function fill(store: RunStore): void {
  const status = {
    ...{ phase: "Failed", attempts: 2, reason: "AgentFailed", message: "Exit code 3.", jobName: "job-2" },
    pullRequestUrl: "https://github.com/acme/auth/pull/7",
  };
  store.put("taskruns", "one", { spec: { taskId: 1, serviceName: "auth", agentName: "rex" }, status });
  store.put("coderuns", "two", { spec: { taskId: 2, service: "auth", model: "opus" }, status });
  store.put("docsruns", "three", { spec: { workingDirectory: "docs", sourceBranch: "main" }, status });
  store.put("docsruns", "four", { spec: { workingDirectory: "docs", sourceBranch: "next" } });
}

t.test("lists and single runs, in every format", async (t) => {
  const pair = await ways(t);
  for (const { store } of pair) fill(store);
  const wide = await both(t, pair, "list", "-o", "wide");
  t.match(wide.out, /^NAME .* AGE +JOB +COST +MESSAGE +MODEL +PULL[A-Z]+ +DIRECTORY +BRANCH\n/);
  for (const text of ["opus", "job-2", "Exit code 3.", "next", "pull/7"]) t.ok(wide.out.includes(text), text);
  for (const format of ["table", "wide", "json", "yaml", "name", "jsonpath={.items[*].status.phase}"]) {
    await both(t, pair, "list", "-o", format);
    await both(t, pair, "list", "-A", "--kind", "docsrun", "-o", format);
    await both(t, pair, "get", "coderun/two", "-o", format);
  }
  t.notMatch((await both(t, pair, "get", "two", "-o", "json")).out, /managedFields/);
  for (const { store } of pair) {
    store.asked.length = 0;
  }
  t.equal((await both(t, pair, "list", "-o", "name")).out.split("\n").length, 5);
  for (const { store } of pair) t.equal(store.asked.length, 3, "names cost one request for each kind");
});

t.test("a summary has a place for each column that kubectl prints", (t) => {
  for (const type of runTypes)
    t.strictSame(
      columnsOf(type),
      (printerColumns.get(type.plural) ?? []).map(({ name, priority = 0 }) => ({ name, priority })),
      type.kind,
    );
  t.end();
});

/** Collects what is printed until a signal fires. */
function recorder(): { readonly io: Parameters<typeof liveTable>[2]; readonly text: () => string } {
  let text = "";
  const nothing = (): void => undefined;
  return {
    io: { readStdin: () => "", out: (part) => void (text += part), err: nothing, exit: nothing },
    text: () => text,
  };
}

t.test("tables follow changes", async (t) => {
  const texts: string[] = [];
  for (const { name, store, runs } of await ways(t)) {
    store.put("taskruns", "one", { spec: { taskId: 1 }, status: { phase: "Running", message: "Works." } });
    const { io, text } = recorder();
    const stop = new AbortController();
    const style = { wide: true, namespaces: false };
    const shown = liveTable(
      runs,
      { types: [TaskRuns], where: { namespace: "ns", wide: true }, style },
      io,
      stop.signal,
    );
    await eventually(`${name} watches`, () => store.watching === 1 || undefined);
    store.put("taskruns", "two", { spec: { taskId: 2 } });
    store.put("taskruns", "one", { status: { phase: "Succeeded", message: "Done." } });
    await eventually(`${name} has all`, () => text().includes("Done.") || undefined);
    store.delete("taskruns", "one");
    await eventually(`${name} shows the deletion`, () => text().split("Done.").length === 3 || undefined);
    stop.abort(new Error("enough"));
    await t.rejects(shown, { message: "enough" });
    texts.push(text().replaceAll(/\d+d(\d+h)?/g, "AGE"));
  }
  t.equal(texts[0]?.split("\n").length, 6);
  t.match(texts[0], /Running.*Works\.\ntwo .*\none .*Succeeded.*Done\.\none /);
  t.equal(texts[1]?.replaceAll(/ +/g, " "), texts[0]?.replaceAll(/ +/g, " "));
});

t.test("changes that were lost are shown once, and what has not changed is not shown again", async (t) => {
  for (const { name, store, runs } of await ways(t)) {
    store.put("taskruns", "one", { spec: { taskId: 1 } });
    const stop = new AbortController();
    const [rows, names] = [recorder(), recorder()];
    store.beforeExpiry = () => store.put("taskruns", "two", { spec: { taskId: 2 } });
    const style = { wide: false, namespaces: false };
    const where = { namespace: "ns" };
    const table = liveTable(runs, { types: [TaskRuns], where, style }, rows.io, stop.signal);
    await eventually(`${name} has the row`, () => rows.text().includes("two") || undefined);
    store.beforeExpiry = () => store.put("taskruns", "three", { spec: { taskId: 3 } });
    const objects = followObjects(runs, [TaskRuns], where, "name", names.io, stop.signal);
    await eventually(`${name} has the object`, () => names.text().includes("three") || undefined);
    await eventually(`${name} watches again`, () => store.watching === 2 || undefined);
    stop.abort(new Error("enough"));
    await t.rejects(table, { message: "enough" });
    await t.rejects(objects, { message: "enough" });
    t.strictSame(rows.text().match(/^(one|two|three)/gm), ["one", "two", "three"], name);
    const [one, two, three] = ["one", "two", "three"].map((each) => `taskrun.orchestrator.io/${each}\n`);
    t.equal(names.text(), `${one ?? ""}${two ?? ""}${three ?? ""}`, name);
  }
});

t.test("json, yaml, name and jsonpath follow changes as kubectl get -w prints them", async (t) => {
  const formats = ["name", "yaml", "json"] as const;
  for (const { name, store, runs } of await ways(t)) {
    store.put("taskruns", "one", { spec: { taskId: 1 }, status: { phase: "Running" } });
    store.put("coderuns", "two", { spec: { taskId: 2 } });
    const stop = new AbortController();
    const all = formats.map((format) => {
      const { io, text } = recorder();
      const done = followObjects(runs, runTypes.slice(0, 2), { namespace: "ns" }, format, io, stop.signal);
      done.catch(() => undefined);
      return { done, text };
    });
    const [names, yaml, json] = all.map(({ text }) => text);
    await eventually(`${name} watches`, () =>
      store.watching >= 6 && names?.().includes("two") === true ? true : undefined,
    );
    store.put("taskruns", "one", { status: { phase: "Succeeded" } });
    const has = (count: number): true | undefined =>
      names?.().split("\n").length === count + 1 && json?.().split("\n}\n").length === count + 1 ? true : undefined;
    await eventually(`${name} has the change`, () => has(3));
    store.delete("taskruns", "one");
    await eventually(`${name} has the deletion`, () => has(4));
    stop.abort(new Error("enough"));
    for (const { done } of all) await t.rejects(done, { message: "enough" });
    const one = "taskrun.orchestrator.io/one\n";
    t.equal(names?.().replace("coderun.orchestrator.io/two\n", ""), one + one + one);
    t.equal(yaml?.().split("---\n").length, 4);
    t.match(yaml?.(), /^apiVersion: orchestrator\.io\/v1\n/);
    t.notMatch(json?.(), /managedFields/);
    t.equal(json?.().split('"phase": "Succeeded"').length, 3, "the change, and the last state of the deleted run");
  }
});
