/**
 * The operator's permissions compared with its use of them: two operators exercise all features with the ServiceAccount of
 * the installation, and the audit log of the API server is the record.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { parseAllDocuments, stringify } from "yaml";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { installOperator, kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import {
  ConfigMaps,
  Jobs,
  Leases,
  MutatingWebhookConfigurations,
  NetworkPolicies,
  PersistentVolumeClaims,
  Pods,
  Secrets,
} from "#src/runtime/client/builtin.js";
import { agentNetworkName } from "#src/configuration/names.js";
import { managedBy, runLabels, runAnnotations } from "#src/runs/metadata.js";
import type { AgentRun } from "#src/runs/run.js";
import { NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import type { PolicyRule } from "#src/runtime/rbac/permission.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { adminClient, ownCluster, testNamespace, disableConfigurationWebhook } from "./cluster.js";
import { OperatorProcess } from "./operator.js";

const own = "orchestrator";
const user = `system:serviceaccount:${own}:orchestrator-manager`;

/** Permissions that are never used here, and why they are needed. */
const kept: Readonly<Record<string, string>> = Object.fromEntries(
  ["taskruns", "coderuns", "docsruns"].map((plural) => [
    `update orchestrator.io/${plural}/finalizers`,
    "required to set blockOwnerDeletion, by an admission plugin that is on in OpenShift",
  ]),
);
/** Permissions that only a race or another type of cluster uses. */
const rare: Readonly<Record<string, string>> = {
  "get networking.k8s.io/networkpolicies": "two runs make the policy of their namespace at the same moment",
  "get /configmaps": "its maker died before the cache showed it, and the next one finds the name taken",
  "patch /persistentvolumeclaims": "a workspace grows, which needs one that is bound and whose StorageClass allows it",
  "get /persistentvolumeclaims": "two runs make the workspace of both at the same moment",
};
/** A cache starts with a streaming list, which is a watch, or with a list if the server does not support that. */
const mayBeUnused = (right: string): boolean => right in kept || right in rare || right.startsWith("list ");

let cluster: Cluster;
let client: HttpClient;
let operators: ReadonlyMap<string, OperatorProcess>;

t.before(async () => {
  cluster = await ownCluster(t);
  client = await adminClient(t, cluster);
  operators = await startTwo(t);
});

