/** CodeRuns and DocsRuns on a real API server, from their creation to their end. */
import t from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { jobOf } from "../kinds/attempt.js";
import type { AgentRun } from "#src/runs/run.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims } from "#src/runtime/client/builtin.js";
import { Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";

let cluster: Cluster;
let client: HttpClient;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  await startOperator(t, cluster);
});

const codeSpec = (spec: Partial<CodeRun["spec"]> = {}): CodeRun["spec"] => ({
  taskId: 7,
  service: "trader",
  repositoryUrl: "https://github.com/5dlabs/trader",
  docsRepositoryUrl: "git@github.com:5dlabs/platform.git",
  githubApp: "5DLabs-Rex",
  retry: { maxRetries: 1, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
  ...spec,
});

async function job(namespace: string, name: string): Promise<Stored<Job>> {
  return eventually(`Job ${name}`, () => client.get(Jobs, { namespace, name }));
}

async function reaches<R extends AgentRun>(
  type: ResourceType<R>,
  key: { readonly namespace: string; readonly name: string },
  phase: string,
): Promise<Stored<R>> {
  return eventually(`${type.kind} ${key.name} is ${phase}`, async () => {
    const run = await client.get(type, key);
    return run.status?.phase === phase && run;
  });
}

function variablesOf({ spec }: Stored<Job>): Record<string, string | undefined> {
  const env = spec?.template.spec?.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

const result = (more: object = {}): string =>
  JSON.stringify({
    pullRequestUrl: "https://github.com/5dlabs/trader/pull/3",
    sessionId: "s-1",
    summary: "Done.",
    ...more,
  });

t.test("a CodeRun goes from its creation to the pull request, and leaves only its workspace", async (t) => {
  const namespace = await testNamespace(t, client);
  const key = { namespace, name: "play" };
  await client.create(CodeRuns, { metadata: key, spec: codeSpec() });
  const first = await job(namespace, "coderun-7-trader-play-run-1");
  t.match(variablesOf(first), { TASK_ID: "7", AGENT_NAME: "rex", CONTINUE_SESSION: "false" });
  const files = { namespace, name: "coderun-7-trader-play-run-1-files" };
  t.match((await client.get(ConfigMaps, files)).data, { "container.sh": /./ });
  await reaches(CodeRuns, key, "Running");
  await finishJob(client, first, 0, result({ qaStatus: "approved", remediationStatus: "none" }));
  const { status, metadata } = await reaches(CodeRuns, key, "Succeeded");
  t.match(status, {
    pullRequestUrl: "https://github.com/5dlabs/trader/pull/3",
    sessionId: "s-1",
    qaStatus: "approved",
    remediationStatus: "none",
    workCompleted: true,
    message: "Attempt 1 succeeded: Done.",
  });
  t.match(metadata.labels, { "task-id": "7", service: "trader" });
  await client.delete(CodeRuns, key);
  await eventually("it is gone", () =>
    client.get(CodeRuns, key).then(
      () => false,
      (error: unknown) => error instanceof NotFound,
    ),
  );
  await t.rejects(client.get(ConfigMaps, files), NotFound);
  await t.rejects(client.get(Jobs, { namespace, name: first.metadata.name }), NotFound);
  t.ok(await client.get(PersistentVolumeClaims, { namespace, name: "workspace-trader-rex" }));
});

t.test("a claim of an earlier version is its first identity's, and an App of the same name gets its own", async (t) => {
  const namespace = await testNamespace(t, client);
  const name = "workspace-trader-rex";
  await client.create(PersistentVolumeClaims, {
    metadata: { namespace, name, labels: { "app.kubernetes.io/managed-by": "agent-orchestrator" } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  const claimOf = ({ spec }: Stored<Job>): string =>
    spec?.template.spec?.volumes?.find(({ name }) => name === "workspace")?.persistentVolumeClaim?.claimName ?? "";
  await client.create(CodeRuns, { metadata: { namespace, name: "first" }, spec: codeSpec() });
  const first = await job(namespace, "coderun-7-trader-first-run-1");
  t.equal(claimOf(first), name);
  t.match((await client.get(PersistentVolumeClaims, { namespace, name })).metadata.annotations, {
    "orchestrator.io/workspace-identity": "app:5dlabs-rex",
    "orchestrator.io/workspace-trust-level": "",
  });
  await finishJob(client, first, 0, result());
  await reaches(CodeRuns, { namespace, name: "first" }, "Succeeded");
  await client.create(CodeRuns, { metadata: { namespace, name: "other" }, spec: codeSpec({ githubApp: "Other-Rex" }) });
  const other = await job(namespace, "coderun-7-trader-other-run-1");
  t.match(claimOf(other), /^workspace-trader-rex-id-[0-9a-f]{16}$/);
  await finishJob(client, other, 0, result());
});

t.test("a DocsRun goes from its creation to its end, with or without a pull request", async (t) => {
  const namespace = await testNamespace(t, client);
  const key = { namespace, name: "generate" };
  const spec = { repositoryUrl: "5dlabs/trader", workingDirectory: ".", sourceBranch: "main", githubUser: "swe" };
  await client.create(DocsRuns, { metadata: key, spec });
  const first = await job(namespace, "docsrun-generate-run-1");
  t.match(variablesOf(first), { SOURCE_BRANCH: "main", WORKING_DIRECTORY: ".", GITHUB_USER: "swe" });
  t.ok(await client.get(PersistentVolumeClaims, { namespace, name: "docs-workspace-root" }));
  await finishJob(client, first);
  t.match((await reaches(DocsRuns, key, "Succeeded")).status, { workCompleted: true, attempts: 1 });
});

t.test("an implementation without a pull request fails, and the next attempt resumes its session", async (t) => {
  const namespace = await testNamespace(t, client);
  const key = { namespace, name: "play" };
  await client.create(CodeRuns, { metadata: key, spec: codeSpec() });
  const first = await job(namespace, "coderun-7-trader-play-run-1");
  await finishJob(client, first, 0, JSON.stringify({ sessionId: "s-1", summary: "Nothing to do." }));
  const second = await job(namespace, "coderun-7-trader-play-run-2");
  t.match((await client.get(CodeRuns, key)).status?.runs?.[0], {
    outcome: "Failed",
    reason: "NoPullRequest",
    exitCode: 0,
  });
  t.match(variablesOf(second), { CONTINUE_SESSION: "true", SESSION_ID: "s-1" });
  await finishJob(client, second, 0, JSON.stringify({ sessionId: "s-2" }));
  const { status } = await reaches(CodeRuns, key, "Failed");
  t.match(status?.message, /^Attempt 2 failed: an implementation has to end with a pull request.*No retry follows/);
  await client.patch(CodeRuns, key, { type: "merge", body: { spec: { retryAttempt: 2 } } });
  await finishJob(client, await job(namespace, "coderun-7-trader-play-run-3"), 0, result());
  t.match((await reaches(CodeRuns, key, "Succeeded")).status, { attempts: 3, sessionId: "s-1" });
});

t.test("a CodeRun of a later stage does not need a pull request", async (t) => {
  const namespace = await testNamespace(t, client);
  const key = { namespace, name: "qa" };
  const labels = { "workflow-stage": "testing" };
  await client.create(CodeRuns, { metadata: { ...key, labels }, spec: codeSpec({ githubApp: "5DLabs-Tess" }) });
  await finishJob(client, await job(namespace, "coderun-7-trader-qa-run-1"));
  await reaches(CodeRuns, key, "Succeeded");
});

t.test(
  "runs of different kinds with the same name do not conflict; with the same workspace they wait for each other",
  async (t) => {
    const namespace = await testNamespace(t, client);
    const key = { namespace, name: "same" };
    const workspace = { pvcName: "shared" };
    await client.create(TaskRuns, {
      metadata: key,
      spec: { taskId: 1, serviceName: "auth", markdownFiles: [{ filename: "a.md", content: "a" }], workspace },
    });
    const task = await job(namespace, "auth-task-1-run-1");
    await client.create(CodeRuns, { metadata: key, spec: codeSpec({ workspace }) });
    await eventually("the CodeRun waits", async () => {
      const { status } = await client.get(CodeRuns, key);
      return status?.conditions?.some(({ type, reason }) => type === "Admitted" && reason === "WaitingForSlot");
    });
    await client.create(CodeRuns, { metadata: { namespace, name: "other" }, spec: codeSpec({ taskId: 8, workspace }) });
    await client.delete(CodeRuns, key);
    await eventually("the CodeRun is gone", () =>
      client.get(CodeRuns, key).then(
        () => false,
        (error: unknown) => error instanceof NotFound,
      ),
    );
    await reaches(TaskRuns, key, "Running");
    t.equal((await client.get(Jobs, { namespace, name: task.metadata.name })).metadata.uid, task.metadata.uid);
    await finishJob(client, task);
    await reaches(TaskRuns, key, "Succeeded");
    await finishJob(client, await job(namespace, "coderun-8-trader-other-run-1"), 0, result());
    await reaches(CodeRuns, { namespace, name: "other" }, "Succeeded");
  },
);

t.test(
  "a run for which a template fails reports it, starts nothing, and continues once the template is fixed",
  async (t) => {
    const templates = (text: string): Promise<unknown> =>
      client.apply(ConfigMaps, {
        metadata: { namespace: "orchestrator", name: "agent-templates" },
        data: { "code_settings.json.hbs": text },
      });
    t.teardown(() => client.delete(ConfigMaps, { namespace: "orchestrator", name: "agent-templates" }));
    const namespace = await testNamespace(t, client);
    // does not fail for the sample runs
    await templates('{ "model": {{json model}}{{#if (eq spec.taskId 1313)}},{{/if}} }');
    const key = (name: string): { namespace: string; name: string } => ({ namespace, name });
    const filesOf = async (number: number): Promise<string> => {
      const name = `tried-${number}`;
      await client.create(CodeRuns, { metadata: key(name), spec: codeSpec({ taskId: number, service: name }) });
      const { status } = await reaches(CodeRuns, key(name), "Running");
      const { data } = await client.get(ConfigMaps, key(status?.configMapName ?? ""));
      await client.delete(CodeRuns, key(name));
      return data?.["settings.json"] ?? "";
    };
    let number = 20;
    await eventually("the template is in force", async () => !(await filesOf(number++)).includes("permissions"));

    await client.create(CodeRuns, { metadata: key("unlucky"), spec: codeSpec({ taskId: 1313, service: "unlucky" }) });
    const stalled = await eventually("the run says why", async () => {
      const run = await client.get(CodeRuns, key("unlucky"));
      return (
        run.status?.conditions?.some(({ type, status }) => type === "Stalled" && status === "True") === true && run
      );
    });
    t.match(stalled.status, {
      phase: "Pending",
      message: /^The files of attempt 1 cannot be rendered: code\/settings\.json\.hbs:/,
    });
    // Jobs of earlier runs may still be terminating
    const { items } = await client.list(Jobs, { namespace });
    t.strictSame(
      items.filter(({ metadata }) => metadata.name.includes("unlucky")),
      [],
    );

    await templates('{ "model": {{json model}} }');
    // it is retried within a minute, or at the next reconcile for another reason
    await eventually("it has started", async () => {
      const now = { metadata: { annotations: { looked: String(number++) } } };
      const run = await client.patch(CodeRuns, key("unlucky"), { type: "merge", body: now });
      return run.status?.phase === "Running";
    });
  },
);

t.test("invalid fields are denied at creation, all at once", async (t) => {
  const namespace = await testNamespace(t, client);
  const bad = codeSpec({
    ...{ githubUser: "swe", enableDocker: true, taskRequirements: "e30", workingDirectory: "../up" },
    cliConfig: { cliType: "claude", settings: { cleanupPeriodDays: "30", attribution: { commit: null } } },
  });
  const refusal = await client.create(CodeRuns, { metadata: { namespace, name: "bad" }, spec: bad }).then(
    () => undefined,
    (error: unknown) => error,
  );
  t.type(refusal, Invalid);
  t.strictSame(refusal instanceof Invalid ? refusal.causes.map(({ field }) => field).sort() : [], [
    "spec",
    "spec.cliConfig.settings.attribution.commit",
    "spec.cliConfig.settings.cleanupPeriodDays",
    "spec.enableDocker",
    "spec.taskRequirements",
    "spec.workingDirectory",
  ]);
});

t.test("the API server accepts a Job with a Docker daemon", async (t) => {
  const namespace = await testNamespace(t, client);
  const kind = codeRunKind({ current: () => ({ code: () => ({ "container.sh": "" }), docs: () => ({}) }) });
  const settings = { ...defaultConfiguration, agent: { ...defaultConfiguration.agent, allowDocker: true } };
  const run: Stored<CodeRun> = {
    metadata: { namespace, name: "docker", uid: "00000000-0000-4000-8000-000000000000", resourceVersion: "1" },
    spec: codeSpec({ enableDocker: true }),
  };
  const made = jobOf(kind, run, settings);
  const stored = await client.create(Jobs, made, { dryRun: true });
  const daemon = stored.spec?.template.spec?.initContainers?.find(({ name }) => name === "docker");
  t.match(daemon, { restartPolicy: "Always" });
});
