/**
 * Each alert of config/prometheus fires in a real Prometheus when its fault is staged at real processes. Time passes faster in its rules
 * (test/prometheus/real-prometheus.ts). Then every query of the dashboards has data. The tests build on each other.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Agent, request } from "undici";
import { stringify } from "yaml";
import { webhookPaths } from "#src/admission/manifests.js";
import { Budgets, type Budget } from "#src/api/budget.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { operatorNames } from "#src/configuration/names.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { ConfigMaps, Jobs, Leases, ValidatingWebhookConfigurations } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { Interceptor, type Hook, type Verdict } from "../chaos/interceptor.js";
import { eventually } from "../eventually.js";
import { listen } from "../listen.js";
import { dashboardQueries } from "../prometheus/expressions.js";
import { fasterRules, noPrometheus, RealPrometheus } from "../prometheus/real-prometheus.js";
import { adminClient, ownCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { flagsBeside, installBeside, OperatorProcess } from "./operator.js";

// a minute and a half, most of it for windows of time that a busy machine can miss
const skip = process.env.TEST_FULL === "1" ? noPrometheus : "in the full count only (TEST_FULL=1)";
const options = { skip, timeout: 90_000 };
const namespace = "orchestrator";
let cluster: Cluster;
let client: HttpClient;
let prometheus: RealPrometheus;
/** The requests of the manager, and those of the server, to the API server. */
let requests: Interceptor;
let serverRequests: Interceptor;
let manager: OperatorProcess;
let server: OperatorProcess;
/** A second installation, whose process is stopped again and again. */
let other: OperatorProcess;
let webhooks = 0;
let directory = "";
let runs = 0;

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Resolves when these alerts have fired. @param fault repeated until then */
async function fires(
  t: Test,
  names: readonly string[],
  fault: () => Promise<unknown> = () => wait(100),
): Promise<void> {
  for (const name of names) prometheus.fired.delete(name); // what fired before counts only if it still does
  const over = new AbortController();
  let last: unknown;
  const staging = (async () => {
    while (!over.signal.aborted) await fault().catch((error: unknown) => void (last = error));
  })();
  const missing = (): string[] => names.filter((name) => !prometheus.fired.has(name));
  await eventually(names.join(), () => prometheus.haveFired(names), 45_000).catch(() => t.comment(String(last)));
  over.abort();
  await staging;
  t.strictSame(missing(), [], `${names.join(", ")} fire`);
}

function taskRun(of: string, spec: Partial<TaskRun["spec"]> = {}): TaskRun {
  const taskId = ++runs;
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace: of, name: `task-${taskId}` },
    spec: {
      ...{ taskId, serviceName: `service-${taskId}`, retry: { maxRetries: 0 }, ...spec },
      markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
    },
  };
}

const create = (of: string, spec?: Partial<TaskRun["spec"]>): Promise<unknown> =>
  client.create(TaskRuns, taskRun(of, spec));

async function configure(
  data: Readonly<Record<string, string>>,
  name: string = operatorNames.configuration,
): Promise<void> {
  await client.apply(ConfigMaps, { metadata: { namespace, name }, data }, { force: true });
}

/** A request to the manager's webhook, as the API server sends it. */
async function review(body: string): Promise<number> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const url = `https://${cluster.hostAddress}:${webhooks}${webhookPaths("taskrun").mutate}`;
    const headers = { "content-type": "application/json" };
    const answer = await request(url, { method: "POST", dispatcher, body, headers });
    await answer.body.dump();
    return answer.statusCode;
  } finally {
    await dispatcher.destroy();
  }
}

async function intercepted(account: string, name: string): Promise<{ kubeconfig: string; interceptor: Interceptor }> {
  const kubeconfig = join(directory, name);
  await cluster.serviceAccountKubeconfig(namespace, account, kubeconfig);
  const interceptor = await Interceptor.before(kubeconfig);
  t.teardown(() => interceptor.close());
  return { kubeconfig, interceptor };
}

if (skip === false)
  t.before(async () => {
    cluster = await ownCluster(t);
    client = await adminClient(t, cluster);
    directory = await mkdtemp(join(tmpdir(), "alerts-"));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const [probes = 0, webhookPort = 0, port = 0, otherProbes = 0, otherWebhooks = 0] = await freePorts(
      5,
      cluster.hostAddress,
    );
    webhooks = webhookPort;
    await installBeside(t, cluster, `https://${cluster.hostAddress}:${webhooks}`);
    const [ofManager, ofServer] = [
      await intercepted("orchestrator-manager", "manager"),
      await intercepted("default", "server"),
    ];
    requests = ofManager.interceptor;
    serverRequests = ofServer.interceptor;
    manager = new OperatorProcess(flagsBeside(cluster, ofManager.kubeconfig, probes, webhooks), probes);
    const flags = [
      "--kubeconfig",
      ofServer.kubeconfig,
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--namespace",
      namespace,
    ];
    server = new OperatorProcess(flags, port, {}, "server");
    const second = await testNamespace(t, client);
    const authority = await createAuthority("test", Date.now(), 86_400_000);
    const leaf = await issueLeaf(authority, [cluster.hostAddress], Date.now(), 3_600_000);
    await writeFile(join(directory, "tls.crt"), leaf.certificate);
    await writeFile(join(directory, "tls.key"), leaf.key);
    other = new OperatorProcess(
      [
        ...flagsBeside(cluster, cluster.kubeconfig, otherProbes, otherWebhooks),
        ...["--namespace", second, "--watch-namespaces", second, "--webhook-cert-dir", directory],
      ],
      otherProbes,
    );
    for (const each of [manager, server, other]) t.teardown(() => each.end("SIGKILL"));
    prometheus = await RealPrometheus.start(t, { manager: probes, server: port, "slow-other": otherProbes });
  });

