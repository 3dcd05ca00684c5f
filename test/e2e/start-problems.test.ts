/** Pods that do not start, on a real node: what is reported, and the outcome. All start at once, since each takes a while. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import type { CodeRun } from "#src/api/coderun.js";
import { findCondition } from "#src/api/conditions.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { Events, Nodes, Secrets } from "#src/runtime/client/builtin.js";
import { eventually } from "../eventually.js";
import { demoAgent, realCluster, taskRun, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? false;
let real: RealCluster;

const token = { "example.com/token": "1" };

interface StartProblem {
  readonly spec: Partial<TaskRun["spec"]>;
  readonly reason: string;
  /** Stalled if only a person can help. */
  readonly condition: "Stalled" | "Reconciling";
}

/** Runs by start problem, each in a separate namespace. Retries are allowed, and must not be used. */
const startProblems = {
  repositorySecret: {
    spec: { repository: { url: "https://github.com/app.git", githubUser: "ann" }, retry: { maxRetries: 3 } },
    ...{ reason: "SecretMissing", condition: "Stalled" },
  },
  image: { spec: { retry: { maxRetries: 3 } }, reason: "ImagePullBackOff", condition: "Stalled" },
  quota: { spec: {}, reason: "QuotaExceeded", condition: "Reconciling" },
  apiKey: { spec: { retry: { maxRetries: 3 } }, reason: "SecretMissing", condition: "Stalled" },
  scheduling: {
    spec: { resources: { requests: token, limits: token } },
    ...{ reason: "Unschedulable", condition: "Reconciling" },
  },
  volume: {
    spec: { workspace: { pvcName: "late" } },
    ...{ reason: "StorageClassMissing", condition: "Stalled" },
  },
} satisfies Record<string, StartProblem>;
const begun = new Map<string, TaskRun>();

function runOf(problem: keyof typeof startProblems): TaskRun & { metadata: { namespace: string } } {
  const run = begun.get(problem);
  return { spec: taskRun("").spec, ...run, metadata: { namespace: "", ...run?.metadata } };
}

/** CodeRuns with variables from Secrets, by what is missing. */
const wanting = {
  'secret "database" not found': { taskRequirements: btoa("secrets: [{ name: database }]") },
  "couldn't find key password in Secret": {
    envFromSecrets: [{ name: "PASSWORD", secretName: "orchestrator-secrets", secretKey: "password" }],
  },
} satisfies Record<string, Partial<CodeRun["spec"]>>;
const codeRuns = new Map<string, CodeRun>();

async function applyCodeRun(t: Test, missing: string, spec: Partial<CodeRun["spec"]>): Promise<void> {
  const namespace = await real.restrictedNamespace(t);
  await real.client.create(Secrets, { metadata: { namespace, name: "github-pat-ann" }, stringData: { token: "x" } });
  const url = "https://github.com/app.git";
  const run: CodeRun = {
    apiVersion: "orchestrator.io/v1",
    kind: "CodeRun",
    metadata: { namespace, name: "task-1" },
    spec: { taskId: 1, service: "app", repositoryUrl: url, docsRepositoryUrl: url, githubUser: "ann", ...spec },
  };
  codeRuns.set(missing, run);
  await real.apply(run);
}

