/** Webhooks of GitHub from the receiver to runs, with the rights of the installed accounts and GitHub's answers from a double. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { Deliveries, type Delivery } from "#src/api/delivery.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { operatorNames } from "#src/configuration/names.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import { Forbidden, Invalid } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { CallerClients } from "#src/server/caller-clients.js";
import { kubeconfigConnection } from "#src/server/api-server.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { GitHubDouble, writeAppKey } from "./github-double.js";
import { flagsBeside, installBeside, OperatorProcess } from "./operator.js";
import { payloadOf, Receivers, secret, sendWebhook } from "./receivers.js";

const own = "orchestrator";
const sha = "ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34";

let cluster: Cluster;
let client: HttpClient;
let namespace: string;
let github: GitHubDouble;
let receivers: Receivers;
let url: string;
let operator: OperatorProcess;

async function startOperator(t: Test): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "deliveries-test-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await writeAppKey(directory);
  const [probes = 0, webhooks = 0] = await freePorts(2, cluster.hostAddress);
  const kubeconfig = await installBeside(t, cluster, `https://${cluster.hostAddress}:${webhooks}`);
  const flags = [
    ...flagsBeside(cluster, kubeconfig, probes, webhooks),
    ...["--no-leader-elect", "--github-app-dir", directory],
  ];
  operator = new OperatorProcess(flags, probes);
  t.teardown(() => operator.end("SIGTERM"));
  await operator.start();
}

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  github = await GitHubDouble.start(t);
  github.writers.add("ann");
  await startOperator(t);
  receivers = await Receivers.install(t, cluster, client);
  const receiver = await receivers.create(t);
  await receiver.start();
  url = receiver.url("/webhook/github");
  namespace = await testNamespace(t, client);
  const configuration = {
    git: { hosts: [{ host: github.host, apiUrl: github.apiUrl, caConfigMapName: "company-ca" }] },
    github: { webhook: { enabled: true }, report: { enabled: true }, namespace },
    agents: { rex: { githubApp: "Acme-Rex" }, cleo: { githubApp: "Acme-Cleo" }, tess: { githubApp: "Acme-Tess" } },
  };
  const key = { namespace: own, name: operatorNames.configuration };
  await unlessMissing(client.delete(ConfigMaps, key));
  const authorities = { namespace: own, name: "company-ca" };
  await client.create(ConfigMaps, { metadata: authorities, data: { "ca.crt": github.authority } });
  t.teardown(() => client.delete(ConfigMaps, authorities));
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
function post(id: string, event: string, payload: object): Promise<string> {
  return sendWebhook(url, { id, event, payload: payloadOf(github.host, payload) });
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
  // Check Runs are written after the comment
  await eventually("a Check Run says so", () =>
    github.written.some((body) => body.includes('"conclusion":"cancelled"')),
  );
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

t.test("a push after which a pull request conflicts continues its implementation", { timeout: 120_000 }, async (t) => {
  const base = { ref: "main", sha, repo: { id: 1 } };
  const pull = {
    number: 3,
    title: "Mail",
    state: "open",
    draft: false,
    labels: [{ name: "task-5" }],
    mergeable: false,
  };
  github.pulls.push({ ...pull, base, head: { ref: "feature/task-5-implementation", sha, repo: { id: 1 } } });
  t.equal(
    await post("push-1", "push", { ref: "refs/heads/main", after: "cd".repeat(20), commits: [] }),
    "202 accepted",
  );
  t.match((await reaches("push-1", "Done")).status, { rule: "branch-pushed", message: "In conflict with main: #3." });
  const { status } = await reaches("push-1-3", "Done");
  t.match(await client.get(CodeRuns, { namespace, name: status?.run?.name ?? "" }), {
    metadata: { labels: { "workflow-stage": "remediation", "orchestrator.io/pull-request": "3" } },
    spec: { taskId: 5, githubApp: "Acme-Rex", continueSession: true, promptModification: /conflicts with main/ },
  });
});

t.test("a user without write access starts nothing", { timeout: 120_000 }, async (t) => {
  const eve = { sender: { login: "eve", id: 66, type: "User" } };
  t.equal(await post("eve-1", "pull_request", { ...opened("opened"), ...eve }), "202 accepted");
  t.match((await reaches("eve-1", "Ignored")).status, { reason: "NotPermitted" });
});

t.test("an alert of Grafana is stored and decided about, and starts nothing without a rule", async (t) => {
  const began = { status: "firing", fingerprint: "c6ea", startsAt: "2026-01-02T03:04:05Z" };
  const labels = { alertname: "Errors", repository: "acme/shop", severity: "high" };
  const body = JSON.stringify({ receiver: "r", alerts: [{ ...began, labels, annotations: { summary: "5 % fail" } }] });
  const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
  const address = url.replace(/github$/, "grafana");
  const notify = async (more: object = {}): Promise<unknown> =>
    await (await fetch(address, { method: "POST", body, headers: { ...headers, ...more } })).json();
  t.same(await notify(), { outcome: "accepted" });
  t.same(await notify(), { outcome: "repeated" });
  t.match(await notify({ authorization: "Bearer wrong" }), { status: 401 });
  const key = { namespace: own, name: "grafana-c6ea-1767323045-firing" };
  const found = await eventually("it is decided", async () => {
    const delivery = await client.get(Deliveries, key);
    return delivery.status?.phase === "Ignored" && delivery;
  });
  t.match(found, {
    spec: { source: "grafana", labels: ["alertname=Errors", "repository=acme/shop", "severity=high"] },
    status: { reason: "NoRuleMatches" },
  });
});

t.test("a Delivery cannot be changed, and the receiver's account may create Deliveries and nothing else", async (t) => {
  const key = { namespace: own, name: "github-eve-1" };
  const body = { spec: { action: "closed" } };
  await t.rejects(client.patch(Deliveries, key, { type: "merge", body }), Invalid);
  const connection = await kubeconfigConnection({ file: receivers.kubeconfig });
  const clients = new CallerClients({ connection });
  t.teardown(() => clients.close());
  const receiver = clients.of(receivers.token);
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
    const issue = { number: 9, title: "Missed", user: { login: "ann", id: 1, type: "User" } };
    const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    const record = (guid: string, status: number, minutes: number): void =>
      github.record(
        guid,
        "issues",
        "opened",
        status,
        Date.parse(at(minutes)),
        payloadOf(github.host, { action: "opened", issue }),
      );
    record("older-1", 502, 90);
    record("missed-1", 502, 30);
    record("received-1", 202, 30);
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
    t.equal(github.asked.filter((path) => /deliveries\/\d/.test(path)).length, 1);
  },
);
