/** Webhooks of GitHub from the receiver to runs, with the rights of the installed accounts and GitHub's answers from a double. */
import { createHmac, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { Deliveries, type Delivery } from "#src/api/delivery.js";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { freePorts } from "#src/cluster/ports.js";
import { operatorNames } from "#src/configuration/names.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import { Forbidden, Invalid } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { CallerClients } from "#src/server/caller-clients.js";
import { kubeconfigConnection } from "#src/server/api-server.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { listen } from "../listen.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { flagsBeside, installBeside, OperatorProcess } from "./operator.js";

const own = "orchestrator";
const secret = "the secret of the webhook";
const sha = "ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34";

let cluster: Cluster;
let client: HttpClient;
let namespace: string;
let directory: string;
let github: GitHub;
let url: string;
let token: string;
let operator: OperatorProcess;

interface GitHub {
  readonly host: string;
  /** Paths that it was asked for. */
  readonly asked: string[];
  /** Bodies of what was written, the newest last. */
  readonly written: string[];
  /** Answers by method and path. */
  readonly answers: Record<string, unknown>;
}

/** GitHub's API over TLS: one App, one person who may write. */
async function startGitHub(t: Test): Promise<GitHub> {
  const authority = await createAuthority("test", Date.now(), 3_600_000);
  const { certificate, key } = await issueLeaf(authority, ["127.0.0.1"], Date.now(), 3_600_000);
  await writeFile(join(directory, "ca.crt"), authority.certificate);
  const asked: string[] = [];
  const written: string[] = [];
  const answers: Record<string, unknown> = {
    "GET /repos/acme/shop/installation": { id: 7 },
    "POST /app/installations/7/access_tokens": {
      token: "ghs_x",
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    },
    "GET /repos/acme/shop/collaborators/ann/permission": { permission: "write" },
    "GET /repos/acme/shop/issues/3/comments": [],
    "POST /repos/acme/shop/issues/3/comments": { id: 900 },
    "PATCH /repos/acme/shop/issues/comments/900": {},
    "GET /repos/acme/shop/issues/8/comments": [],
    "POST /repos/acme/shop/issues/8/comments": { id: 902 },
    "PATCH /repos/acme/shop/issues/comments/902": {},
    [`GET /repos/acme/shop/commits/${sha}/check-runs`]: { check_runs: [] },
    "POST /repos/acme/shop/check-runs": { id: 901 },
  };
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const path = `${request.method ?? ""} ${(request.url ?? "").replace(/^\/api/, "").replace(/\?.*/, "")}`;
    asked.push(path);
    const answer = answers[path];
    const code = answer === undefined ? 404 : path.startsWith("POST") ? 201 : 200;
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString())).on("end", () => written.push(body));
    response
      .writeHead(code, { "content-type": "application/json" })
      .end(JSON.stringify(answer ?? { message: "Not Found" }));
  });
  return { host: `127.0.0.1:${await listen(t, server)}`, asked, written, answers };
}

async function startOperator(t: Test): Promise<void> {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await writeFile(join(directory, "app-id"), "17\n");
  await writeFile(join(directory, "private-key"), privateKey);
  const [probes = 0, webhooks = 0] = await freePorts(2, cluster.hostAddress);
  const kubeconfig = await installBeside(t, cluster, `https://${cluster.hostAddress}:${webhooks}`);
  const flags = [
    ...flagsBeside(cluster, kubeconfig, probes, webhooks),
    "--no-leader-elect",
    "--github-app-dir",
    directory,
  ];
  operator = new OperatorProcess(flags, probes, { NODE_EXTRA_CA_CERTS: join(directory, "ca.crt") });
  t.teardown(() => operator.end("SIGTERM"));
  await operator.start();
}

