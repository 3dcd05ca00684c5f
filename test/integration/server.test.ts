/** The REST server in front of a real API server: its callers' rights decide, and nothing else. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { writeFileSync } from "node:fs";
import t from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { traceparentOf } from "#src/api/trace.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { encodeArchivedRun } from "#src/archive/archived-run.js";
import { encodeTranscript } from "#src/archive/archived-transcript.js";
import { DirectoryStore } from "#src/archive/directory-store.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { restDocument } from "#src/server/generated/rest-document.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { eventually } from "../eventually.js";
import { routeOf } from "../server/contract.js";
import { Caller, EventReader, type Answer } from "../server/served-app.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { startOperator, type OperatorProcess } from "./operator.js";
import { accountToken, editorToken, startRestServer } from "./rest-server.js";

let cluster: Cluster;
let client: HttpClient;
let server: OperatorProcess;
let namespace: string;
let editor: string;
let nobody: string;
const tokens: string[] = [];

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  await startOperator(t, cluster);
  namespace = await testNamespace(t, client);
  [editor, nobody] = await Promise.all([editorToken(t, client, namespace), accountToken(client, namespace, "nobody")]);
  tokens.push(editor, nobody);
  const archive = t.testdir({ "config.yaml": "" });
  writeFileSync(`${archive}/config.yaml`, JSON.stringify({ history: { archive: { directory: archive } } }));
  for (const [name, uid] of [
    ["archived-task-1", "u1"],
    ["archived-task-2", "u2"],
  ] as const)
    await archiveRun(new DirectoryStore(archive), name, uid);
  const limits = ["--rate", "1000", "--burst", "1000"];
  server = await startRestServer(t, cluster, client, namespace, [...limits, "--config", `${archive}/config.yaml`]);
});

async function archiveRun(store: DirectoryStore, name: string, uid: string): Promise<void> {
  const metadata = { name, namespace, uid, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };
  const status = { phase: "Succeeded", runs: [{ number: 1 }] };
  const run = { apiVersion: "orchestrator.io/v1", kind: "TaskRun", metadata, spec: {}, status };
  const key = { namespace, plural: "taskruns", name, uid };
  const { signal } = new AbortController();
  await store.put(key, "1", await encodeArchivedRun({ formatVersion: 1, run, events: [] }), signal);
  const log = { pod: "p", container: "claude-agent", isCut: false, text: `the log of ${name}\n` };
  const transcript = { run: { kind: "TaskRun", namespace, name, uid }, attempt: 1, jobUID: "j", ...log };
  await store.put({ ...key, attempt: 1 }, "j", await encodeTranscript({ formatVersion: 1, ...transcript }), signal);
}

const callerWith = (t: Caller["t"], token: string): Caller => new Caller(t, server.url(""), token);

const task = (id: number, service = "auth-service"): object => ({
  ...{ id, service_name: service },
  markdown_files: [{ filename: "task.md", content: "# Task\n", file_type: "task" }],
});

/** A request for every route but the public ones, by operation; in an order in which all of them succeed. */
function requests(): [string, string, unknown?][] {
  const run = `/api/v1/namespaces/${namespace}/taskruns/routes-task-1`;
  const code = {
    task_id: "2",
    service: "routes",
    github_user: "rex",
    docs_repository_url: "https://github.com/acme/docs",
  };
  const docs = {
    repository_url: "https://github.com/acme/docs",
    working_directory: ".",
    source_branch: "main",
    github_user: "rex",
  };
  const repository = "https://github.com/acme/app";
  const pm = "/api/v1/pm/tasks";
  return [
    ["GET", "/api/v1/me"],
    ["POST", pm, task(1, "routes")],
    ["POST", pm, { ...code, repository: { url: repository } }],
    ["POST", "/api/v1/pm/code", { ...code, task_id: 3, repository_url: repository }],
    ["POST", "/api/v1/pm/docs/generate", docs],
    ["GET", "/api/v1/namespaces"],
    ["GET", "/api/v1/runs?limit=500&service=routes"],
    ["GET", `/api/v1/namespaces/${namespace}/runs?kind=taskrun&kind=coderun&limit=2`],
    ["GET", run],
    ["GET", `${run}/events`],
    ["GET", `${run}/files`],
    ["GET", `${run}/access`],
    ["GET", `${run}/logs`],
    ["PUT", `${run}?dryRun=true`, { spec: { taskId: 1, serviceName: "routes" } }],
    ["POST", `${run}/suspend`],
    ["POST", `${run}/resume`, {}],
    ["POST", `${run}/context`, { additional_context: "Use UTC." }],
    ["POST", `${run}/retry`, { replace: true }],
    ["GET", `${pm}?limit=1`],
    ["GET", `${pm}/1`],
    ["GET", `${pm}/routes-code-2/status`],
    ["GET", `${pm}/1/logs`],
    ["POST", `${pm}/1/session`, { session_id: "session-1" }],
    ["POST", `${pm}/1/context`, { context: "Use metres.", metadata: {} }],
    ["POST", `${pm}/1/retry`, { replace: true }],
    ["POST", `${run}/cancel`],
    ["POST", `${pm}/2/cancel`],
    ["DELETE", run],
    ["GET", "/api/v1/deliveries?phase=Failed"],
    ["GET", `/api/v1/namespaces/${namespace}/deliveries?repository=acme/shop&number=7`],
    ["GET", "/api/v1/plays"],
    ["GET", `/api/v1/namespaces/${namespace}/plays`],
    ["GET", "/api/v1/budgets"],
    ["GET", `/api/v1/namespaces/${namespace}/budgets`],
    ["GET", "/api/v1/usage?by=model"],
    ["GET", `/api/v1/namespaces/${namespace}/usage?kind=taskrun&since=2026-01-01`],
    ["GET", `/api/v1/namespaces/${namespace}/archived-runs?kind=taskrun&limit=1`],
    ["GET", `/api/v1/namespaces/${namespace}/archived-runs/taskruns/archived-task-1/u1`],
    ["GET", `/api/v1/namespaces/${namespace}/archived-runs/taskruns/archived-task-1/u1/transcripts/1`],
  ];
}