t.test("no manager, and then one that does not lead and has wrong inputs", options, async (t) => {
  await fires(t, ["OrchestratorAbsent"]);
  const now = new Date().toISOString().replace("Z", "000Z");
  const times = { acquireTime: now, renewTime: now, leaseTransitions: 0, leaseDurationSeconds: 3_600 };
  const spec = { holderIdentity: "somebody", ...times };
  await client.apply(Leases, { metadata: { namespace, name: operatorNames.lease }, spec }, { force: true });
  await manager.start();
  await fires(t, ["OrchestratorNoLeader"]);

  // as a tool that skips admission
  const configuration = await client.get(ValidatingWebhookConfigurations, { name: "orchestrator" });
  const body = (configuration.webhooks ?? []).flatMap(({ rules }, index) =>
    rules?.some(({ resources }) => resources?.includes("configmaps")) === true
      ? [
          {
            op: "add" as const,
            path: `/webhooks/${index}/matchConditions`,
            value: [{ name: "never", expression: "false" }],
          },
        ]
      : [],
  );
  await client.patch(ValidatingWebhookConfigurations, { name: "orchestrator" }, { type: "json", body });
  await fires(t, ["OrchestratorConfigurationRejected", "OrchestratorTemplatesRejected"], async () => {
    await configure({ "config.yaml": "agent: [" });
    await configure({ "code_claude.md.hbs": "{{#if}}" }, "agent-templates");
    await wait(500);
  });
  await client.delete(ConfigMaps, { namespace, name: "agent-templates" });
  await client.delete(ConfigMaps, { namespace, name: operatorNames.configuration });
});

t.test("callers of the webhooks: garbage, floods, and reviews that wait for the API server", options, async (t) => {
  await fires(t, ["OrchestratorWebhookErrors"], () => review("x"));
  const sockets: Socket[] = [];
  await fires(t, ["OrchestratorWebhookConnectionsRefused"], async () => {
    for (let count = 0; count < 1_100; count++)
      sockets.push(connect(webhooks, cluster.hostAddress).on("error", () => undefined));
    await wait(1_000);
  });
  for (const socket of sockets) socket.destroy();

  requests.hook = async ({ path }, when): Promise<Verdict> => {
    if (when === "before" && path.includes("subjectaccessreviews")) await wait(1_300);
    return "goOn";
  };
  const auth = { type: "Token", secretName: "team-key" } as const;
  await fires(t, ["OrchestratorWebhookSlow"], async () => {
    const object = taskRun("default", { repository: { url: "https://github.com/a/b", auth } });
    const { group, version, kind, plural: resource } = TaskRuns;
    const request = {
      ...{ uid: "a", operation: "CREATE", dryRun: true, kind: { group, version, kind } },
      ...{ resource: { group, version, resource }, namespace: "default", name: object.metadata?.name },
      ...{ userInfo: { username: `user-${runs}` }, object },
    };
    const body = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
    void review(body).catch(() => undefined);
    await wait(200);
  });
  requests.hook = () => "goOn";
});

t.test("a second installation with an old certificate, whose process gets too little time", options, async (t) => {
  await client.delete(Leases, { namespace, name: operatorNames.lease });
  await other.start();
  await fires(
    t,
    ["OrchestratorSeveralLeaders", "OrchestratorCertificateExpiring", "OrchestratorSlowEventLoop"],
    async () => {
      other.signal("SIGSTOP");
      await wait(650);
      other.signal("SIGCONT");
      await wait(250);
    },
  );
  await other.end("SIGTERM");
});

