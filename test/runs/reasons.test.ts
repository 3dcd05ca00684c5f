/** Every row of the table of reasons: a run that gets it, and that phase, conditions and table agree. */
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { findCondition } from "#src/api/conditions.js";
import { isTerminal } from "#src/api/phase.js";
import { Budgets } from "#src/api/budget.js";
import { courseOf, reasons, type Reason, type StartProblemReason } from "#src/api/reasons.js";
import { TaskRuns, type TaskRun, type TaskRunStatus } from "#src/api/taskrun.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { Ledger } from "#src/runs/ledger.js";
import { specDigest } from "#src/runs/spec-digest.js";
import { FilesError } from "#src/runs/run.js";
import { Events, Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import type { Pod } from "#src/runtime/client/objects.js";
import { formatTime } from "#src/runtime/clock.js";

type Spec = Partial<TaskRun["spec"]>;
type Scenario = () => Promise<Manager>;

function created(spec: Spec = {}): Manager {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun(spec));
  return new Manager(cluster);
}

/** A run that waits for its first attempt, because of something that is arranged before. */
const waiting =
  (spec: Spec, arrange: (manager: Manager) => void = () => undefined): Scenario =>
  async () => {
    const manager = created(spec);
    arrange(manager);
    await manager.reconcile();
    return manager;
  };

/** Another run, which the run depends on. */
function other({ cluster }: Manager, status: TaskRunStatus, spec: Spec = {}): void {
  const run = exampleRun({ taskId: 1002, serviceName: "other", ...spec });
  cluster.create(TaskRuns, { ...run, metadata: { ...run.metadata, name: "other" }, status });
}

/** A run whose only attempt has started, and whose pod then has this status. */
async function started(spec: Spec = {}, status?: (pod: Pod) => NonNullable<Pod["status"]>): Promise<Manager> {
  const manager = created({ retry: { maxRetries: 0 }, ...spec });
  await manager.reconcile();
  manager.cluster.runJobController();
  if (status !== undefined) changePod(manager, status);
  return manager;
}

function changePod({ cluster }: Manager, status: (pod: Pod) => NonNullable<Pod["status"]>): void {
  cluster.change(Pods, cluster.livePods[0]?.metadata.name ?? "", (pod) => (pod.status = status(pod)));
}

const scheduled = { type: "PodScheduled", status: "True" } as const;
const agent = { name: "claude-agent", image: "agent:1", imageID: "", ready: false, restartCount: 0 };

/** A pod that does not start, for longer than is tolerated in silence. */
const stuck =
  (
    status: NonNullable<Pod["status"]>,
    warning?: { readonly about: "pod" | "claim"; readonly note: string },
  ): Scenario =>
  async () => {
    const manager = await started({}, () => ({ phase: "Pending", ...status }));
    const { cluster } = manager;
    const claim = cluster.all(PersistentVolumeClaims)[0];
    cluster.change(PersistentVolumeClaims, claim?.metadata.name ?? "", (each) => (each.status = { phase: "Pending" }));
    const about = warning?.about === "claim" ? claim : cluster.all(Pods)[0];
    if (warning !== undefined && about !== undefined) warn(manager, about.metadata, warning.note);
    if (warning?.about !== "claim")
      cluster.change(PersistentVolumeClaims, claim?.metadata.name ?? "", (each) => (each.status = { phase: "Bound" }));
    cluster.time += 10_000;
    await manager.reconcile();
    return manager;
  };

function warn({ cluster }: Manager, { name, uid }: { name: string; uid: string }, note: string): void {
  cluster.create(Events, {
    metadata: { name: `warning-${uid}`, namespace: "orchestrator" },
    regarding: { name, uid },
    ...{ type: "Warning", note, eventTime: formatTime(cluster.time) },
  });
}

const waitingContainer = (reason: string, message = ""): Scenario =>
  stuck({ conditions: [scheduled], containerStatuses: [{ ...agent, state: { waiting: { reason, message } } }] });

const unschedulable = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no node" };

/** A Job whose pod the API server does not admit. */
const withoutPod =
  (note: string): Scenario =>
  async () => {
    const manager = created();
    await manager.reconcile();
    for (const { metadata } of manager.cluster.all(Jobs)) warn(manager, metadata, note);
    manager.cluster.time += 10_000;
    await manager.reconcile();
    return manager;
  };

