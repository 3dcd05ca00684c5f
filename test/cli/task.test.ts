/** `orchestrator task`: what it prints, and its exit codes. */
import t, { type Test } from "tap";
import { ageSince } from "#src/cli/age.js";
import { tableText } from "#src/cli/task/run-output.js";
import { taskCommand } from "#src/cli/task/task.js";
import { CodeRuns } from "#src/api/coderun.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { eventually } from "../eventually.js";
import { ApiServer } from "../operations/api-server.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

/** Runs `orchestrator task` against a server; returns its outcome. */
async function shell(t: Test, server: ApiServer): Promise<(...args: string[]) => Promise<Outcome>> {
  const file = writeKubeconfig(t, await server.start(t));
  return (...args) => outcomeOf(taskCommand, [...args, "--kubeconfig", file]);
}

const columns = [
  { name: "Name", priority: 0 },
  { name: "Phase", priority: 0 },
  { name: "Age", priority: 0 },
  { name: "Message", priority: 1 },
];
const now = Date.parse("2026-11-22T12:00:00Z");
const row = (name: string, phase: string | null, message: string): { metadata: object; cells: unknown[] } => ({
  metadata: { name, namespace: "ns", creationTimestamp: "2026-11-22T11:59:00Z" },
  cells: [name, phase, "old", message],
});

t.test("runs of one kind are a table as kubectl's; wide output has the columns with a priority", (t) => {
  const table = { type: TaskRuns, columns, rows: [row("one", "Running", "is at work"), row("two", null, "")] };
  const style = { wide: false, namespaces: false, now };
  t.equal(tableText([table], style), "NAME   PHASE     AGE\none    Running   60s\ntwo    Pending   60s\n");
  t.equal(
    tableText([table], { wide: true, namespaces: true, now }),
    "NAMESPACE   NAME   PHASE     AGE   MESSAGE\nns          one    Running   60s   is at work\nns          two    Pending   60s   <none>\n",
  );
  t.equal(tableText([{ ...table, rows: [] }], style), undefined);
  t.end();
});

t.test("runs of several kinds share a table, and what an agent wrote moves no cursor", (t) => {
  const task = { type: TaskRuns, columns, rows: [row("one", "Running", "a\u001b[2Jb\nc")] };
  const code = {
    type: CodeRuns,
    columns: [...columns, { name: "Branch", priority: 0 }],
    rows: [row("two", "Failed", "")],
  };
  const text = tableText([task, code], { wide: true, namespaces: false, now }) ?? "";
  t.match(
    text,
    /^NAME {10}PHASE {5}AGE {3}MESSAGE {4}BRANCH\ntaskrun\/one {3}Running {3}60s {3}a \[2Jb c {3}<none>\ncoderun\/two/,
  );
  t.notMatch(text, "\u001b");
  t.end();
});

t.test("ages are written as by kubectl", (t) => {
  const age = (seconds: number): string => ageSince(new Date(now - seconds * 1000).toISOString(), now);
  for (const [seconds, text] of [
    [-5, "0s"],
    [119, "119s"],
    [120, "2m"],
    [150, "2m30s"],
    [600, "10m"],
    [10_799, "179m"],
    [10_800, "3h"],
    [12_600, "3h30m"],
    [28_800, "8h"],
    [172_800, "2d"],
    [176_400, "2d1h"],
    [700_000, "8d"],
    [63_072_000, "2y"],
    [63_158_400, "2y1d"],
  ] as const)
    t.equal(age(seconds), text);
  t.equal(ageSince(undefined, now), "<unknown>");
  t.end();
});

t.test("list asks for tables, page by page, and says when there are no runs", async (t) => {
  const server = new ApiServer();
  const page = (rows: object[], more = ""): object => ({
    kind: "Table",
    metadata: { continue: more },
    columnDefinitions: columns,
    rows: rows.map(({ metadata, cells }: { metadata?: object; cells?: unknown }) => ({ object: { metadata }, cells })),
  });
  const accepted: (string | undefined)[] = [];
  for (const kind of ["taskruns", "coderuns", "docsruns"])
    server.answers.set(`/apis/orchestrator.io/v1/namespaces/ns/${kind}`, (request, response, query) => {
      accepted.push(request.headers.accept);
      const isFirst = query.get("continue") === null;
      const rows =
        kind !== "taskruns" || query.get("labelSelector") !== null ? [] : [row(isFirst ? "one" : "two", "Running", "")];
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(page(rows, isFirst && rows.length > 0 ? "more" : "")));
    });
  const task = await shell(t, server);
  const { code, out } = await task("list");
  t.equal(code, 0);
  t.match(out, /^NAME {3}PHASE {5}AGE\none .*\ntwo .*\n$/);
  t.same([...new Set(accepted)], ["application/json;as=Table;v=v1;g=meta.k8s.io"]);
  const none = await task("list", "--service", "billing", "--task", "7");
  t.same(none, { code: 0, out: "", err: "No runs found in namespace ns.\n" });
  const { searchParams } = new URL(server.asked.at(-1) ?? "", "http://server");
  t.equal(searchParams.get("labelSelector"), "orchestrator.io/service=billing,orchestrator.io/task-id=7");
  t.match(await task("list", "--kind", "pod"), { code: 1, err: /^error: there is no kind "pod"/ });
});

