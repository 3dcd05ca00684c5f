/** The bundled command line on a real API server, as a user with the rights of one namespace. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { TaskRuns } from "#src/api/taskrun.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import type { Cluster } from "#src/cluster/index.js";
import { Jobs, ServiceAccounts } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { stringify, parse } from "yaml";
import { kubectl } from "#src/cluster/install.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";
import { startRestServer } from "./rest-server.js";

let cluster: Cluster;
let client: HttpClient;
let namespace: string;
let project: string;
t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  await startOperator(t, cluster);
  namespace = await testNamespace(t, client);
  project = t.testdir({});
});

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Starts the bundled program in the project, without a terminal.
 *
 * @param printed gets all that standard output has, whenever it grows
 */
async function run(
  kubeconfig: string,
  args: readonly string[],
  stdin = "",
  printed?: (out: string) => void,
): Promise<Outcome> {
  const child = spawn(process.execPath, [orchestratorProgram(), "task", ...args, "--kubeconfig", kubeconfig], {
    cwd: project,
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    printed?.(out);
  });
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

/** Without what passes between two commands. */
const withoutAges = ({ code, out, err }: Outcome): Outcome => ({
  code,
  out: out.replaceAll(/ \d+[smh](\d+[smh])?\b/g, " AGE"),
  err,
});

type Rules = readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[];

const allRuns = { apiGroups: ["orchestrator.io"], resources: ["taskruns", "coderuns", "docsruns"] };

/** A kubeconfig of a new account with these rights in the namespace of the test. */
async function account(name: string, rules: Rules): Promise<string> {
  const rbac = (kind: string, plural: string): ReturnType<typeof resourceType> =>
    resourceType({ group: "rbac.authorization.k8s.io", version: "v1", kind, plural, namespaced: true });
  const metadata = { namespace, name };
  await client.create(ServiceAccounts, { metadata });
  await client.create(rbac("Role", "roles"), { metadata, rules } as never);
  await client.create(rbac("RoleBinding", "rolebindings"), {
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  } as never);
  const answer = (await client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  })) as { status: { token: string } };
  const config = parse(readFileSync(cluster.kubeconfig, "utf8")) as { clusters: { name: string }[] };
  const context = { name: "test", context: { cluster: config.clusters[0]?.name, user: "test", namespace } };
  const users = [{ name: "test", user: { token: answer.status.token } }];
  const file = join(project, `kubeconfig-${name}`);
  writeFileSync(file, stringify({ ...config, contexts: [context], users, "current-context": "test" }));
  return file;
}

/** Writes the project's tasks. */
function writeTasks(tasks: readonly object[], documents: Readonly<Record<string, string>> = {}): void {
  mkdirSync(join(project, ".taskmaster/tasks"), { recursive: true });
  writeFileSync(join(project, ".taskmaster/tasks/tasks.json"), JSON.stringify({ master: { tasks } }));
  for (const [path, text] of Object.entries(documents)) {
    mkdirSync(join(project, ".taskmaster/docs", path, ".."), { recursive: true });
    writeFileSync(join(project, ".taskmaster/docs", path), text);
  }
}

async function finish(name: string, exitCode: number, message?: string): Promise<void> {
  const job = await eventually(`${name} has a Job`, async () => {
    const { status } = await client.get(TaskRuns, { namespace, name });
    return status?.phase === "Running" && client.get(Jobs, { namespace, name: status.jobName ?? "" });
  });
  await finishJob(client, job, exitCode, message);
}