t.test("every route works for a caller with the rights, and answers as documented", async (t) => {
  const caller = callerWith(t, editor);
  const reached = new Set<string>();
  for (const [method, path, body] of requests()) {
    const { status, body: answer } = await caller.call(path, { method, body });
    // no node runs pods here: that an attempt has no output yet is a conflict
    const expected = path.endsWith("/logs") ? 409 : path.endsWith("/docs/generate") ? 201 : 200;
    t.equal(status, expected, `${method} ${path}: ${answer}`);
    reached.add(`${method} ${routeOf(path) ?? ""}`);
  }
  const documented = Object.entries(restDocument.paths as Record<string, Record<string, { security?: [] }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security }]) =>
        security === undefined ? [`${method.toUpperCase()} ${path}`] : [],
      ),
  );
  t.strictSame(
    documented.filter((route) => !reached.has(route)),
    [],
    "no route is left out",
  );
});

t.test("the command line works through the server with a token alone", async (t) => {
  const env = {
    ...process.env,
    ORCHESTRATOR_TOKEN: editor,
    ORCHESTRATOR_SERVER: server.url(""),
    KUBECONFIG: "/nowhere",
  };
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [orchestratorProgram(), "task", ...args, "-n", namespace],
      { env },
    );
    return stdout;
  };
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const submitted = { method: "POST", body: task(31, "terminal"), headers: { traceparent } };
  t.equal((await callerWith(t, editor).call("/api/v1/pm/tasks", submitted)).status, 200);
  t.equal(
    traceparentOf(await client.get(TaskRuns, { namespace, name: "terminal-task-31" })),
    traceparent,
    "the run belongs to the trace of the request",
  );
  const name = "taskrun.orchestrator.io/terminal-task-31";
  t.match(await run("list", "--service", "terminal"), /^NAME .*\nterminal-task-31 +31 +terminal /);
  t.equal(await run("get", "31", "-o", "name"), `${name}\n`);
  t.equal(await run("suspend", "terminal-task-31"), `${name}: suspended\n`);
  t.equal(await run("cancel", "taskrun/terminal-task-31"), `${name}: cancelled\n`);
  t.equal(await run("delete", "terminal-task-31"), `${name}: deleted\n`);
  t.match(await run("get", "31").catch(String), /there is no run "31"/);
  t.match(await run("list", "--archived"), /^NAME +UID +AGE\narchived-task-1 +u1 .*\narchived-task-2 +u2 /);
  t.match(await run("get", "archived-task-2", "--archived"), /^NAME .*\narchived-task-2 +u2 +Succeeded /);
  t.equal(await run("logs", "archived-task-2", "--archived"), "the log of archived-task-2\n");
});