/** The server, which the manifests in config/github let create Deliveries. @returns the URL of the webhook */
async function startReceiver(t: Test): Promise<string> {
  for (const file of ["config/server/service-account.yaml", "config/github/rbac.yaml"])
    await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", join(packageRoot, file)]);
  const answer = await client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${own}/serviceaccounts/orchestrator-server/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  ({ token } = (answer as { status: { token: string } }).status);
  await writeFile(join(directory, "token"), `${token}\n`);
  await writeFile(join(directory, "config.yaml"), stringify({ github: { webhook: { enabled: true } } }));
  const secrets = await mkdtemp(join(directory, "secrets-"));
  await writeFile(join(secrets, "current"), `${secret}\n`);
  const kubeconfig = join(directory, "server-kubeconfig");
  await cluster.serviceAccountKubeconfig(own, "orchestrator-server", kubeconfig);
  const [port = 0] = await freePorts(1);
  const flags = [
    ...["--kubeconfig", kubeconfig, "--host", "127.0.0.1", "--port", String(port), "--namespace", own],
    ...["--config", join(directory, "config.yaml"), "--webhook-secrets-dir", secrets],
    ...["--webhook-token-file", join(directory, "token")],
  ];
  const server = new OperatorProcess(flags, port, {}, "server");
  t.teardown(() => server.end("SIGTERM"));
  await server.start();
  return server.url("/webhook/github");
}

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  directory = await mkdtemp(join(tmpdir(), "deliveries-test-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  github = await startGitHub(t);
  await startOperator(t);
  url = await startReceiver(t);
  namespace = await testNamespace(t, client);
  const configuration = {
    git: { hosts: [{ host: github.host, apiUrl: `https://${github.host}/api` }] },
    github: { webhook: { enabled: true }, report: { enabled: true }, namespace },
    agents: { rex: { githubApp: "Acme-Rex" }, cleo: { githubApp: "Acme-Cleo" }, tess: { githubApp: "Acme-Tess" } },
  };
  const key = { namespace: own, name: operatorNames.configuration };
  await unlessMissing(client.delete(ConfigMaps, key));
  await client.create(ConfigMaps, { metadata: key, data: { "config.yaml": stringify(configuration) } });
  t.teardown(async () => {
    await unlessMissing(client.delete(ConfigMaps, key));
    for (const { metadata } of (await client.list(Deliveries, { namespace: own })).items)
      await unlessMissing(client.delete(Deliveries, metadata as { namespace: string; name: string }));
  });
  const spec = {
    ...{ taskId: 5, service: "shop", githubApp: "Acme-Rex", docsRepositoryUrl: `https://${github.host}/acme/docs` },
    repositoryUrl: `https://${github.host}/acme/shop`,
  };
  await eventually("the configuration is known", () =>
    client.create(CodeRuns, { metadata: { namespace, name: "implementation" }, spec }),
  );
});