t.test("a person with the rights of an author goes through the life of a run", async (t) => {
  const author = await account("author", [
    { ...allRuns, verbs: ["get", "list", "watch", "create", "patch", "delete"] },
    { apiGroups: [""], resources: ["pods", "events"], verbs: ["get", "list", "watch"] },
    // a run may use the Secrets alone that its author may read
    { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
  ]);
  const task = (...args: string[]): Promise<Outcome> => run(author, args);
  writeTasks(
    [
      { id: 1, title: "Schema", priority: "high" },
      { id: 2, title: "Login", dependencies: [1] },
    ],
    { "task-1/prompt.md": "Write the schema.\n" },
  );

  await t.test("submit lists what is pending, checks, creates, and creates nothing twice", async (t) => {
    t.match(await task("submit"), {
      code: 2,
      out: /^ID +PRIORITY +DEPENDS ON +TITLE\n1 +high +Schema\n2 +1 +Login\n$/,
    });
    const service = ["--service", "auth"];
    t.strictSame(await task("submit", "1", ...service, "--dry-run"), {
      ...{ code: 0, out: "taskrun.orchestrator.io/auth-task-1 created (server dry run)\n", err: "" },
    });
    t.match(await task("list"), { code: 0, out: "", err: `No runs found in namespace ${namespace}.\n` });
    t.strictSame(await task("submit", "1", "2", ...service, "-o", "name"), {
      ...{ code: 0, err: "", out: "taskrun.orchestrator.io/auth-task-1\ntaskrun.orchestrator.io/auth-task-2\n" },
    });
    // both work in one workspace
    t.match(await task("suspend", "auth-task-2"), { code: 0, out: /: suspended\n$/ });
    const [first, second] = await Promise.all(
      ["auth-task-1", "auth-task-2"].map((name) => client.get(TaskRuns, { namespace, name })),
    );
    t.match(first?.spec, { taskId: 1, serviceName: "auth", priority: "high", retryAttempt: 1 });
    t.strictSame(
      first?.spec.markdownFiles.map(({ filename }) => filename),
      ["task.md", "prompt.md"],
    );
    t.strictSame(second?.spec.dependsOn, ["auth-task-1"]);
    const again = await task("submit", "1", "2", ...service);
    t.match(again, { code: 0, out: /^.*auth-task-1 unchanged\n.*auth-task-2 unchanged\n$/ });
    t.equal(
      (await client.get(TaskRuns, { namespace, name: "auth-task-1" })).metadata.generation,
      first?.metadata.generation,
    );
  });

  await t.test("a change is shown, needs --yes where nobody answers, and starts no attempt unasked", async (t) => {
    await finish("auth-task-1", 0, JSON.stringify({ pullRequestUrl: "https://github.com/acme/auth/pull/7" }));
    t.match(await task("wait", "1", "--timeout", "60"), {
      code: 0,
      out: /^taskrun\.orchestrator\.io\/auth-task-1: Succeeded/,
    });
    writeFileSync(join(project, ".taskmaster/docs/task-1/prompt.md"), "Write the schema.\nWith an index.\n");
    const submit = ["submit", "1", "--service", "auth"];
    const refused = await task(...submit);
    t.match(refused, { code: 2, out: /\n\+ +With an index\.\n/, err: /add --yes, or --dry-run/ });
    t.match(refused.err, /has ended \(Succeeded\), so this change starts nothing/);
    t.match(await task(...submit, "--yes"), { code: 0, out: /auth-task-1 configured\n$/ });
    const { spec, status } = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
    t.match(
      { spec, status },
      { spec: { contextVersion: 1, retryAttempt: 1 }, status: { phase: "Succeeded", attempts: 1 } },
    );
  });

  await t.test("--restart and context start another attempt, and --watch waits for its end", async (t) => {
    const added = await task("context", "auth-task-1", "-m", "Use bigint.");
    t.match(added, {
      code: 0,
      out: /context added as context-2\.md; contextVersion 2 starts another attempt with it\n$/,
    });
    t.match(await task("context", "auth-task-1", "-m", "Use bigint."), { code: 0, out: /has this context already\n$/ });
    await eventually("attempt 2 runs", async () => {
      const { status } = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
      return status?.attempts === 2 && status.phase === "Running";
    });
    writeFileSync(join(project, ".taskmaster/docs/task-1/prompt.md"), "Write the schema.\nWithout an index.\n");
    const submit = ["submit", "1", "--service", "auth", "--yes"];
    t.match(await task(...submit), {
      code: 1,
      err: /cannot change while an attempt is running[^\n]*; --restart does so\n$/,
    });
    let shown = "";
    const watched = run(author, [...submit, "--restart", "-w"], "", (out) => (shown = out));
    await eventually("attempt 3 runs", async () => {
      const { status } = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
      return status?.attempts === 3 && status.phase === "Running";
    });
    await eventually("the table shows a running attempt", () => shown.includes(" Running "));
    await finish("auth-task-1", 0, JSON.stringify({ pullRequestUrl: "https://github.com/acme/auth/pull/8" }));
    const { code, out, err } = await watched;
    t.equal(code, 0);
    t.match(err, /contextVersion 2 -> 3: another attempt starts with this change, and the running one is stopped\.\n/);
    t.match(
      out,
      // how many rows come before depends on when the watch begins
      /configured\nNAME +TASK .*\n(auth-task-1 .*\n)*auth-task-1 .* Running .*\n(auth-task-1 .*\n)*auth-task-1 .* Succeeded .*\n$/,
    );
    const { spec } = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
    t.match(
      spec.markdownFiles.find(({ filename }) => filename === "context-2.md"),
      { content: "Use bigint." },
      "context stays",
    );
  });

  await t.test("a server applies as the same owner of fields as a kubeconfig", async (t) => {
    const server = await startRestServer(t, cluster, client, namespace);
    const url = server.url("");
    const through = (...args: string[]): Promise<Outcome> => run(author, [...args, "--server", url]);
    const submit = ["submit", "1", "--service", "auth"];
    t.match(await through(...submit), { code: 0, out: /auth-task-1 unchanged\n$/ });
    rmSync(join(project, ".taskmaster/docs/task-1/prompt.md"));
    const shown = await through(...submit, "--dry-run");
    t.match(shown, { code: 0, out: /\n- +- content: [^]*configured \(server dry run\)\n$/ });
    t.strictSame(await task(...submit, "--dry-run"), shown);
    t.match(await through(...submit, "--yes"), { code: 0, out: /auth-task-1 configured\n$/ });
    const { spec } = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
    t.strictSame(spec.markdownFiles.map(({ filename }) => filename).sort(), ["context-2.md", "task.md"]);
    t.match(await task(...submit), { code: 0, out: /auth-task-1 unchanged\n/ });
    for (const args of [
      ["list", "-o", "wide"],
      ["list", "-o", "yaml"],
      ["get", "auth-task-1", "-o", "wide"],
      ["submit", "1", "--service", "auth", "--model", "x".repeat(2_000)],
    ])
      t.strictSame(withoutAges(await through(...args)), withoutAges(await task(...args)), args.slice(0, 4).join(" "));
    const path = `${url}/api/v1/namespaces/${namespace}/taskruns/auth-task-9?dryRun=true`;
    const { users } = parse(readFileSync(author, "utf8")) as { users: { user: { token: string } }[] };
    const headers = { authorization: `Bearer ${users[0]?.user.token ?? ""}`, "content-type": "application/json" };
    const body = JSON.stringify({ spec: { taskId: 9, serviceName: "auth", noField: "opus" } });
    const unknown = await fetch(path, { method: "PUT", headers, body });
    t.equal(unknown.status, 422);
    t.match(await unknown.json(), { detail: /noField/ });
    writeFileSync(join(project, ".taskmaster/docs/task-1/prompt.md"), "Write the schema.\nWithout an index.\n");
    t.match(await through(...submit, "--yes"), { code: 0 });
  });

  await t.test("describe and open tell what came of it", async (t) => {
    const described = await task("describe", "auth-task-1");
    t.equal(described.code, 0);
    for (const part of [
      /^Name: +auth-task-1\n/,
      /\nPhase: +Succeeded \(Completed\)\n/,
      /\nPull request: +https:\/\/github\.com\/acme\/auth\/pull\/8\n/,
      /\nAttempts:\n +NUMBER .*\n +1 +Succeeded .*\n +2 .*\n +3 +Succeeded .*\n/,
      /\nFiles:\n +NAME +TYPE +SIZE\n +task\.md +task .*\n/,
      /\nEvents:\n +TYPE +REASON .*\n +Normal +JobCreated /,
      /\nNext:\n {2}orchestrator task open taskrun\/auth-task-1 -n /,
    ])
      t.match(described.out, part);
    t.strictSame(await task("open", "1"), { code: 0, out: "https://github.com/acme/auth/pull/8\n", err: "" });
    t.match(await task("open", "auth-task-2"), { code: 1, err: /has reported no pull request; it has not ended/ });
  });

  await t.test("-o jsonpath gives what kubectl gives", async (t) => {
    const templates = [
      '{range .items[*]}{.metadata.name}{"\\t"}{.spec.taskId}{"\\n"}{end}',
      "{.items[?(@.spec.taskId==1)].status.phase}",
      "{.items[*].spec.markdownFiles[0:1].filename}",
      "{.items[0].metadata.labels.orchestrator\\.io/task-id}",
      "{.items[-1].spec['taskId','serviceName']}",
      "{..uid}",
    ];
    for (const template of templates) {
      const wanted = await kubectl(cluster, [
        "get",
        "taskruns.orchestrator.io",
        "-n",
        namespace,
        "-o",
        `jsonpath=${template}`,
      ]);
      t.equal((await task("list", "--kind", "taskrun", "-o", `jsonpath=${template}`)).out, wanted, template);
    }
  });

  await t.test("code and docs have one name for one request", async (t) => {
    const repository = ["--repo", "acme/auth", "--github-user", "acme-bot"];
    const code = [
      "code",
      "7",
      "--service",
      "auth",
      ...repository,
      "--env",
      "A=b,c=d",
      "--env-from-secrets",
      "T:keys:token",
    ];
    t.match(await task(...code), { code: 0, out: "coderun.orchestrator.io/auth-code-7 created\n", err: "" });
    t.match(await task(...code), { code: 0, out: "coderun.orchestrator.io/auth-code-7 unchanged\n" });
    const { out } = await task(
      "get",
      "coderun/auth-code-7",
      "-o",
      "jsonpath={.spec.env.A} {.spec.envFromSecrets[0].secretName}",
    );
    t.equal(out, "b,c=d keys");
    const docs = ["docs", "--source-branch", "main", "--working-directory", "_projects/trader", ...repository];
    const created = await task(...docs, "-o", "name");
    t.match(created, { code: 0, out: /^docsrun\.orchestrator\.io\/docs-/ });
    t.match(await task(...docs), { code: 0, out: /unchanged\n$/ });
    for (const name of ["coderun/auth-code-7", created.out.trim().replace(".orchestrator.io", "")])
      t.match(await task("delete", name), { code: 0, out: /: deleted\n$/ });
  });
});

t.test("who may only read sees runs, and is refused in one line, with nothing written", async (t) => {
  const reader = await account("reader", [{ ...allRuns, verbs: ["get", "list", "watch"] }]);
  t.match(await run(reader, ["list", "-o", "name"]), { code: 0, out: /^taskrun\.orchestrator\.io\/auth-task-1\n/ });
  t.match(await run(reader, ["describe", "auth-task-1"]), {
    code: 0,
    out: /\nEvents: +<unknown>: you may not list Events here\n/,
  });
  const before = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
  writeFileSync(join(project, ".taskmaster/docs/task-1/prompt.md"), "Something else.\n");
  const refused =
    /^error: taskruns\.orchestrator\.io "auth-task-1" is forbidden: User "[^"]+" cannot (patch|delete) [^\n]*\n$/;
  for (const args of [
    ["submit", "1", "--service", "auth", "--yes"],
    ["context", "auth-task-1", "-m", "x"],
    ["retry", "auth-task-1"],
    ["delete", "auth-task-1"],
  ])
    t.match(await run(reader, args), { code: 1, out: "", err: refused }, args.join(" "));
  const after = await client.get(TaskRuns, { namespace, name: "auth-task-1" });
  t.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
});

t.test("who may do nothing learns nothing, and a wrong token is named", async (t) => {
  const nobody = await account("nobody", []);
  for (const args of [["list"], ["get", "auth-task-1"], ["get", "nothing"], ["describe", "1"]]) {
    const { code, out, err } = await run(nobody, args);
    t.match(
      { code, out, err },
      { code: 1, out: "", err: /^error: \w+\.orchestrator\.io [^\n]*is forbidden: [^\n]*\n$/ },
      args.join(" "),
    );
  }
  const wrong = join(project, "kubeconfig-wrong");
  writeFileSync(wrong, readFileSync(nobody, "utf8").replace(/token: .*/, "token: expired"));
  t.strictSame(await run(wrong, ["list"]), {
    ...{ code: 2, out: "" },
    err: "error: the API server does not accept your credentials (401); they may have expired: log in again, or choose another --context\n",
  });
});