t.test("a caller without rights, or with a token that is none, gets nothing and learns nothing", async (t) => {
  await client.create(TaskRuns, {
    metadata: { namespace, name: "secret-task-1" },
    spec: { taskId: 77, serviceName: "secret", markdownFiles: [{ filename: "task.md", content: "classified" }] },
  });
  const forged = callerWith(t, `${editor.slice(0, -6)}AAAAAA`);
  const powerless = callerWith(t, nobody);
  for (const [method, path, body] of requests()) {
    t.equal((await forged.call(path, { method, body })).status, 401, `${method} ${path}`);
    const { status, body: answer } = await powerless.call(path, { method, body });
    t.equal(status, path === "/api/v1/me" ? 200 : 403, `${method} ${path}: ${answer}`);
  }
  const answers: Answer[] = [];
  for (const name of ["secret-task-1", "absent-task-1"])
    for (const path of [`/api/v1/namespaces/${namespace}/taskruns/${name}`, `/api/v1/pm/tasks/${name}`])
      answers.push(await powerless.call(path));
  const texts = answers.map(({ body }) => body.replaceAll(/(secret|absent)-task-1|(task|code|docs)runs/g, "x"));
  t.strictSame(texts.slice(0, 2), texts.slice(2), "the same for a run that exists and for one that does not");
});

t.test("a repeated submission starts nothing, and another one under its name is a conflict", async (t) => {
  const caller = callerWith(t, editor);
  const [first, second] = [
    await caller.post("/api/v1/pm/tasks", task(5)),
    await caller.post("/api/v1/pm/tasks", task(5)),
  ];
  t.match(first.json, {
    success: true,
    message: "Task submitted successfully",
    data: { name: "auth-service-task-5", namespace, service: "auth-service", task_id: 5 },
  });
  t.match(second.json, { success: true, message: /already exists/, data: { name: "auth-service-task-5" } });
  const other = await caller.post("/api/v1/pm/tasks", { ...task(5), model: "opus" });
  t.match(other.json, { success: false, message: /already exists with another model/, problem: { status: 409 } });
});

t.test("of 50 additions of context at once none is lost", async (t) => {
  const caller = callerWith(t, editor);
  await caller.post("/api/v1/pm/tasks", { ...task(50), id: 50 });
  // no attempt starts, so that only the additions change the run
  await caller.post(`/api/v1/namespaces/${namespace}/taskruns/auth-service-task-50/suspend`);
  const texts = Array.from({ length: 50 }, (_, index) => `addition ${index}`);
  const answers = await Promise.all(
    texts.map((text) => caller.post("/api/v1/pm/tasks/50/context", { additional_context: text })),
  );
  t.strictSame(
    answers.filter(({ status }) => status !== 200).map(({ body }) => body),
    [],
  );
  const { spec } = await client.get(TaskRuns, { namespace, name: "auth-service-task-50" });
  t.strictSame(
    spec.markdownFiles.flatMap(({ content }) => (texts.includes(content) ? [content] : [])).sort(),
    texts.sort(),
  );
  t.equal(spec.contextVersion, 51);
});

t.test("watches report what happens, can go on where they ended, and end with their run", async (t) => {
  const caller = callerWith(t, editor);
  const list = `/api/v1/namespaces/${namespace}/runs?service=watched&kind=taskrun`;
  const { version } = (await caller.call(list)).json as { version: string };
  const names = (reader: EventReader): string[] =>
    reader.events.map(({ event, data }) => `${event} ${(data as { type?: string }).type ?? ""}`);
  const runs = new EventReader(t, server.url(`${list}&watch=true&version=${version}`), editor);
  await caller.post("/api/v1/pm/tasks", task(60, "watched"));
  await eventually("the new run is reported", () => names(runs).includes("run added"));
  const one = `/api/v1/namespaces/${namespace}/taskruns/watched-task-60`;
  const run = new EventReader(t, server.url(`${one}?watch=true`), editor);
  await eventually("its state is reported", () => names(run).includes("run added"));
  const begun = runs.events.at(-1)?.id;
  await caller.call(one, { method: "DELETE" });
  await run.done;
  t.strictSame(names(run).slice(-2), ["run deleted", "end "]);
  await eventually("its deletion is reported", () => names(runs).includes("run deleted"));
  const again = new EventReader(t, server.url(`${list}&watch=true`), editor, { "last-event-id": begun ?? "" });
  await eventually("a later stream goes on there", () => names(again).includes("run deleted"));
  t.notOk(names(again).includes("run added"));
});