const storageClassName = "late";
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "late" },
  spec: { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

/** An image that is not there, when the run is created. */
const wrongImage = "localhost/no/such:image";

/** What `kubectl` and clients show of a run as soon as it reports a problem. */
interface Sighting {
  readonly status: TaskRun["status"];
  readonly table: string;
  readonly note: string;
}

const sightings = new Map<string, Promise<Sighting>>();

/** Waits for the Warning Event about a problem, and looks at once. */
async function see(run: TaskRun, reason: string): Promise<Sighting> {
  const namespace = run.metadata?.namespace ?? "";
  const event = await eventually(
    `the Event ${reason} in ${namespace}`,
    async () => {
      const { items } = await real.client.list(Events, { namespace, fieldSelector: `reason=${reason}` });
      return items.find(({ regarding, type }) => regarding?.kind === "TaskRun" && type === "Warning");
    },
    60_000,
  );
  const table = await real.kubectl(["get", "taskruns.orchestrator.io", "-n", namespace]);
  const { status } = await real.get(run);
  return { status, table, note: event.note ?? "" };
}

/** Everything that users see of a problem: column, message, Event and condition. How soon is a unit test's, with a fake clock. */
async function reported(t: Test, problem: keyof typeof startProblems, message: RegExp): Promise<void> {
  const { reason } = startProblems[problem];
  const { status, table, note } = (await sightings.get(problem)) ?? {};
  t.match(status, { phase: "Running", reason });
  t.match(status?.message, message);
  t.equal(note, status?.message);
  t.match(table, new RegExp(`PHASE\\s+REASON[^]*Running\\s+${reason}`));
  t.match(findCondition(status?.conditions, startProblems[problem].condition), { status: "True", reason });
}

/** The problem is gone: the run succeeds in the same attempt, and an Event said that it went on. */
async function recovered(t: Test, run: TaskRun & { metadata: { namespace: string } }, reason: string): Promise<void> {
  const ended = await real.phase(t, run, "Succeeded");
  t.match(ended.status, { attempts: 1, reason: "Completed" });
  t.equal(findCondition(ended.status?.conditions, "Stalled"), undefined);
  const { items } = await real.client.list(Events, { namespace: run.metadata.namespace });
  t.ok(
    items.some(({ type, note }) => type === "Normal" && note?.includes(`The problem is gone: ${reason}`) === true),
    "an Event says that it is gone",
  );
}

const noPods = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none" }, spec: { hard: { pods: "0" } } };

async function addToken(): Promise<void> {
  const [node] = (await real.client.list(Nodes, {})).items;
  const body = [{ op: "add", path: "/status/capacity/example.com~1token", value: "1" }] as const;
  const key = { name: node?.metadata.name ?? "" };
  await real.client.patch(Nodes, key, { type: "json", body }, { subresource: "status" });
}

async function addVolume(t: Test): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "late-"));
  await chmod(path, 0o777);
  t.teardown(() => rm(path, { recursive: true, force: true }));
  const volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "late" },
    spec: { ...{ storageClassName, hostPath: { path } }, accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } },
  };
  await real.kubectl(["apply", "-f", "-"], stringify(volume));
}

/** What lets the same attempt start, done as soon as the problem was seen. */
const remedies: Partial<Record<keyof typeof startProblems, (t: Test, namespace: string) => Promise<unknown>>> = {
  apiKey: (_t, namespace) => real.createSecret(namespace),
  quota: (_t, namespace) => real.kubectl(["delete", "-n", namespace, "resourcequota/none"]),
  scheduling: addToken,
  volume: addVolume,
};

async function begin(t: Test, problem: keyof typeof startProblems): Promise<void> {
  const namespace = await real.restrictedNamespace(t, { secret: problem !== "apiKey" });
  const inTheWay = { quota: noPods, volume: claim }[problem as string];
  if (inTheWay !== undefined) await real.kubectl(["apply", "-n", namespace, "-f", "-"], stringify(inTheWay));
  const run = taskRun(namespace, startProblems[problem].spec);
  begun.set(problem, run);
  await real.apply(run);
  const sighting = see(run, startProblems[problem].reason).then(async (seen) => {
    await remedies[problem]?.(t, namespace);
    return seen;
  });
  sighting.catch(() => undefined); // the test of the problem reports it
  sightings.set(problem, sighting);
}

if (skip === false) {
  t.before(async () => {
    real = await realCluster(t);
    // short enough for a test to wait, and longer than any normal start takes
    const stuckPodSeconds = 50;
    // the demo agent's image has no bash for the phases of a CodeRun
    const git = { delivery: "agent" };
    await real.configure({ agent: { ...demoAgent, image: wrongImage }, git, stuckPodSeconds });
    await begin(t, "image");
    await real.configure({ agent: demoAgent, git, stuckPodSeconds });
    for (const problem of ["repositorySecret", "quota", "apiKey", "scheduling", "volume"] as const)
      await begin(t, problem);
    for (const [missing, spec] of Object.entries(wanting)) await applyCodeRun(t, missing, spec);
  });
}

