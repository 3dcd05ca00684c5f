/** Admission of TaskRuns through a real API server: webhooks, matchConditions and schema together. */
import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { runAdmission, webhookConfigurations, webhookPaths } from "#src/admission/index.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { cleanupFinalizer, defaultAgent, type TaskRun, TaskRuns, type TaskRunSpec } from "#src/api/taskrun.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import {
  CustomResourceDefinitions,
  MutatingWebhookConfigurations,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import { Invalid } from "#src/runtime/client/errors.js";
import type { CustomResourceDefinition, Stored } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { mutating, validating, type AdmissionHandler } from "#src/runtime/webhook/review.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { eventually } from "../eventually.js";
import { adminClient, ownCluster, testNamespace } from "./cluster.js";

// a separate cluster, since webhooks and controllers of other tests would interfere
const cluster = await ownCluster(t);
const client = await adminClient(t, cluster);
const namespace = await testNamespace(t, client);
const selected = { "kubernetes.io/metadata.name": namespace };

/** The runs that the webhooks can look up. */
const known: TaskRun[] = [];
let calls = 0;
let configuration = defaultConfiguration;

const counted =
  (handler: AdmissionHandler): AdmissionHandler =>
  (request) => {
    calls += 1;
    return handler(request);
  };

const { default: defaulter, validate } = runAdmission(admittedTaskRun, {
  configuration: () => configuration,
  lookup: {
    get: (_namespace, name) => known.find(({ metadata }) => metadata?.name === name),
    byWork: (_namespace, key) =>
      known.filter(({ spec }) => `${spec.serviceName}/${spec.taskId}/${defaultAgent}` === key),
  },
});
const paths = webhookPaths("taskrun");
const server = new WebhookServer({
  host: "127.0.0.1",
  port: 0,
  handlers: new Map([
    [paths.mutate, counted(mutating(defaulter, validate))],
    [paths.validate, counted(validating(validate))],
  ]),
  clock: systemClock,
  logger: silentLogger,
});

const hour = 3_600_000;
const authority = await createAuthority("test", Date.now(), hour);
const stop = new AbortController();
server.useCertificate(await issueLeaf(authority, ["127.0.0.1", "localhost"], Date.now(), hour));
const stopped = server.start(stop.signal);
await server.ready(stop.signal);
t.teardown(async () => {
  stop.abort();
  await stopped;
});

const crd = readFileSync("crds/taskruns.orchestrator.io.yaml", "utf8");
await client.apply(CustomResourceDefinitions, parse(crd) as CustomResourceDefinition);
await eventually("TaskRuns are served", () => client.list(TaskRuns, { namespace }).then(() => true));

const { mutating: mutatingWebhooks, validating: validatingWebhooks } = webhookConfigurations({
  url: `https://localhost:${server.port}`,
});
const caBundle = Buffer.from(authority.certificate).toString("base64");
const here = <W extends { clientConfig: object }>(webhooks: W[] | undefined): W[] =>
  (webhooks ?? []).map((webhook) => ({
    ...webhook,
    clientConfig: { ...webhook.clientConfig, caBundle },
    namespaceSelector: { matchLabels: selected },
  }));
const name = `test-${namespace}`;
await client.create(MutatingWebhookConfigurations, {
  ...mutatingWebhooks,
  metadata: { name },
  webhooks: here(mutatingWebhooks.webhooks),
});
await client.create(ValidatingWebhookConfigurations, {
  ...validatingWebhooks,
  metadata: { name },
  webhooks: here(validatingWebhooks.webhooks),
});
t.teardown(async () => {
  await client.delete(MutatingWebhookConfigurations, { name });
  await client.delete(ValidatingWebhookConfigurations, { name });
});

const spec: TaskRunSpec = {
  taskId: 1,
  serviceName: "auth",
  markdownFiles: [{ filename: "task.md", content: "# Task" }],
};

function run(runName: string, changes: object = {}): TaskRun {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: runName, namespace },
    spec: { ...spec, ...changes },
  };
}

