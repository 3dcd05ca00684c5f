/**
 * The operator's permissions compared with its use of them: two operators exercise all features with the ServiceAccount of
 * the installation, and the audit log of the API server is the record.
 */
import { randomUUID } from "node:crypto";
import { get as httpsGet } from "node:https";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { parseAllDocuments, stringify } from "yaml";
import { Budgets } from "#src/api/budget.js";
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
  Namespaces,
  NetworkPolicies,
  PersistentVolumeClaims,
  Pods,
  Secrets,
} from "#src/runtime/client/builtin.js";
import { agentNetworkName } from "#src/configuration/names.js";
import { managedBy, runLabels, runAnnotations } from "#src/runs/metadata.js";
import type { AgentRun } from "#src/runs/run.js";
import { Forbidden, NotFound } from "#src/runtime/client/errors.js";
import type { Patch } from "#src/runtime/client/client.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { dockerNamespaceLabel } from "#src/kinds/docker.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import type { PolicyRule } from "#src/runtime/rbac/permission.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { adminClient, clientOf, ownCluster, testNamespace, disableConfigurationWebhook } from "./cluster.js";
import { OperatorProcess, startIntercepted } from "./operator.js";

const own = "orchestrator";
const user = `system:serviceaccount:${own}:orchestrator-manager`;