/** A run whose only attempt fails. */
const failing =
  (status: (pod: Pod) => NonNullable<Pod["status"]>, arrange?: (manager: Manager) => void): Scenario =>
  async () => {
    const manager = await started({}, status);
    arrange?.(manager);
    manager.cluster.runJobController();
    await manager.reconcile();
    return manager;
  };

const terminated = (exitCode: number, more: object = {}): Scenario =>
  failing(() => ({ phase: "Failed", containerStatuses: [{ ...agent, state: { terminated: { exitCode, ...more } } }] }));

/** An agent that failed after its gateway had reported this. */
const reported = (report: object): Scenario =>
  failing(() => {
    const message = JSON.stringify({ version: 1, byModel: [], ...report });
    return {
      phase: "Failed",
      initContainerStatuses: [{ ...agent, name: "gateway", state: { terminated: { exitCode: 0, message } } }],
      containerStatuses: [{ ...agent, state: { terminated: { exitCode: 1 } } }],
    };
  });

/** A run that a Budget of 20 US dollars holds for, of which 18 are spent. */
const budgeted = (maxCostUSD: number, arrange?: (manager: Manager) => void): Scenario =>
  waiting({ budget: { maxCostUSD } }, (manager) => {
    const { cluster } = manager;
    cluster.create(Budgets, {
      metadata: { name: "team", namespace: "orchestrator" },
      spec: { maxCostUSD: 20, period: "Day", timeZone: "UTC" },
      status: { resetsAt: "2024-07-03T00:00:00Z", countedBy: "Day UTC", spent: { costUSD: 18, tokens: 0 } },
    });
    arrange?.(manager);
  });

const refused = (write: string): Scenario =>
  waiting({}, ({ cluster }) => (cluster.refuse = (what) => (what === write ? "no" : undefined)));

/** A run that has a second attempt coming. */
async function requested(): Promise<Manager> {
  const manager = await started();
  manager.cluster.endPods(1);
  manager.cluster.runJobController();
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  await manager.reconcile();
  return manager;
}

async function stopping(): Promise<Manager> {
  const manager = await started();
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  await manager.reconcile();
  return manager;
}

/** Its Job is deleted, and with `Orphan` its pod goes on. */
async function lost(policy: "Background" | "Orphan", maxRetries: number): Promise<Manager> {
  const retry = { maxRetries, initialBackoffSeconds: 0, maxBackoffSeconds: 0 };
  const manager = await started({ retry });
  manager.cluster.delete(Jobs, `${runName}-run-1`, policy);
  manager.cluster.collectGarbage();
  await manager.reconcile();
  manager.cluster.time += 1000;
  await manager.reconcile();
  return manager;
}

async function backingOff(): Promise<Manager> {
  const manager = created({ retry: { maxRetries: 1, initialBackoffSeconds: 300 } });
  await manager.reconcile();
  await manager.work(1);
  return manager;
}