/** Fields and messages of a denial. */
async function denial(call: Promise<unknown>): Promise<Record<string, string>> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Invalid)) throw new Error("was not denied as invalid", { cause: error });
  return Object.fromEntries(error.causes.map(({ field, message }) => [field ?? "", message ?? ""]));
}

await eventually("the webhooks are called", async () => {
  const probe = await client.create(TaskRuns, run("probe"), { dryRun: true });
  return probe.metadata.finalizers?.includes(cleanupFinalizer);
});

t.test("a minimal TaskRun is stored with all defaults", async (t) => {
  const stored = await client.create(TaskRuns, run("plain"), { dryRun: true });
  t.strictSame(stored.metadata.finalizers, [cleanupFinalizer]);
  t.match(stored.metadata.labels, {
    "orchestrator.io/task-id": "1",
    "orchestrator.io/service": "auth",
    "orchestrator.io/agent": defaultConfiguration.agent.name,
    "orchestrator.io/priority": "medium",
    "task-id": "1",
    service: "auth",
    priority: "medium",
  });
  t.match(stored.spec, {
    model: "sonnet",
    image: defaultConfiguration.agent.image,
    retryAttempt: 1,
    workspace: { pvcName: "auth-workspace-pvc" },
    retry: { maxRetries: 3 },
  });
});

t.test("all errors are reported at once, each with a remedy", async (t) => {
  known.push(run("first", { taskId: 8 }));
  const causes = await denial(
    client.create(
      TaskRuns,
      run("bad", {
        taskId: 8,
        markdownFiles: [
          { filename: "../x.md", content: "a", fileType: "notes" },
          { filename: "task.md", content: "a" },
          { filename: "task.md", content: "b" },
        ],
        repository: { url: "https://github.com/x/y", token: "secret" },
        resources: { requests: { cpu: "3" }, limits: { cpu: "1" } },
      }),
    ),
  );
  t.strictSame(Object.keys(causes).sort(), [
    "spec.markdownFiles[0].fileType",
    "spec.markdownFiles[0].filename",
    "spec.markdownFiles[2]",
    "spec.repository.token",
    "spec.resources.requests.cpu",
    "spec.taskId",
  ]);
  t.match(causes["spec.taskId"], /"first".* already has task 8/);
  t.match(causes["spec.repository.token"], /store it in a Secret/);
  t.notMatch(JSON.stringify(causes), /"secret"/, "a refused token is not repeated");
});

t.test("files that exceed the limit of a ConfigMap are denied with their sum and the limit", async (t) => {
  const markdownFiles = [1, 2].map((n) => ({ filename: `f${n}.md`, content: "x".repeat(1_000_000) }));
  const causes = await denial(client.create(TaskRuns, run("large", { markdownFiles })));
  t.match(causes["spec.markdownFiles"], /2000010 bytes, .* the 950272 that fit/);
});