/** Two operators that elect a leader, by identity; webhook calls go to the first. */
async function startTwo(t: Test): Promise<ReadonlyMap<string, OperatorProcess>> {
  const ports = await freePorts(4, cluster.hostAddress);
  await installOperator(cluster, `https://${cluster.hostAddress}:${ports[0] ?? 0}`);
  const directory = await mkdtemp(join(tmpdir(), "rbac-test-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const kubeconfig = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig(own, "orchestrator-manager", kubeconfig);
  const started = new Map<string, OperatorProcess>();
  for (const [webhooks = 0, probes = 0] of [ports.slice(0, 2), ports.slice(2)]) {
    const operator = new OperatorProcess(
      [
        ...["--kubeconfig", kubeconfig, "--namespace", own, "--log-level", "debug"],
        ...["--host", "127.0.0.1", "--port", String(probes)],
        ...["--webhook-port", String(webhooks), "--webhook-name", cluster.hostAddress],
      ],
      probes,
    );
    t.teardown(() => operator.end("SIGTERM"));
    await operator.start();
    started.set(String(probes), operator);
  }
  return started;
}

async function leader(): Promise<string> {
  return eventually("there is a leader", async () => {
    const lease = await client.get(Leases, { namespace: own, name: own });
    const holder = lease.spec?.holderIdentity ?? "";
    return holder !== "" && holder;
  });
}

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** The resource requests of the ServiceAccount so far. */
async function asked(): Promise<AuditEvent[]> {
  const lines = (await readFile(cluster.auditLog, "utf8")).split("\n");
  return lines
    .filter((line) => line.includes(user) && line.endsWith("}"))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter((event) => event.user.username === user && event.objectRef !== undefined);
}

interface Rule extends PolicyRule {
  /** Absent: all. */
  readonly namespace?: string;
}

/** The RBAC rules of the installation. */
async function granted(): Promise<Rule[]> {
  const documents = parseAllDocuments(await readFile(join(packageRoot, "config/rbac/manager.yaml"), "utf8"));
  return documents.flatMap((document) => {
    const role = document.toJS() as { kind: string; metadata: { namespace?: string }; rules?: PolicyRule[] };
    return (role.rules ?? []).map((rule) => ({
      ...rule,
      ...(role.kind === "Role" && { namespace: role.metadata.namespace ?? "" }),
    }));
  });
}

/** An update of a missing Lease creates it (201), for which the API server requires both permissions. */
function verbsOf({ verb, responseStatus }: AuditEvent): string[] {
  return verb === "update" && responseStatus?.code === 201 ? ["update", "create"] : [verb];
}

function allows(rule: Rule, event: AuditEvent): boolean {
  const { objectRef } = event;
  if (objectRef === undefined) return false;
  const { apiGroup = "", resource, subresource, namespace, name } = objectRef;
  return (
    rule.apiGroups.includes(apiGroup) &&
    rule.resources.includes(subresource === undefined ? resource : `${resource}/${subresource}`) &&
    rule.verbs.some((verb) => verbsOf(event).includes(verb)) &&
    (rule.namespace === undefined || rule.namespace === namespace) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(name ?? ""))
  );
}

function spec(taskId: number, more: Partial<TaskRun["spec"]> = {}): TaskRun["spec"] {
  return {
    taskId,
    serviceName: `service-${taskId}`,
    markdownFiles: [{ filename: "task.md", content: "# Task\n" }],
    retry: { initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
    ...more,
  };
}

const repositoryRuns: readonly (readonly [ResourceType<AgentRun>, object])[] = [
  [
    CodeRuns,
    { taskId: 6, service: "service-6", repositoryUrl: "a/b", docsRepositoryUrl: "a/b", githubApp: "5DLabs-Rex" },
  ],
  [DocsRuns, { repositoryUrl: "a/b", workingDirectory: ".", sourceBranch: "main", githubUser: "swe" }],
];

async function until(
  namespace: string,
  name: string,
  what: string,
  condition: (run: Stored<TaskRun>) => boolean | undefined,
): Promise<void> {
  await eventually(`${name} ${what}`, async () => condition(await client.get(TaskRuns, { namespace, name })));
}

async function begin(namespace: string, name: string, of: TaskRun["spec"]): Promise<void> {
  await client.create(TaskRuns, { metadata: { namespace, name }, spec: of });
  await until(namespace, name, "runs", ({ status }) => status?.phase === "Running");
}

/** Writes the status that the Job controller would write after the end of the pod. */
async function finish(namespace: string, taskId: number, outcome: "Complete" | "Failed"): Promise<void> {
  const name = `service-${taskId}-task-${taskId}-run-1`;
  await eventually("the Job controller has begun with it", async () => {
    return (await client.get(Jobs, { namespace, name })).status?.startTime;
  });
  const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
  const failed = outcome === "Failed";
  const conditions = [failed ? "FailureTarget" : "SuccessCriteriaMet", outcome].map((type) => ({
    ...{ type, status: "True", lastTransitionTime: now, lastProbeTime: now, message: "by the test" },
    reason: failed ? "BackoffLimitExceeded" : "CompletionsReached",
  }));
  const status = {
    ...(failed ? { failed: 1 } : { completionTime: now, succeeded: 1 }),
    ...{ active: 0, ready: 0, conditions, uncountedTerminatedPods: {} },
  };
  await client.patch(Jobs, { namespace, name }, { type: "merge", body: { status } }, { subresource: "status" });
}

async function change(namespace: string, name: string, of: Partial<TaskRun["spec"]>): Promise<void> {
  await client.patch(TaskRuns, { namespace, name }, { type: "merge", body: { spec: of } });
}

async function configure(text: string, counter: "accepted" | "refused"): Promise<void> {
  const count = async (): Promise<number[]> =>
    Promise.all(
      [...operators.values()].map(async (operator) => {
        const line = new RegExp(`^orchestrator_config_reloads_total\\{result="${counter}"\\} (\\d+)$`, "m");
        return Number(line.exec(await operator.metrics())?.[1] ?? 0);
      }),
    );
  const before = await count();
  await client.apply(ConfigMaps, {
    metadata: { namespace: own, name: "taskrun-controller-config" },
    data: { "config.yaml": text },
  });
  await eventually(`the configuration is ${counter} by both`, async () =>
    (await count()).every((now, index) => now > (before[index] ?? 0)),
  );
}

t.test("the operator handles runs with every kind of outcome without being denied a request", async (t) => {
  const namespace = await testNamespace(t, client);
  const settings = { cleanup: { deleteWorkspace: true }, concurrency: { perWorkspace: 10 } };
  const valid = (comment: number): string => `# ${comment}\n${stringify(settings)}`;
  await configure(valid(1), "accepted");

  t.comment("done, and removed with its workspace");
  await begin(namespace, "done", spec(1));
  await finish(namespace, 1, "Complete");
  await until(namespace, "done", "has succeeded", ({ status }) => status?.phase === "Succeeded");
  await client.delete(TaskRuns, { namespace, name: "done" });
  await eventually("its workspace is gone", () =>
    client.get(PersistentVolumeClaims, { namespace, name: "service-1-workspace-pvc" }).then(
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
      (error: unknown) => error instanceof NotFound,
    ),
  );

  t.comment("failed, tried again, cancelled");
  await begin(namespace, "failing", spec(2));
  await finish(namespace, 2, "Failed");
  // no kubelet runs it, but the next attempt waits for its end
  for (const { metadata } of (await client.list(Pods, { namespace, labelSelector: "task-id=2" })).items)
    await client.delete(Pods, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
  await until(namespace, "failing", "runs again", ({ status }) => status?.runs?.length === 2);
  await change(namespace, "failing", { cancel: true });
  await until(namespace, "failing", "is cancelled", ({ status }) => status?.phase === "Cancelled");

  t.comment("suspended, resumed, and its Job lost");
  await begin(namespace, "suspended", spec(3));
  await change(namespace, "suspended", { suspend: true });
  await until(namespace, "suspended", "waits", ({ status }) => status?.phase === "Pending");
  await change(namespace, "suspended", { suspend: false });
  await until(namespace, "suspended", "runs", ({ status }) => status?.phase === "Running");
  await client.delete(Jobs, { namespace, name: "service-3-task-3-run-1" });
  await until(namespace, "suspended", "is reported as lost", ({ status }) => status?.runs?.[0]?.outcome === "Lost");

  t.comment("robbed of its Job and of the finalizer that should have kept it");
  await begin(namespace, "robbed", spec(5));
  const job = { namespace, name: "service-5-task-5-run-1" };
  await client.patch(Jobs, job, { type: "merge", body: { metadata: { finalizers: null } } });
  await client.delete(Jobs, job);
  await until(namespace, "robbed", "is reported as lost", ({ status }) => status?.runs?.[0]?.outcome === "Lost");

  t.comment("many that want the same workspace at once");
  const together = Array.from({ length: 10 }, (_, index) => index + 10);
  await Promise.all(
    together.map((taskId) =>
      client.create(TaskRuns, {
        metadata: { namespace, name: `together-${taskId}` },
        spec: spec(taskId, { serviceName: "shared" }),
      }),
    ),
  );
  for (const taskId of together)
    await until(namespace, `together-${taskId}`, "runs", ({ status }) => status?.phase === "Running");

  t.comment("of the other kinds, cancelled while at work");
  for (const [type, of] of repositoryRuns) {
    const key = { namespace, name: "other" };
    await client.create<AgentRun>(type, { metadata: key, spec: of });
    const reaches = (phase: string): Promise<unknown> =>
      eventually(`the ${type.kind} is ${phase}`, async () => (await client.get(type, key)).status?.phase === phase);
    await reaches("Running");
    await client.patch(type, key, { type: "merge", body: { spec: { cancel: true } } });
    await reaches("Cancelled");
  }

  t.comment("one whose author is asked about");
  const withAccount = spec(7, { suspend: true, serviceAccountName: "builder" });
  await client.create(TaskRuns, { metadata: { namespace, name: "asked" }, spec: withAccount });

  t.comment("the network access of agents: deleted, changed, and no longer restricted");
  const agentPolicy = { namespace, name: agentNetworkName };
  const storedPolicy = (): Promise<string> =>
    client.get(NetworkPolicies, agentPolicy).then(
      (found) => JSON.stringify(found.spec),
      (error: unknown) => (error instanceof NotFound ? "" : Promise.reject(error as Error)),
    );
  await client.delete(NetworkPolicies, agentPolicy);
  await eventually("the policy is restored", async () => (await storedPolicy()) !== "");
  await configure(stringify({ ...settings, network: { deny: ["203.0.113.7/32"] } }), "accepted");
  await eventually("the policy has changed", async () => (await storedPolicy()).includes("203.0.113.7/32"));
  await configure(stringify({ ...settings, network: { enabled: false } }), "accepted");
  await eventually("the policy is gone", async () => (await storedPolicy()) === "");

  t.comment("a wrong configuration, twice the same");
  await disableConfigurationWebhook(t, client);
  await configure("agent: [", "refused");
  await configure(valid(2), "accepted");
  await configure("agent: [", "refused");
  await configure(valid(3), "accepted");

  t.comment("certificates spoilt, removed, and taken out of the webhooks");
  const secret = { namespace: own, name: "orchestrator-webhook-certs" };
  const certificate = async (): Promise<string> => (await client.get(Secrets, secret)).data?.["tls.crt"] ?? "";
  const first = await certificate();
  await client.patch(Secrets, secret, { type: "merge", body: { data: { "tls.crt": "c3BvaWx0" } } });
  await eventually("there is a new leaf", async () => ![first, "c3BvaWx0"].includes(await certificate()));
  const second = await certificate();
  await client.delete(Secrets, secret);
  await eventually("there are new certificates", async () => (await certificate()) !== second);
  const path = "/webhooks/0/clientConfig/caBundle";
  await client.patch(MutatingWebhookConfigurations, { name: own }, { type: "json", body: [{ op: "remove", path }] });
  await eventually("the bundle is back", async () => {
    const { webhooks } = await client.get(MutatingWebhookConfigurations, { name: own });
    return webhooks?.[0]?.clientConfig.caBundle;
  });

  t.comment("finished, and to be removed once archived beside others; the next leader looks at once");
  const history = { keepPerService: 0, archive: { configMap: "run-history" } };
  await client.create(ConfigMaps, { metadata: { namespace, name: history.archive.configMap } });
  await configure(stringify({ ...settings, history }), "accepted");

  t.comment("an agent of a run that is gone; the next leader finds it");
  const stray = { namespace, name: "stray" };
  await client.create(Pods, {
    metadata: {
      ...stray,
      labels: { [runLabels.managedBy]: managedBy, [runLabels.ownerUID]: randomUUID() },
      annotations: { [runAnnotations.runName]: "vanished", [runAnnotations.runKind]: TaskRuns.kind },
    },
    spec: { containers: [{ name: "agent", image: "agent" }] },
  });

  t.comment("the leader goes");
  const former = await leader();
  const [leading] = (
    await Promise.all(
      [...operators.values()].map(async (operator) => {
        const leads = /^leader_election_master_status\{.*\} 1$/m.test(await operator.metrics());
        return leads ? [operator] : [];
      }),
    )
  ).flat();
  t.equal(await leading?.end("SIGTERM"), 0);
  t.not(await eventually("another leads", async () => (await leader()) !== former && leader()), former);
  await leading?.start();
  await begin(namespace, "afterwards", spec(4));
  const gone = (error: unknown): boolean => error instanceof NotFound;
  await eventually("the stray agent is gone", () => client.get(Pods, stray).then(() => false, gone));
  await eventually("the cancelled run is gone", () =>
    client.get(TaskRuns, { namespace, name: "failing" }).then(() => false, gone),
  );
  for (const [type] of repositoryRuns)
    await eventually(`the cancelled ${type.kind} is gone`, () =>
      client.get(type, { namespace, name: "other" }).then(() => false, gone),
    );
  t.ok((await client.list(Pods, { namespace })).items.length > 0);

  t.comment("the Lease is removed");
  await client.delete(Leases, { namespace: own, name: own });
  await leader();

  const refused = (await asked()).filter(({ responseStatus }) => [401, 403].includes(responseStatus?.code ?? 0));
  t.same(refused, []);
});

t.test("every permission of the installation is used, or kept for a stated reason", async (t) => {
  const [rules, events] = await Promise.all([granted(), asked()]);
  const unused = rules.flatMap((rule) =>
    rule.verbs
      .filter((verb) => !events.some((event) => verbsOf(event).includes(verb) && allows(rule, event)))
      .map((verb) => `${verb} ${rule.apiGroups.join()}/${rule.resources.join()}`),
  );
  t.comment(`unused: ${unused.join(", ")}`);
  t.same(
    unused.filter((right) => !mayBeUnused(right)),
    [],
  );
  t.same(
    Object.keys(kept).filter((right) => !unused.includes(right)),
    [],
    "the reason still holds",
  );
});

t.test("every request is allowed by the installation's own rules, not by others", async (t) => {
  const [rules, events] = await Promise.all([granted(), asked()]);
  t.ok(events.length > 100);
  const others = events.filter((event) => !rules.some((rule) => allows(rule, event)));
  t.same(
    others.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ""}`),
    [],
  );
});

t.test("the operator cannot access other Secrets, pods and TaskRuns of other namespaces", async (t) => {
  const forbidden = [
    ["get", "secrets/orchestrator-secrets", "-n", own],
    ["list", "secrets", "-n", own],
    ["get", "secrets/orchestrator-webhook-certs", "-n", "default"],
    ["create", "pods", "-n", own],
    ["create", "taskruns.orchestrator.io", "-n", own],
    ["update", "taskruns.orchestrator.io", "-n", own],
    ["update", "configmaps", "-n", own],
    ["patch", "mutatingwebhookconfigurations/another"],
    ["create", "clusterrolebindings"],
    ["create", "serviceaccounts/token", "-n", own],
  ];
  for (const right of forbidden) {
    // kubectl also reports "no" by its exit code
    await t.rejects(kubectl(cluster, ["auth", "can-i", `--as=${user}`, ...right]), right.join(" "));
  }
});