t.test("wait exits with 0 for a run that succeeded, 1 for another end, and 124 when the time is over", async (t) => {
  const server = new ApiServer({ phase: "Running", message: "Works." });
  const task = await shell(t, server);
  const over = await task("wait", "one", "--timeout", "0.05");
  t.same(over, { code: 124, out: "", err: "error: taskrun.orchestrator.io/one is not ended after 0.05 s\n" });
  t.same(await task("wait", "one", "--for", "running"), {
    ...{ code: 0, err: "", out: "taskrun.orchestrator.io/one: Running: Works.\n" },
  });
  server.setStatus({ phase: "Failed", message: "Exit code 3." });
  t.match(await task("wait", "one"), { code: 1, out: "taskrun.orchestrator.io/one: Failed: Exit code 3.\n" });
  t.match(await task("wait", "one", "--for", "running"), { code: 1 });
  server.setStatus({ phase: "Succeeded" });
  t.match(await task("wait", "taskrun/one"), { code: 0, out: "taskrun.orchestrator.io/one: Succeeded\n" });
  const deleted = task("wait", "one", "--for", "deleted");
  await eventually("it is watched", () => (server.watching > 0 ? true : undefined));
  server.deleteRun();
  t.match(await deleted, { code: 0, out: "taskrun.orchestrator.io/one: deleted\n" });
});

t.test("errors are one line: refused is 1, no cluster is 2", async (t) => {
  const server = new ApiServer();
  const task = await shell(t, server);
  t.match(await task("get", "none"), {
    code: 1,
    out: "",
    err: /^error: there is no run "none" in namespace ns; [^\n]*\n$/,
  });
  server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns/one", (_, response) => {
    const status = { kind: "Status", status: "Failure", code: 403, reason: "Forbidden", message: "you may not" };
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  t.same(await task("cancel", "one"), { code: 1, out: "", err: "error: you may not\n" });
  server.isAway = true;
  const away = await task("get", "one");
  t.equal(away.code, 2);
  t.match(away.err, /^error: the API server cannot be reached: [^\n]*\n$/);
  t.notMatch(away.err, /secret/);
  t.match(await outcomeOf(taskCommand, ["get", "one", "--kubeconfig", "/nowhere"]), {
    ...{ code: 2, err: /^error: no access to a cluster: cannot read the kubeconfig \/nowhere/ },
  });
  t.match(await task("get", "one", "--as-group", "team"), { code: 2, err: "error: --as-group needs --as\n" });
});

t.test("warnings of admission are printed, each once, without control characters", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns/one", (_, response) => {
    response.setHeader("warning", ['299 - "spec.env: has no effect"', '299 - "spec.env: has no effect", 299 - "a\tb"']);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(server.run));
  });
  const task = await shell(t, server);
  const { code, err } = await task("suspend", "one");
  t.same({ code, err }, { code: 0, err: "Warning: spec.env: has no effect\nWarning: a b\n" });
});

t.test("-o name, json and yaml print the object", async (t) => {
  const task = await shell(t, new ApiServer({ phase: "Running" }));
  t.equal((await task("get", "one", "-o", "name")).out, "taskrun.orchestrator.io/one\n");
  t.match(JSON.parse((await task("get", "one", "-o", "json")).out), { metadata: { name: "one" } });
  t.match((await task("get", "one", "-o", "yaml")).out, /^ {2}name: one$/m);
});