t.test("attempts that fail, a sink that is gone, and Events that cannot be written", options, async (t) => {
  const sink = createServer((message, response) => {
    message.resume();
    response.writeHead(410).end();
  });
  const url = `http://127.0.0.1:${await listen(t, sink)}/`;
  await configure({
    "config.yaml": stringify({
      cloudEvents: { sinks: [{ name: "gone", url, unsigned: true }] },
      concurrency: { perService: 1 },
    }),
  });
  const team = await testNamespace(t, client);
  requests.hook = refuse((method, path) => method === "POST" && path.includes("/events"));
  const ended = new Set<string>();
  await fires(t, ["OrchestratorRunsFail", "OrchestratorCloudEventsDropped", "OrchestratorEventsLost"], async () => {
    if (ended.size < 12) await create(team);
    const { items } = await client.list(Jobs, { namespace: team });
    for (const job of items.filter(({ metadata }) => !ended.has(metadata.name))) {
      ended.add(job.metadata.name);
      await finishJob(client, job, 1);
    }
    await wait(100);
  });
  requests.hook = () => "goOn";

  // runs that have ended are removed, but the volume of their archive is not there
  await configure({
    "config.yaml": stringify({
      history: { keepSeconds: 0, archive: { directory: "/nowhere/archive" } },
      concurrency: { perService: 1 },
    }),
  });
  // of all namespaces, so that the dashboards have its figures until the end; runs of others wait for nothing
  const poor = await testNamespace(t, client);
  const selector = { namespaces: [poor] };
  const nothing: Budget = { metadata: { namespace, name: "poor" }, spec: { selector, maxCostUSD: 1, maxTokens: 0 } };
  await client.create(Budgets, nothing);
  await create(poor);
  await fires(t, ["OrchestratorArchiveFails", "OrchestratorRunsWaitForBudget"]);
});

/** The API server answers 500 to these requests. */
function refuse(which: (method: string, path: string) => boolean): Hook {
  return ({ method, path }, when) => (when === "before" && which(method, path) ? 500 : "goOn");
}

t.test("a queue that stands, an API server that fails, and one that refuses", options, async (t) => {
  const team = await testNamespace(t, client);
  await create(team, { serviceName: "busy" });
  await create(team, { serviceName: "busy" });
  await eventually(
    "one attempt started",
    async () => (await client.list(Jobs, { namespace: team })).items.length === 1,
  );
  const isWrite = /\/(jobs|configmaps|persistentvolumeclaims|taskruns)/;
  requests.hook = refuse((method, path) => method !== "GET" && isWrite.test(path));
  await fires(t, ["OrchestratorReconcileErrors", "OrchestratorApiServerErrors"], () => create(team));
  await fires(t, ["OrchestratorQueueStands"]);
  requests.hook = () => "goOn";

  const bounded = await testNamespace(t, client);
  const quota = {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "no-jobs", namespace: bounded },
    spec: { hard: { "count/jobs.batch": "0" } },
  };
  await client.raw({ method: "POST", path: `/api/v1/namespaces/${bounded}/resourcequotas`, body: quota });
  await fires(t, ["OrchestratorForbidden"], () => create(bounded));
});

t.test("calls that do not return, and a server without an API server", options, async (t) => {
  const crowd = await testNamespace(t, client);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  requests.hook = async ({ method, path }, when): Promise<Verdict> => {
    if (when === "before" && method === "POST" && /\/(configmaps|jobs)/.test(path)) await released;
    return "goOn";
  };
  let created = 0;
  await fires(t, ["OrchestratorBacklog", "OrchestratorReconcileStuck"], async () => {
    if (created >= 700) return wait(100);
    created += 20;
    return Promise.all(Array.from({ length: 20 }, () => create(crowd)));
  });
  requests.hook = () => "goOn";
  release();

  await server.start();
  serverRequests.hook = () => 503;
  const headers = { authorization: "Bearer nobody" };
  await fires(t, ["OrchestratorServerErrors"], async () => {
    void fetch(server.url("/api/v1/namespaces/default/runs"), { headers }).then(
      (answer) => answer.text(),
      () => undefined,
    );
    await wait(100);
  });
});

/** Measured only once a CodeRun or a DocsRun has ended, by a server that receives webhooks, or by agents themselves. */
const ofOthers = /(coderun|docsrun)_(run_duration|queue_wait)|run_model_|claude_code_|orchestrator_webhooks_total/;

/** Alerts that no test stages, by the reason. */
const notStaged: Readonly<Record<string, string>> = {};

t.test("every alert has fired, and every query of the dashboards has data", options, async (t) => {
  const alerts = fasterRules().groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
  t.ok(alerts.length >= 20, `${alerts.length} alerts`);
  t.strictSame(alerts.filter((name) => !prometheus.fired.has(name)).sort(), Object.keys(notStaged).sort());
  let empty: string[] = [];
  await eventually(
    "every query has data",
    async () => {
      const wanted = dashboardQueries("30s").filter(({ query }) => !ofOthers.test(query));
      const results = await Promise.all(wanted.map(({ query }) => prometheus.query(query)));
      empty = wanted.flatMap(({ panel, query }, index) => (results[index]?.length === 0 ? `${panel}: ${query}` : []));
      return empty.length === 0;
    },
    15_000,
  ).catch(() => undefined);
  t.strictSame(empty, []);
});