t.test("a missing API key is named, and once it exists the attempt continues", { skip }, async (t) => {
  const run = runOf("apiKey");
  const words = /pod \S+ cannot start: secret "orchestrator-secrets" not found/;
  await reported(t, "apiKey", words);
  await recovered(t, run, "SecretMissing");
});

t.test("a pod that fits on no node is reported, and continues once one has room", { skip }, async (t) => {
  const run = runOf("scheduling");
  await reported(t, "scheduling", /cannot be scheduled: 0\/1 nodes are available: 1 Insufficient example.com\/token/);
  await recovered(t, run, "Unschedulable");
});

t.test("a missing StorageClass is reported, and the run continues once its claim is bound", { skip }, async (t) => {
  const run = runOf("volume");
  await reported(t, "volume", /PersistentVolumeClaim late, is not bound: storageclass.storage.k8s.io "late" not found/);
  const { status } = (await sightings.get("volume")) ?? {};
  t.match(findCondition(status?.conditions, "WorkspaceReady"), { status: "False", reason: "StorageClassMissing" });
  await recovered(t, run, "StorageClassMissing");
});

t.test("a missing Secret of the repository is named and ends the run", { skip }, async (t) => {
  const run = runOf("repositorySecret");
  await reported(t, "repositorySecret", /secret "github-pat-ann" not found/);
  const failed = await real.phase(t, run, "Failed");
  t.match(failed.status?.runs, [{ outcome: "Failed", reason: "SecretMissing" }]);
  t.match(
    failed.status?.message,
    /secret "github-pat-ann" not found.* No retry follows: another attempt would fail the same way/,
  );
  t.match(findCondition(failed.status?.conditions, "Ended"), { status: "True", reason: "NotRetryable" });
  t.same(await real.livePods(run.metadata.namespace), []);
  const described = await real.kubectl([
    "describe",
    "taskruns.orchestrator.io",
    "-n",
    run.metadata.namespace,
    "task-1",
  ]);
  t.match(described, /Warning\s+RunFailed.*github-pat-ann/, "kubectl describe alone tells it");
});

for (const missing of Object.keys(wanting))
  t.test(
    `a variable of a CodeRun whose Secret is missing is reported and ends the run: ${missing}`,
    { skip },
    async (t) => {
      const run = codeRuns.get(missing);
      if (run === undefined) throw new Error("no such run");
      const failed = await real.phase(t, run, "Failed");
      t.match(failed.status?.runs?.[0], { outcome: "Failed", reason: "SecretMissing" });
      t.match(failed.status?.message, missing);
      const described = await real.kubectl([
        "describe",
        "coderuns.orchestrator.io",
        "-n",
        run.metadata?.namespace ?? "",
        "task-1",
      ]);
      t.match(described, `cannot start: ${missing}`);
    },
  );

t.test("an image that cannot be pulled ends the run, whose message says how to go on", { skip }, async (t) => {
  const run = runOf("image");
  await reported(t, "image", /image localhost\/no\/such:image cannot be pulled/);
  const failed = await real.phase(t, run, "Failed");
  t.match(failed.status?.runs, [{ outcome: "Failed", reason: "ImagePullBackOff" }]);
  const command = /The configuration has another image by now; to use it run `kubectl (.*)'(.*)'`/.exec(
    failed.status?.message ?? "",
  );
  t.ok(command, failed.status?.message ?? "no message");
  const [, words = "", patch = ""] = command ?? [];
  await real.kubectl([...words.trim().split(" "), patch]);
  const ended = await real.phase(t, run, "Succeeded");
  t.match(ended.status?.runs, [{ outcome: "Failed" }, { cause: "ManualRetry", outcome: "Succeeded" }]);
  t.equal(ended.spec.image, demoAgent.image);
});

t.test(
  "an exhausted quota is reported in the words of the API server, and the run continues once it is raised",
  { skip },
  async (t) => {
    const run = runOf("quota");
    await reported(t, "quota", /has no pod yet: .*exceeded quota: none/);
    await recovered(t, run, "QuotaExceeded");
  },
);