t.test("a TaskRun without taskId is denied with the name of the field", async (t) => {
  const causes = await denial(client.create(TaskRuns, run("none", { taskId: undefined })));
  t.match(causes["spec.taskId"], /Required value; use the task's number/);
});

t.test("the fields that identify the task cannot change, and counters cannot decrease", async (t) => {
  const stored = await client.create(TaskRuns, run("fixed", { taskId: 20, retryAttempt: 2 }));
  const changed = { ...stored, spec: { ...stored.spec, taskId: 21, serviceName: "other", retryAttempt: 1 } };
  const causes = await denial(client.update(TaskRuns, changed));
  t.strictSame(Object.keys(causes).sort(), ["spec.retryAttempt", "spec.serviceName", "spec.taskId"]);
});

t.test("writes of the manager never call a webhook", async (t) => {
  const key = { namespace, name: "quiet" };
  await client.create(TaskRuns, run("quiet", { taskId: 30 }));
  const before = calls;
  await client.patch(
    TaskRuns,
    key,
    { type: "merge", body: { status: { phase: "Running" } } },
    { subresource: "status" },
  );
  await client.patch(TaskRuns, key, { type: "merge", body: { metadata: { annotations: { a: "b" } } } });
  await client.delete(TaskRuns, key);
  await client.patch(TaskRuns, key, { type: "merge", body: { metadata: { finalizers: null } } });
  t.equal(calls, before);
});

const record = "orchestrator.io/injected";

/** Until the end of the test, the configuration has another image. */
function withImage(t: Test, image: string): void {
  configuration = { ...defaultConfiguration, agent: { ...defaultConfiguration.agent, image } };
  t.teardown(() => (configuration = defaultConfiguration));
}

t.test("what was injected stays recorded, whoever replaces the object or removes the record", async (t) => {
  const key = { namespace, name: "recorded" };
  const stored = await client.create(TaskRuns, run("recorded", { taskId: 34, model: "mine" }));
  t.match(
    stored.metadata.annotations?.[record],
    /^activeDeadlineSeconds,agentName,image,imagePullPolicy,resources,retry/,
  );
  withImage(t, "agent:2");
  const { resourceVersion } = stored.metadata;
  const manifest = run("recorded", { taskId: 34, model: "mine" });
  const replaced = await client.update(TaskRuns, {
    ...manifest,
    metadata: { ...manifest.metadata, ...key, resourceVersion },
  });
  t.strictSame(replaced.spec, stored.spec);
  for (const annotations of [{ [record]: null }, { [record]: "model" }]) {
    const mended = await client.patch(TaskRuns, key, { type: "merge", body: { metadata: { annotations } } });
    t.strictSame(mended.metadata.annotations, stored.metadata.annotations);
  }
  const retried = await client.patch(TaskRuns, key, { type: "merge", body: { spec: { retryAttempt: 2 } } });
  t.match(retried.spec, { image: "agent:2", model: "mine" });
});

t.test("a field that server-side apply declares belongs to the user, also with the injected value", async (t) => {
  const plain = await client.apply(TaskRuns, run("declared", { taskId: 35 }));
  t.match(plain.metadata.annotations?.[record], /,image,/);
  const { image } = defaultConfiguration.agent;
  await client.apply(TaskRuns, run("declared", { taskId: 35, image }));
  withImage(t, "agent:2");
  const retried = await client.apply(TaskRuns, run("declared", { taskId: 35, image, retryAttempt: 2 }));
  t.equal(retried.spec.image, image);
  t.notMatch(retried.metadata.annotations?.[record], /,image,/);
});

t.test("labels and finalizer that a user removes are restored", async (t) => {
  const key = { namespace, name: "mended" };
  const stored: Stored<TaskRun> = await client.create(TaskRuns, run("mended", { taskId: 31 }));
  const mended = await client.patch(TaskRuns, key, {
    type: "merge",
    body: { metadata: { labels: null, finalizers: null } },
  });
  t.strictSame(mended.metadata.labels, stored.metadata.labels);
  t.strictSame(mended.metadata.finalizers, stored.metadata.finalizers);
});

t.test("the input of a running attempt can only change together with a new attempt", async (t) => {
  const key = { namespace, name: "busy" };
  await client.create(TaskRuns, run("busy", { taskId: 32 }));
  await client.patch(
    TaskRuns,
    key,
    { type: "merge", body: { status: { phase: "Running" } } },
    { subresource: "status" },
  );
  const causes = await denial(client.patch(TaskRuns, key, { type: "merge", body: { spec: { model: "opus" } } }));
  t.match(causes, { "spec.model": /also set spec\.contextVersion: 2/ });
  const next = await client.patch(TaskRuns, key, {
    type: "merge",
    body: { spec: { model: "opus", contextVersion: 2 } },
  });
  t.equal(next.spec.model, "opus");
});

t.test("a TaskRun of nearly 1 MiB can be created and changed", async (t) => {
  const markdownFiles = Array.from({ length: 8 }, (_, n) => ({ filename: `f${n}.md`, content: "x".repeat(118_000) }));
  await client.create(TaskRuns, run("big", { taskId: 33, markdownFiles }));
  const key = { namespace, name: "big" };
  const changed = await client.patch(TaskRuns, key, { type: "merge", body: { spec: { priority: "high" } } });
  t.equal(changed.metadata.labels?.["orchestrator.io/priority"], "high");
});