/** Permissions that are never used here, and why they are needed. */
const kept: Readonly<Record<string, string>> = Object.fromEntries(
  ["taskruns", "coderuns", "docsruns", "schedules"].map((plural) => [
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
  "delete /configmaps in its own namespace": "the ledger is full, or its size was reduced",
  "get /pods/log": "an agent runs, which needs a node",
  "get orchestrator.io/budgets": "somebody changes a Budget while its status is written",
  "get orchestrator.io/budgets in its own namespace": "the same, of a Budget for other namespaces",
  "patch events.k8s.io/events": "an Event about a run is repeated within minutes",
};
/** Permissions that webhooks of GitHub lead to, which test/integration/deliveries.test.ts uses. */
const ofDeliveries: Readonly<Record<string, string>> = {
  "get orchestrator.io/deliveries in its own namespace": "a decision is about to be carried out",
  "delete orchestrator.io/deliveries in its own namespace": "it is kept no longer",
  "patch orchestrator.io/deliveries/status in its own namespace": "a decision",
  "create orchestrator.io/coderuns": "a rule starts a run",
  "create orchestrator.io/deliveries in its own namespace": "GitHub could not deliver a webhook",
};
/** Permissions that Schedules lead to, which test/integration/schedules.test.ts uses. */
const ofSchedules: Readonly<Record<string, string>> = {
  "patch orchestrator.io/schedules/status": "a run was started",
  "create orchestrator.io/taskruns": "a Schedule starts it",
  "create orchestrator.io/docsruns": "a Schedule starts it",
};
/** A cache starts with a streaming list, which is a watch, or with a list if the server does not support that. */
const mayBeUnused = (right: string): boolean =>
  right in kept || right in rare || right in ofDeliveries || right in ofSchedules || right.startsWith("list ");

let cluster: Cluster;
let client: HttpClient;
let operators: ReadonlyMap<string, OperatorProcess>;
/** Characters of the audit log before the installation under test was made. */
let before = 0;

t.before(async () => {
  cluster = await ownCluster(t);
  client = await adminClient(t, cluster);
});

/** Permissions of an installation. */
interface Installation {
  /** The only namespace that it manages; absent: all. */
  readonly watched?: string;
}

/** Two operators that elect a leader, by identity; webhook calls go to the first. */
async function startTwo(t: Test, { watched }: Installation): Promise<ReadonlyMap<string, OperatorProcess>> {
  const ports = await freePorts(4, cluster.hostAddress);
  await installOperator(cluster, `https://${cluster.hostAddress}:${ports[0] ?? 0}`);
  if (watched !== undefined) {
    const apply = ["apply", "--server-side", "--force-conflicts", "-f"];
    await kubectl(cluster, [...apply, join(packageRoot, "config/namespaced/operator.yaml")]);
    await kubectl(cluster, [...apply, join(packageRoot, "config/namespaced/managed-namespace.yaml"), "-n", watched]);
  }
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
        ...(watched === undefined ? [] : ["--watch-namespaces", watched]),
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

/** The resource requests of the ServiceAccount so far, for the installation under test. */
async function asked(): Promise<AuditEvent[]> {
  const lines = (await readFile(cluster.auditLog, "utf8")).slice(before).split("\n");
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
async function granted({ watched }: Installation): Promise<Rule[]> {
  const files =
    watched === undefined
      ? ["config/rbac/manager.yaml"]
      : ["config/namespaced/operator.yaml", "config/namespaced/managed-namespace.yaml"];
  const texts = await Promise.all(files.map((file) => readFile(join(packageRoot, file), "utf8")));
  return texts
    .flatMap((text) => parseAllDocuments(text))
    .flatMap((document) => {
      const role = document.toJS() as { kind: string; metadata: { namespace?: string }; rules?: PolicyRule[] };
      return (role.rules ?? []).map((rule) => ({
        ...rule,
        ...(role.kind === "Role" && { namespace: role.metadata.namespace ?? watched ?? "" }),
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

/** Runs with every kind of outcome; and everything else that the operator does. */
async function exercise(t: Test, namespace: string): Promise<void> {
  const settings = { cleanup: { deleteWorkspace: true }, concurrency: { perWorkspace: 10 } };
  const valid = (comment: number): string => `# ${comment}\n${stringify(settings)}`;
  await configure(valid(1), "accepted");

  // one of the namespace itself, and one for it among those of the operator
  for (const of of [namespace, own]) {
    const selector = { namespaces: [namespace] };
    const limits = { maxTokens: 1_000_000, perAttempt: { maxTokens: 1_000 } };
    await client.create(Budgets, {
      metadata: { namespace: of, name: `of-${namespace}` },
      spec: { selector, ...limits },
    });
  }

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
  const ours = { [runLabels.managedBy]: managedBy };
  await client.create(ConfigMaps, { metadata: { namespace, name: history.archive.configMap, labels: ours } });
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
  for (const operator of operators.values()) await operator.end("SIGTERM");
}

async function compare(t: Test, installation: Installation): Promise<void> {
  const [rules, events] = await Promise.all([granted(installation), asked()]);
  t.ok(events.length > 100);
  const unused = rules.flatMap((rule) =>
    rule.verbs
      .filter((verb) => !events.some((event) => verbsOf(event).includes(verb) && allows(rule, event)))
      .map((verb) => {
        const where = rule.namespace === own ? " in its own namespace" : "";
        return `${verb} ${rule.apiGroups.join()}/${rule.resources.join()}${where}`;
      }),
  );
  t.comment(`unused: ${unused.join(", ")}`);
  t.same(
    unused.filter((right) => !mayBeUnused(right)),
    [],
    "every permission is used, or kept for a stated reason",
  );
  t.same(
    Object.keys(kept).filter((right) => !unused.includes(right)),
    [],
    "the reason still holds",
  );
  const others = events.filter((event) => !rules.some((rule) => allows(rule, event)));
  t.same(
    others.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ""}`),
    [],
    "every request is allowed by the installation's own rules, not by others",
  );
}

t.test("the operator handles runs with every kind of outcome with the permissions of the installation", async (t) => {
  operators = await startTwo(t, {});
  await exercise(t, await testNamespace(t, client));
  await compare(t, {});
});

t.test("the operator cannot access other Secrets, pods and TaskRuns of other namespaces", async (t) => {
  const forbidden = [
    ["get", "secrets/orchestrator-secrets", "-n", own],
    ["list", "secrets", "-n", own],
    ["get", "secrets/orchestrator-webhook-certs", "-n", "default"],
    ["create", "pods", "-n", own],
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

/** A Job as the operator creates them, with changes to its pod. */
function jobWith(namespace: string, pod: object, container: object = {}): Job {
  const containers = [{ name: "agent", image: "agent", ...container }];
  const spec = { restartPolicy: "Never", automountServiceAccountToken: false, containers, ...pod };
  return {
    metadata: { namespace, name: "stolen", labels: { [runLabels.managedBy]: managedBy } },
    spec: { template: { spec } },
  };
}

t.test("a stolen token of the operator is bound by policy, even with the rights of an administrator", async (t) => {
  // no operator runs now, and the webhooks fail closed
  const webhooks = ["mutatingwebhookconfiguration/orchestrator", "validatingwebhookconfiguration/orchestrator"];
  await kubectl(cluster, ["delete", ...webhooks]);
  const [namespace, withDocker] = await Promise.all([
    testNamespace(t, client),
    testNamespace(t, client, { [dockerNamespaceLabel.name]: dockerNamespaceLabel.value }),
  ]);
  await kubectl(cluster, ["create", "clusterrolebinding", "stolen", "--clusterrole=cluster-admin", `--user=${user}`]);
  t.teardown(() => kubectl(cluster, ["delete", "clusterrolebinding/stolen"]));
  const directory = await mkdtemp(join(tmpdir(), "stolen-test-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig(own, "orchestrator-manager", file);
  const thief = clientOf(t, await kubeconfigAccess({ file }));
  const dryRun = { dryRun: true };
  const labels = { [runLabels.managedBy]: managedBy };
  const foreign = { namespace, name: "foreign" };
  await client.create(ConfigMaps, { metadata: { ...foreign, finalizers: ["example.com/keep"] } });
  const marked = { namespace, name: "marked" };
  await client.create(ConfigMaps, { metadata: { ...marked, labels, finalizers: ["example.com/keep"] } });
  const run = { namespace, name: "victim" };
  await client.create(TaskRuns, {
    metadata: run,
    spec: spec(99, { suspend: true, image: "registry.example.com/agent" }),
  });
  const codeRun = { namespace, name: "code" };
  await client.create(CodeRuns, {
    metadata: codeRun,
    spec: {
      ...{ taskId: 99, service: "shop", repositoryUrl: "acme/shop", docsRepositoryUrl: "acme/docs" },
      ...{ githubApp: "Acme-Rex", suspend: true },
    },
  });
  await eventually("the policy is in force, and the thief has the rights of an administrator", () =>
    thief.create(Secrets, { metadata: { namespace, name: "probe" } }, dryRun).then(
      () => false,
      (error: unknown) => error instanceof Forbidden && error.message.includes("may write no Secret"),
    ),
  );
  const job = (pod: object, container?: object) => (): Promise<unknown> =>
    thief.create(Jobs, jobWith(namespace, pod, container), dryRun);
  const merge = (body: object): Patch => ({ type: "merge", body });
  const docker = { initContainers: [{ name: "docker", image: "docker", securityContext: { privileged: true } }] };
  const token = { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } };
  const attempts: readonly (readonly [what: string, () => Promise<unknown>, reason: RegExp])[] = [
    [
      "a privileged container",
      job({}, { securityContext: { privileged: true } }),
      /may not have privileged containers/,
    ],
    ["a Docker daemon where none is allowed", job(docker), /except docker in namespaces with the label/],
    ["the node's network", job({ hostNetwork: true }), /may not use namespaces of the node/],
    ["the node's processes", job({ hostPID: true }), /may not use namespaces of the node/],
    ["the node's files", job({ volumes: [{ name: "node", hostPath: { path: "/" } }] }), /may not mount a hostPath/],
    ["a port of the node", job({}, { ports: [{ containerPort: 80, hostPort: 80 }] }), /may not use a hostPort/],
    [
      "more capabilities",
      job({}, { securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }),
      /may not add capabilities/,
    ],
    ["a token", job({ automountServiceAccountToken: true }), /may not mount a ServiceAccount token/],
    ["a projected token", job({ volumes: [token] }), /may not mount a ServiceAccount token/],
    [
      "a Job without the label",
      () => thief.create(Jobs, { ...jobWith(namespace, {}), metadata: { namespace, name: "stolen" } }, dryRun),
      /only objects with the label app.kubernetes.io\/managed-by/,
    ],
    [
      "a ConfigMap without the label",
      () => thief.create(ConfigMaps, { metadata: { namespace, name: "x" } }, dryRun),
      /only objects with the label/,
    ],
    [
      "a foreign ConfigMap",
      () => thief.patch(ConfigMaps, foreign, merge({ data: { a: "b" } }), dryRun),
      /only objects with the label/,
    ],
    [
      "a label for a foreign ConfigMap",
      () => thief.patch(ConfigMaps, foreign, merge({ metadata: { labels } }), dryRun),
      /only objects with the label/,
    ],
    ["the end of a foreign ConfigMap", () => thief.delete(ConfigMaps, foreign, dryRun), /only objects with the label/],
    [
      "a claim without the label",
      () =>
        thief.create(
          PersistentVolumeClaims,
          {
            metadata: { namespace, name: "x" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
          dryRun,
        ),
      /only objects with the label/,
    ],
    [
      "a NetworkPolicy without the label",
      () => thief.create(NetworkPolicies, { metadata: { namespace, name: "x" }, spec: { podSelector: {} } }, dryRun),
      /only objects with the label/,
    ],
    [
      "a foreign finalizer removed",
      () => thief.patch(ConfigMaps, marked, merge({ metadata: { finalizers: null } }), dryRun),
      /only its own finalizers/,
    ],
    [
      "a finalizer that keeps an object",
      () =>
        thief.patch(
          ConfigMaps,
          marked,
          merge({ metadata: { finalizers: ["example.com/keep", "orchestrator.io/recorded"] } }),
          dryRun,
        ),
      /only its own finalizers/,
    ],
    [
      "a foreign finalizer on a run",
      () => thief.patch(TaskRuns, run, merge({ metadata: { finalizers: ["example.com/forever"] } }), dryRun),
      /only its own finalizers/,
    ],
    [
      "the spec of a run",
      () => thief.patch(TaskRuns, run, merge({ spec: { suspend: false } }), dryRun),
      /may not change the spec of a run/,
    ],
    [
      "a default that the run has",
      () => thief.patch(TaskRuns, run, merge({ spec: { image: "registry.example.com/theirs" } }), dryRun),
      /may not change the spec of a run/,
    ],
    [
      "an attempt that nobody asked for",
      () => thief.patch(TaskRuns, run, merge({ spec: { retry: { maxRetries: 9 }, retryAttempt: 7 } }), dryRun),
      /may not change the spec of a run/,
    ],
    [
      "one more attempt of a run that GitHub starts none of",
      () => thief.patch(TaskRuns, run, merge({ spec: { retryAttempt: 2 } }), dryRun),
      /may not change the spec of a run/,
    ],
    [
      "several more attempts of a CodeRun",
      () => thief.patch(CodeRuns, codeRun, merge({ spec: { retryAttempt: 3 } }), dryRun),
      /may not change the spec of a run/,
    ],
    [
      "an object in kube-system",
      () => thief.create(ConfigMaps, { metadata: { namespace: "kube-system", name: "x", labels } }, dryRun),
      /begin with kube-/,
    ],
    [
      "its own configuration",
      () => thief.create(ConfigMaps, { metadata: { namespace: own, name: "agent-templates", labels } }, dryRun),
      /its own configuration or templates/,
    ],
    [
      "a Secret",
      () => thief.create(Secrets, { metadata: { namespace: own, name: "x", labels } }, dryRun),
      /may write no Secret but that of its own certificates/,
    ],
    [
      "a Lease of another",
      () => thief.create(Leases, { metadata: { namespace: own, name: "another" } }, dryRun),
      /may write no Lease but its own/,
    ],
    [
      "a pod",
      () =>
        thief.create(
          Pods,
          { metadata: { namespace, name: "x", labels }, spec: { containers: [{ name: "a", image: "a" }] } },
          dryRun,
        ),
      /no need to CREATE \/pods/,
    ],
    [
      "a run of its own",
      () => thief.create(TaskRuns, { metadata: { namespace, name: "own" }, spec: spec(98) }, dryRun),
      /may create a run only for a Schedule/,
    ],
    [
      "a namespace that allows Docker",
      () =>
        thief.patch(
          Namespaces,
          { name: namespace },
          merge({ metadata: { labels: { [dockerNamespaceLabel.name]: "allowed" } } }),
          dryRun,
        ),
      /no need to UPDATE \/namespaces/,
    ],
  ];
  for (const [what, attempt, reason] of attempts) await t.rejects(attempt(), { message: reason, code: 403 }, what);
  await t.rejects(
    kubectl({ ...cluster, kubeconfig: file }, ["create", "token", "orchestrator-manager", "-n", own]),
    /no need to CREATE \/serviceaccounts\/token/,
  );
  await t.resolves(thief.create(Jobs, jobWith(namespace, {}), dryRun), "a Job as the operator creates them");
  await t.resolves(thief.create(Jobs, jobWith(withDocker, docker), dryRun), "a Docker daemon where it is allowed");
  await t.rejects(
    thief.create(Jobs, jobWith(withDocker, {}, { securityContext: { privileged: true } }), dryRun),
    /may not have privileged containers/,
    "another privileged container where a Docker daemon is allowed",
  );
  for (const key of [foreign, marked]) await client.patch(ConfigMaps, key, merge({ metadata: { finalizers: null } }));
});

t.test("an operator for one namespace does the same with Roles in that namespace", async (t) => {
  const installation = { watched: await testNamespace(t, client) };
  const ours = { namespace: own, labelSelector: `${runLabels.managedBy}=${managedBy}` };
  for (const { metadata } of (await client.list(ConfigMaps, ours)).items)
    await client.delete(ConfigMaps, { namespace: own, name: metadata.name });
  before = (await readFile(cluster.auditLog, "utf8")).length;
  operators = await startTwo(t, installation);
  await exercise(t, installation.watched);
  await compare(t, installation);
  for (const right of [
    ["list", "configmaps", "-A"],
    ["create", "jobs.batch", "-n", "default"],
    ["list", "taskruns.orchestrator.io", "-n", "default"],
    ["create", "jobs.batch", "-n", own],
    ["get", "pods", "-n", "kube-system"],
  ])
    await t.rejects(kubectl(cluster, ["auth", "can-i", `--as=${user}`, ...right]), right.join(" "));
});

t.test("with --metrics-secure, metrics are for those who may read them", async (t) => {
  const namespace = await testNamespace(t, client);
  await kubectl(cluster, ["apply", "-f", join(packageRoot, "config/metrics/rbac.yaml")]);
  const tokenOf = async (name: string): Promise<string> => {
    await kubectl(cluster, ["create", "serviceaccount", name, "-n", namespace]);
    return (await kubectl(cluster, ["create", "token", name, "-n", namespace])).trim();
  };
  const [right, other, late] = [await tokenOf("prometheus"), await tokenOf("other"), await tokenOf("late")];
  const reader = ["--clusterrole=orchestrator-metrics-reader", `--serviceaccount=${namespace}:prometheus`];
  await kubectl(cluster, ["create", "clusterrolebinding", "prometheus", ...reader]);
  t.teardown(() => kubectl(cluster, ["delete", "clusterrolebinding/prometheus"]));
  const port = (await freePorts(1, cluster.hostAddress))[0] ?? 0;
  const flags = ["--metrics-secure", "--metrics-port", String(port)];
  const { operator, interceptor } = await startIntercepted(t, cluster, { flags });
  const ca = Buffer.from(
    (await client.get(Secrets, { namespace: own, name: "orchestrator-webhook-certs" })).data?.["ca.crt"] ?? "",
    "base64",
  );
  const scrape = (token?: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      // verified as by a Prometheus with this CA and server name
      const server = {
        host: "127.0.0.1",
        port,
        path: "/metrics",
        ca,
        servername: "orchestrator-manager.orchestrator.svc",
      };
      httpsGet({ ...server, headers, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      }).on("error", reject);
    });
  // the earlier certificate is replaced by one with this name when API servers trust its authority
  await eventually("the certificate is for the Service of the metrics", () =>
    scrape().then(
      () => true,
      () => false,
    ),
  );
  t.equal((await scrape()).status, 401, "no token");
  t.equal((await scrape("made-up")).status, 401, "a wrong token");
  t.equal((await scrape(other)).status, 403, "no permission");
  t.match(await scrape(right), { status: 200, text: /^orchestrator_/m }, "the right token and permission");
  t.equal((await fetch(operator.url("/metrics"))).status, 404, "not beside the probes");
  t.ok(await operator.isReady());
  t.comment("the API server is away");
  interceptor.hook = () => "drop";
  t.equal((await scrape(right)).status, 200, "known");
  const unknown = await scrape(late);
  t.equal(unknown.status, 503);
  t.notMatch(unknown.text, "orchestrator_");
  interceptor.hook = () => "goOn";
  t.equal((await scrape(late)).status, 403);
});