async function deadlineExceeded(): Promise<Manager> {
  const manager = await started();
  manager.cluster.change(Jobs, `${runName}-run-1`, (job) => {
    job.status = { conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded" }] };
  });
  manager.cluster.endPods(143);
  await manager.reconcile();
  return manager;
}

async function succeeded(shortcoming?: { readonly reason: string; readonly clause: string }): Promise<Manager> {
  const manager = await started();
  if (shortcoming !== undefined) manager.kind = { ...taskRunKind, shortcoming: () => shortcoming };
  await manager.work(0);
  return manager;
}

const scenarios: Readonly<Record<Reason, Scenario>> = {
  WaitingForSlot: waiting({}, (manager) => {
    manager.slotDecision = { granted: false, reason: "WaitingForSlot", limit: "perWorkspace", message: "Waits." };
  }),
  BudgetExhausted: budgeted(5),
  BudgetTooSmall: budgeted(50),
  BudgetRefused: budgeted(1, ({ cluster }) => {
    cluster.refuse = (what) => (what === "patch budgets/status" ? "no" : undefined);
  }),
  WaitingForDependency: waiting({ dependsOn: ["other"] }, (manager) => other(manager, { phase: "Running" })),
  DependencyFailed: waiting({ dependsOn: ["other"] }, (manager) => other(manager, { phase: "Failed" })),
  DependencyMissing: waiting({ dependsOn: ["other"] }),
  DependencyCycle: waiting({ dependsOn: ["other"] }, (manager) => other(manager, {}, { dependsOn: [runName] })),
  Suspended: waiting({ suspend: true }),
  Queued: waiting({ queueName: "team" }, (manager) => {
    manager.configuration = { ...manager.configuration, kueue: { enabled: true } };
  }),
  RetryBackOff: backingOff,
  RetryRequested: requested,
  PreviousAttemptEnding: () => lost("Orphan", 1),
  Stopping: stopping,
  NameConflict: waiting({}, ({ cluster }) =>
    cluster.create(Jobs, { metadata: { name: `${runName}-run-1`, namespace: "orchestrator" } }),
  ),
  NamespaceUnknown: waiting({}, (manager) => {
    const namespaces = { matchLabels: { trust: "low" } };
    manager.configuration = { ...manager.configuration, isolation: [{ namespaces, trustLevel: "low" }] };
  }),
  WorkspaceUnusable: waiting({}, ({ cluster }) =>
    cluster.create(PersistentVolumeClaims, {
      metadata: { name: "auth-service-workspace-pvc", namespace: "orchestrator" },
      status: { phase: "Lost" },
    }),
  ),
  PolicyDenied: waiting({}, (manager) => {
    manager.kind = { ...taskRunKind, refusal: () => "its host is not allowed" };
  }),
  FilesNotMade: waiting({}, (manager) => {
    const files = (): never => {
      throw new FilesError("no such helper");
    };
    manager.kind = { ...taskRunKind, files };
  }),
  JobRefused: refused("create jobs"),
  ConfigMapRefused: refused("create configmaps"),
  NetworkPolicyRefused: waiting({}, (manager) => {
    manager.restrictsNetwork = true;
    manager.cluster.refuse = (what) => (what === "create networkpolicies" ? "no" : undefined);
  }),
  PersistentVolumeClaimRefused: refused("create persistentvolumeclaims"),
  Starting: waiting({}),
  Running: async () => {
    const manager = await started();
    await manager.reconcile();
    return manager;
  },
  ImagePullBackOff: waitingContainer("ErrImagePull"),
  InvalidImageName: waitingContainer("InvalidImageName"),
  ErrImageNeverPull: waitingContainer("ErrImageNeverPull"),
  SecretMissing: waitingContainer("CreateContainerConfigError", 'secret "a" not found'),
  ServiceAccountMissing: withoutPod('error looking up service account a/b: serviceaccount "b" not found'),
  CreateContainerConfigError: waitingContainer("CreateContainerConfigError", "runAsNonRoot"),
  StorageClassMissing: stuck(
    { conditions: [unschedulable] },
    { about: "claim", note: 'storageclass.storage.k8s.io "fast" not found' },
  ),
  CreateContainerError: waitingContainer("CreateContainerError"),
  RunContainerError: waitingContainer("RunContainerError"),
  SidecarFailing: stuck({
    phase: "Pending",
    conditions: [scheduled],
    initContainerStatuses: [{ ...agent, name: "gateway", state: { waiting: { reason: "CrashLoopBackOff" } } }],
  }),
  WorkspaceMissing: stuck({
    conditions: [{ ...unschedulable, message: 'persistentvolumeclaim "auth-service-workspace-pvc" not found' }],
  }),
  Unschedulable: stuck({ conditions: [unschedulable] }),
  WorkspaceNotBound: stuck({ conditions: [unschedulable] }, { about: "claim", note: "the provisioner is away" }),
  QuotaExceeded: withoutPod("pods is forbidden: exceeded quota: small"),
  PodNotCreated: withoutPod("pods is forbidden: violates PodSecurity"),
  PodNotStarting: stuck({ conditions: [scheduled] }, { about: "pod", note: "failed to create the sandbox" }),
  Completed: () => succeeded(),
  Cancelled: waiting({ cancel: true }),
  AlreadyDone: async () => {
    const manager = created();
    manager.ledger = new Ledger({ client: manager.cluster.client(), namespace: "orchestrator", capacity: () => 1 });
    const key = { namespace: "orchestrator", name: runName };
    const spec = specDigest(taskRunKind, exampleRun());
    const end = { phase: "Failed", endedAt: manager.cluster.time, retryAttempt: 1, spec } as const;
    await manager.ledger.record([{ type: TaskRuns, key, end }], new AbortController().signal);
    await manager.reconcile();
    return manager;
  },
  AgentFailed: terminated(3),
  CommandNotFound: terminated(128, { reason: "StartError", message: "executable file not found in $PATH" }),
  BudgetExceeded: reported({ budgetExceeded: "1,000 of 1,000 tokens are used" }),
  KeyRefused: reported({ keyRefused: { upstream: "anthropic", status: 401 } }),
  ProviderUnavailable: reported({ unavailable: { upstream: "anthropic", status: 503 } }),
  ProviderLimited: reported({ limited: { upstream: "anthropic", status: 429, until: "2033-01-01T00:00:00Z" } }),
  OOMKilled: terminated(137, { reason: "OOMKilled" }),
  StorageLimitExceeded: failing(() => ({
    phase: "Failed",
    reason: "Evicted",
    message: 'Usage of EmptyDir volume "tmp" exceeds the limit "10Gi". ',
  })),
  DeadlineExceeded: deadlineExceeded,
  WorkspaceNotPrepared: failing((pod) => {
    const initContainerStatuses = (pod.status?.initContainerStatuses ?? []).map((each) =>
      each.name === "prepare-workspace" ? { ...each, state: { terminated: { exitCode: 1 } } } : each,
    );
    return { phase: "Failed", initContainerStatuses };
  }),
  DeliveryFailed: failing(() => {
    const ended = (name: string, exitCode: number): object => ({ ...agent, name, state: { terminated: { exitCode } } });
    return { phase: "Failed", containerStatuses: [ended("claude-agent", 0), ended("deliver", 20)] } as NonNullable<
      Pod["status"]
    >;
  }),
  NoPullRequest: () => succeeded({ reason: "NoPullRequest", clause: "none was reported" }),
  JobLost: () => lost("Background", 0),
  Disrupted: failing(
    () => ({ phase: "Failed", reason: "Evicted", message: "the node was low on memory" }),
    (manager) => {
      const { configuration } = manager;
      manager.configuration = { ...configuration, retry: { ...configuration.retry, disruptions: { maxRetries: 0 } } };
    },
  ),
  AttemptFailed: failing(() => ({ phase: "Failed", reason: "PodOSNotSupported", message: "another system" })),
};

/** All statuses that were written, oldest first. */
const statusesOf = ({ cluster }: Manager): TaskRunStatus[] =>
  cluster.log.flatMap(({ path, after }) => {
    const isRun = path === `taskruns/orchestrator/${runName}`;
    return isRun && after !== undefined ? [(after as TaskRun).status ?? {}] : [];
  });

for (const [reason, scenario] of Object.entries(scenarios) as [Reason, Scenario][])
  void t.test(`${reason} is reported`, async (t) => {
    const statuses = statusesOf(await scenario());
    const status = statuses.find((each) => each.reason === reason);
    if (status?.phase === undefined) throw new Error(`only ${statuses.map((each) => each.reason).join(", ")}`);
    const { phases, stalled, startProblem } = reasons[reason];
    const { phase, conditions, message } = status;
    t.ok((phases as readonly string[]).includes(phase), phase);
    t.match(message, /^[A-Z]/);
    const isStalled = stalled === true || phase === "Failed" || startProblem?.stalled === "immediately";
    const kstatus = isStalled ? "Stalled" : "Reconciling";
    const isOver = isTerminal(phase);
    if (isStalled || !isOver) t.match(findCondition(conditions, kstatus), { status: "True", reason, message });
    t.equal(findCondition(conditions, isStalled ? "Reconciling" : "Stalled"), undefined);
    t.equal(findCondition(conditions, "Ended")?.status, isOver ? "True" : "False");
    if (isOver) t.equal(findCondition(conditions, "Succeeded")?.reason, reason);
    const messages = (conditions ?? []).map((each) => each.message).filter((text) => text !== "");
    t.equal(new Set(messages).size, messages.length, "each message once");
  });

const startProblems = (Object.keys(reasons) as Reason[]).filter(
  (reason): reason is StartProblemReason => reasons[reason].startProblem !== undefined,
);

for (const reason of startProblems)
  void t.test(`after stuckPodSeconds, an attempt with ${reason} has the course of the table`, async (t) => {
    const manager = await scenarios[reason]();
    manager.cluster.change(
      TaskRuns,
      runName,
      ({ spec }) => (spec.retry = { maxRetries: 1, initialBackoffSeconds: 300 }),
    );
    manager.cluster.time += manager.configuration.stuckPodSeconds * 1000;
    for (let round = 0; round < 4; round++) {
      await manager.reconcile();
      manager.cluster.settle();
    }
    const { ends, retried } = courseOf(reason);
    const { phase } = manager.run.status ?? {};
    t.equal(phase, ends ? (retried ? "Pending" : "Failed") : "Running");
    if (!ends) t.match(findCondition(manager.run.status?.conditions, "Stalled"), { status: "True", reason });
    t.equal(manager.cluster.jobsCreated.length, 1);
  });