/** Sends a webhook. @returns status and outcome */
async function post(id: string, event: string, payload: object): Promise<string> {
  const body = JSON.stringify({
    repository: { id: 1, name: "shop", html_url: `https://${github.host}/acme/shop`, owner: { login: "acme" } },
    sender: { login: "ann", id: 1, type: "User" },
    ...payload,
  });
  const response = await fetch(url, {
    ...{ method: "POST", body },
    headers: {
      ...{ "content-type": "application/json", "x-github-event": event, "x-github-delivery": id },
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
  });
  return `${response.status} ${((await response.json()) as { outcome?: string }).outcome ?? ""}`;
}

const opened = (action: string): object => ({
  action,
  pull_request: {
    ...{ number: 3, draft: false, labels: [{ name: "task-5" }], user: { login: "ann", id: 1, type: "User" } },
    head: { ref: "feature/task-5-implementation", sha, repo: { id: 1 } },
    base: { ref: "main", sha, repo: { id: 1 } },
  },
});

function reaches(id: string, phase: string): Promise<Stored<Delivery>> {
  const key = { namespace: own, name: `github-${id}` };
  let last: Delivery["status"];
  return eventually(`${id} is ${phase}`, async () => {
    const found = await client.get(Deliveries, key);
    last = found.status;
    return last?.phase === phase && found;
  }).catch((error: unknown) => {
    const told = operator.log.split("\n").filter((line) => line.includes(id) && line.includes("err"));
    throw new Error(`${id} is ${JSON.stringify(last)}: ${told.slice(-2).join(" ").slice(0, 2_000)}`, { cause: error });
  });
}

const liveOf = async (agent: string): Promise<Stored<CodeRun>[]> =>
  (await client.list(CodeRuns, { namespace })).items.filter(({ spec }) => spec.githubApp === agent);

t.test(
  "an opened pull request starts the quality agent, once for repeated webhooks",
  { timeout: 120_000 },
  async (t) => {
    const answers = await Promise.all([1, 2, 3].map(() => post("opened-1", "pull_request", opened("opened"))));
    t.same(answers.sort(), ["202 accepted", "202 repeated", "202 repeated"]);
    const { status } = await reaches("opened-1", "Done");
    const runs = await liveOf("Acme-Cleo");
    t.equal(runs.length, 1);
    t.equal(runs[0]?.metadata.name, status?.run?.name);
    t.match(runs[0]?.metadata.labels, { "workflow-stage": "quality", "orchestrator.io/pull-request": "3" });
    t.equal(await post("opened-1", "pull_request", opened("opened")), "202 repeated");
    t.ok(github.asked.includes("GET /repos/acme/shop/collaborators/ann/permission"));
  },
);

t.test("a failed check waits for the live implementation, and then continues it", { timeout: 120_000 }, async (t) => {
  const suite = {
    conclusion: "failure",
    head_branch: "feature/task-5-implementation",
    head_sha: sha,
    pull_requests: [],
  };
  t.equal(await post("check-1", "check_suite", { action: "completed", check_suite: suite }), "202 accepted");
  await reaches("check-1", "Waiting");
  const body = { spec: { cancel: true } };
  await client.patch(CodeRuns, { namespace, name: "implementation" }, { type: "merge", body });
  const { status } = await reaches("check-1", "Done");
  t.match(await client.get(CodeRuns, { namespace, name: status?.run?.name ?? "" }), {
    spec: { githubApp: "Acme-Rex", continueSession: true, promptModification: /ended with failure/ },
  });
});

t.test("a closed pull request cancels the runs of its task", { timeout: 120_000 }, async (t) => {
  t.equal(await post("closed-1", "pull_request", opened("closed")), "202 accepted");
  const { status } = await reaches("closed-1", "Done");
  t.equal(status?.cancelled?.length, 2);
  await eventually("they end", async () =>
    (await client.list(CodeRuns, { namespace })).items.every((run) => run.status?.phase === "Cancelled"),
  );
  await eventually("the comment says so", () => {
    const comment = github.written.findLast((body) => body.includes("agent-orchestrator: report")) ?? "";
    return comment.split("| Cancelled").length === 4;
  });
  t.equal(github.asked.filter((path) => path === "POST /repos/acme/shop/issues/3/comments").length, 1);
  t.ok(github.written.some((body) => body.includes('"conclusion":"cancelled"')));
});

t.test("an issue starts a run, and comments retry it and ask for it", { timeout: 120_000 }, async (t) => {
  const issue = { number: 8, title: "No mail", body: "It sends none.", labels: [{ name: "orchestrator" }] };
  const label = { name: "orchestrator" };
  t.equal(await post("issue-1", "issues", { action: "labeled", issue, label }), "202 accepted");
  const { status } = await reaches("issue-1", "Done");
  const key = { namespace, name: status?.run?.name ?? "" };
  t.match(await client.get(CodeRuns, key), {
    metadata: { labels: { "orchestrator.io/issue": "8" } },
    spec: { taskId: 8, githubApp: "Acme-Rex", taskDescription: /^# No mail\n[^]*> It sends none\.$/, retryAttempt: 1 },
  });
  const job = await eventually("it has a Job", async () => {
    const { status: now } = await client.get(CodeRuns, key);
    return now?.phase === "Running" && client.get(Jobs, { namespace, name: now.jobName ?? "" });
  });
  // an exit code after which there is no automatic retry
  await finishJob(client, job, 14);
  await eventually("it has failed", async () => (await client.get(CodeRuns, key)).status?.phase === "Failed");
  const comment = (body: string): object => ({ action: "created", issue, comment: { body } });
  t.equal(await post("retry-1", "issue_comment", comment("/orchestrator retry")), "202 accepted");
  t.match((await reaches("retry-1", "Done")).status, { run: { name: key.name }, retryAttempt: 2, task: 8 });
  t.equal((await client.get(CodeRuns, key)).spec.retryAttempt, 2);
  t.equal(await post("status-1", "issue_comment", comment("/orchestrator status")), "202 accepted");
  await reaches("status-1", "Done");
  const answer = github.written.find((body) => body.includes("agent-orchestrator: github-status-1"));
  t.match(answer, key.name);
  t.equal(await post("close-1", "issues", { action: "closed", issue }), "202 accepted");
  t.match((await reaches("close-1", "Done")).status, { cancelled: [`${namespace}/${key.name}`] });
});

t.test("somebody without the right to write starts nothing", { timeout: 120_000 }, async (t) => {
  const eve = { sender: { login: "eve", id: 66, type: "User" } };
  t.equal(await post("eve-1", "pull_request", { ...opened("opened"), ...eve }), "202 accepted");
  t.match((await reaches("eve-1", "Ignored")).status, { reason: "NotPermitted" });
});

t.test("a Delivery cannot be changed, and the receiver's account may create Deliveries and nothing else", async (t) => {
  const key = { namespace: own, name: "github-eve-1" };
  const body = { spec: { action: "closed" } };
  await t.rejects(client.patch(Deliveries, key, { type: "merge", body }), Invalid);
  const connection = await kubeconfigConnection({ file: join(directory, "server-kubeconfig") });
  const clients = new CallerClients({ connection });
  t.teardown(() => clients.close());
  const receiver = clients.of(token);
  await t.rejects(receiver.list(Deliveries, { namespace: own }), Forbidden);
  await t.rejects(receiver.get(Deliveries, key), Forbidden);
  await t.rejects(receiver.delete(Deliveries, key), Forbidden);
  await t.rejects(receiver.list(Pods, { namespace: own }), Forbidden);
  const spec = { source: "github", id: "x", event: "push" } as const;
  await t.rejects(receiver.create(Deliveries, { metadata: { namespace, name: "github-x" }, spec }), Forbidden);
});

t.test(
  "a webhook that GitHub could not deliver is taken in when the operator is back",
  { timeout: 120_000 },
  async (t) => {
    t.equal(await operator.end("SIGTERM"), 0);
    const payload = {
      ...{ action: "opened", issue: { number: 9, title: "Missed", user: { login: "ann", id: 1, type: "User" } } },
      repository: { id: 1, name: "shop", html_url: `https://${github.host}/acme/shop`, owner: { login: "acme" } },
      sender: { login: "ann", id: 1, type: "User" },
    };
    const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    const entry = { event: "issues", action: "opened", status_code: 502, delivered_at: at(30) };
    github.answers["GET /app/hook/deliveries"] = [
      { ...entry, id: 91, guid: "missed-1" },
      { ...entry, id: 92, guid: "received-1", status_code: 202 },
      { ...entry, id: 93, guid: "older-1", delivered_at: at(90) },
    ];
    github.answers["GET /app/hook/deliveries/91"] = { guid: "missed-1", request: { payload } };
    const key = { namespace: own, name: "orchestrator-webhook-recovery" };
    const position = { [github.host.replace(":", "_")]: at(60) };
    await unlessMissing(client.delete(ConfigMaps, key));
    const metadata = { ...key, labels: { "app.kubernetes.io/managed-by": "agent-orchestrator" } };
    await client.create(ConfigMaps, { metadata, data: position });
    t.teardown(() => unlessMissing(client.delete(ConfigMaps, key)));
    await operator.start();
    const { spec, status } = await reaches("missed-1", "Ignored");
    t.match(spec, { event: "issues", action: "opened", repository: { name: "shop" }, subject: { number: 9 } });
    t.match(status, { reason: "NoRuleMatches" });
    await eventually("the look is remembered", async () => {
      const { data } = await client.get(ConfigMaps, key);
      return JSON.stringify(data) !== JSON.stringify(position);
    });
    t.notOk(github.asked.some((path) => /deliveries\/9[23]/.test(path)));
  },
);