t.test("streams that share a connection to the API server go on when it rejects another caller's token", async (t) => {
  const watch = `/api/v1/namespaces/${namespace}/runs?service=shared&kind=taskrun&watch=true`;
  const open = [1, 2, 3].map(() => new EventReader(t, server.url(watch), editor));
  await eventually("all are open", () => open.every(({ status }) => status === 200));
  for (const [token, status] of [
    [`${editor.slice(0, -6)}AAAAAA`, 401],
    [nobody, 403],
  ] as const)
    t.equal((await callerWith(t, token).call(watch)).status, status);
  const later = new EventReader(t, server.url(watch), editor);
  await eventually("a later one is open", () => later.status === 200);
  t.equal((await callerWith(t, editor).post("/api/v1/pm/tasks", task(65, "shared"))).status, 200);
  for (const each of [...open, later])
    await eventually("the run is reported", () => each.text.includes("shared-task-65"));
});

t.test("pages cover all kinds, each run once, and a filter by phase skips none", async (t) => {
  const caller = callerWith(t, editor);
  const all = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    for (let next: string | undefined = ""; next !== undefined;) {
      const token: string = next === "" ? "" : `&continue=${next}`;
      const { json } = await caller.call(`/api/v1/namespaces/${namespace}/runs?${query}${token}`);
      const page = json as { items: { kind: string; name: string }[]; continue?: string };
      found.push(...page.items.map(({ kind, name }) => `${kind} ${name}`));
      next = page.continue;
    }
    return found;
  };
  const expected = await all("limit=500");
  t.ok(expected.length >= 5 && new Set(expected.map((each) => each.split(" ")[0])).size === 3, expected.join(", "));
  t.strictSame(await all("limit=2"), expected);
  const phases = ["Pending", "Running", "Succeeded", "Failed", "Cancelled"];
  const parts = await Promise.all(phases.map((phase) => all(`limit=1&phase=${phase}`)));
  t.strictSame(parts.flat().sort(), [...expected].sort());
});

t.test(
  "a server that is killed has lost nothing that it acknowledged, and one that stops ends its streams",
  async (t) => {
    const caller = callerWith(t, editor);
    for (const id of [70, 71]) t.equal((await caller.post("/api/v1/pm/tasks", task(id))).status, 200);
    const run = `/api/v1/namespaces/${namespace}/taskruns/auth-service-task-70`;
    await caller.post(`${run}/suspend`);
    const acknowledged = new Set<string>();
    const killed = (async () => {
      await eventually("some are acknowledged", () => acknowledged.size >= 20);
      await server.end("SIGKILL");
    })();
    // submissions and additions go on while it is killed
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let number = 1; number <= 200; number++) {
        const id = 7000 + writer * 200 + number;
        const isContext = writer % 2 === 0;
        const sent = isContext
          ? caller.post(`${run}/context`, { additional_context: `addition ${id}` })
          : caller.post("/api/v1/pm/tasks", task(id));
        const answer = await sent.catch(() => undefined);
        if (answer === undefined) return;
        if (answer.status === 200) acknowledged.add(isContext ? `addition ${id}` : `auth-service-task-${id}`);
      }
    });
    await Promise.all([killed, ...writers]);
    const { items } = await client.list(TaskRuns, { namespace });
    const stored = new Set(items.map(({ metadata }) => metadata.name));
    for (const { content } of items.flatMap(({ spec }) => spec.markdownFiles)) stored.add(content);
    t.strictSame(
      [...acknowledged].filter((each) => !stored.has(each)),
      [],
      `${acknowledged.size} were acknowledged`,
    );
    await server.start();
    const repeated = await caller.post("/api/v1/pm/tasks", task(71));
    t.match(repeated.json, { success: true, message: /already exists with this specification; nothing was started/ });
    const stream = new EventReader(t, server.url(`/api/v1/runs?watch=true`), editor);
    await eventually("the stream is open", () => stream.text.includes("auth-service-task-70"));
    t.equal(await server.end("SIGTERM"), 0);
    await stream.done;
    t.equal(stream.events.at(-1)?.event, "end");
    for (const token of tokens) {
      const [, , signature = ""] = token.split(".");
      t.notOk(server.log.includes(signature), "no token is in the log");
    }
    t.notMatch(server.log, /classified|Use UTC|"level":"error"/);
  },
);
