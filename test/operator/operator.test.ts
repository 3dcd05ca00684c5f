/** The whole operator in one process: real caches, controllers, webhooks and certificates against a small API server. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import { ApiServer } from "./api-server.js";
import { addWebhookConfigurations, ownNamespace, prepare, started, textOf, type Running } from "./running.js";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { cleanupFinalizer, TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { formatMicroTime } from "#src/runtime/clock.js";
import { createPki } from "#src/cluster/pki.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import {
  ConfigMaps,
  Events,
  Jobs,
  Leases,
  Namespaces,
  PersistentVolumeClaims,
  Secrets,
  ServiceAccounts,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import type { EventsEvent, Job, KubernetesObject, Stored } from "#src/runtime/client/objects.js";

const team = "team-a";
const other = "team-b";

/** A TaskRun as it is after admission, with a service and thus a workspace of its own. */
function taskRun(name: string, namespace = team): TaskRun {
  const { metadata, ...run } = exampleRun({ serviceName: name });
  return { ...run, metadata: { ...metadata, name, namespace } };
}

function createRun({ api }: Running, name: string, namespace = team): Stored<TaskRun> {
  return api.create(TaskRuns, taskRun(name, namespace));
}

function phaseOf({ api }: Running, name: string, namespace = team): string | undefined {
  return api.get(TaskRuns, { namespace, name })?.status?.phase;
}

function jobsOf({ api }: Running, run: Stored<TaskRun>): Stored<Job>[] {
  return api.list(Jobs).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === run.metadata.uid);
}

function eventsOf({ api }: Running, reason: string): Stored<EventsEvent>[] {
  return api.list(Events).filter((event) => event.reason === reason);
}

/** Resolves when a run of a managed namespace, created after everything before, has started. */
async function reconciledAll(running: Running, name: string, namespace = team): Promise<void> {
  createRun(running, name, namespace);
  await running.until(`${name} runs`, () => phaseOf(running, name, namespace) === "Running");
}

t.test("it is ready once certificates, caches and configuration are, in this order", async (t) => {
  const running = await prepare(t);
  const { api, lines } = running;
  const releaseRuns = api.hold(({ plural }) => plural === "docsruns");
  const releaseConfiguration = api.hold(
    ({ query }) => query.get("fieldSelector") === "metadata.name=taskrun-controller-config",
  );
  running.start();
  const waitsFor = (text: string): Promise<unknown> =>
    running.until(`/readyz says: ${text}`, async () => {
      if (running.operator.manager.probesPort === 0) return false;
      const readiness = await running.readiness();
      return !readiness.isReady && readiness.text.includes(text);
    });
  await waitsFor("[-] certificates: ");
  t.match((await running.readiness()).text, /\[-\] caches: .*\[-\] configuration: not read yet.*\[-\] webhooks: /s);
  addWebhookConfigurations(api);
  await waitsFor("[-] caches: waiting for docsruns.orchestrator.io\n");
  t.notMatch((await running.readiness()).text, /certificates|webhooks/);
  releaseRuns();
  await running.until("only the configuration is missing", async () => {
    return (await running.readiness()).text === "[-] configuration: not read yet\n";
  });
  const isReconciling = (): boolean => lines.some(({ message }) => message === "controller started");
  t.notOk(isReconciling(), "no run is reconciled with the defaults before the configuration is read");
  releaseConfiguration();
  await running.until("controllers are started", isReconciling);
  await running.until("it is ready", async () => (await running.readiness()).isReady);
  t.ok(api.get(Secrets, { namespace: ownNamespace, name: "orchestrator-webhook-certs" }));
  t.equal(api.list(Leases).length, 0, "without leader election there is no Lease");
});

t.test("a TaskRun becomes a Job with files and a workspace, and ends with it", async (t) => {
  const running = await started(t);
  const { api } = running;
  const run = createRun(running, "auth");
  await running.until("it runs", () => phaseOf(running, "auth") === "Running");
  const [job] = jobsOf(running, run);
  if (job === undefined) throw new Error("no Job");
  t.equal(job.metadata.namespace, team);
  t.equal(api.list(ConfigMaps).filter(({ metadata }) => metadata.namespace === team).length, 1);
  t.equal(api.list(PersistentVolumeClaims).length, 1);
  await running.until("an Event says so", () => eventsOf(running, "JobCreated").length > 0);

  api.change(Jobs, job.metadata, (each) => {
    each.status = { conditions: [{ type: "Complete", status: "True" }] };
  });
  await running.until("it ended", () => phaseOf(running, "auth") !== "Running");
  t.equal(phaseOf(running, "auth"), "Succeeded");
  api.remove(TaskRuns, run.metadata);
  await running.until("it is gone", () => api.get(TaskRuns, run.metadata) === undefined);
});

/** A receiver of CloudEvents; what it got, as `type subject attempts`. */
async function eventSink(t: Test, received: string[], signatures: string[]): Promise<string> {
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const { type, subject, data } = JSON.parse(body) as { type: string; subject: string; data: { attempts: number } };
      received.push(`${type} ${subject} ${data.attempts}`);
      signatures.push(String(request.headers["webhook-signature"]));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test("CloudEvents tell the configured sinks of each phase, also of runs from before it led", async (t) => {
  const [received, signatures]: [string[], string[]] = [[], []];
  const url = await eventSink(t, received, signatures);
  const sinkKeyDirectory = t.testdir({ audit: `whsec_${Buffer.alloc(32, 7).toString("base64")}\n` });
  const running = await started(t, { sinkKeyDirectory });
  const { api } = running;
  const run = createRun(running, "before");
  await running.until("it runs", () => phaseOf(running, "before") === "Running");
  t.same(received, []);
  running.configure(`cloudEvents: { sinks: [{ name: audit, url: "${url}", phases: [Running, Succeeded] }] }`);
  createRun(running, "auth");
  await running.until("the run started", () => received.includes("io.orchestrator.taskrun.running auth 1"));
  const [job] = jobsOf(running, run);
  if (job === undefined) throw new Error("no Job");
  api.change(Jobs, job.metadata, (each) => {
    each.status = { conditions: [{ type: "Complete", status: "True" }] };
  });
  await running.until("its end is told", () => received.includes("io.orchestrator.taskrun.succeeded before 1"));
  t.notOk(received.some((each) => each.includes("pending")));
  t.ok(signatures.every((signature) => signature.startsWith("v1,")));
  const delivered = { sink: "audit", result: "delivered" };
  const isCounted = async (): Promise<boolean> =>
    (await running.metric("orchestrator_cloud_events_total", delivered)) === received.length;
  await running.until("all are counted", isCounted);

  running.configure("{}");
  await reconciledAll(running, "later");
  t.notOk(
    received.some((each) => each.includes("later")),
    "a removed sink gets nothing",
  );
});

t.test("a new leader reports what its predecessor may not have reported", async (t) => {
  const received: string[] = [];
  const url = await eventSink(t, received, []);
  const running = await prepare(t, { leaderElection: { identity: "second" } });
  const { api, clock } = running;
  addWebhookConfigurations(api);
  running.configure(`cloudEvents: { sinks: [{ name: audit, url: "${url}", unsigned: true, phases: [Succeeded] }] }`);
  for (const [name, age] of [
    ["recent", 300_000],
    ["old", 86_400_000],
  ] as const) {
    const { metadata } = createRun(running, name);
    const status = { phase: "Succeeded", attempts: 1, lastUpdated: new Date(clock.now() - age).toISOString() } as const;
    api.change(TaskRuns, metadata, (each) => (each.status = status));
  }
  running.start();
  await running.until("the recent end is told", () => received.length > 0);
  await reconciledAll(running, "later");
  t.same(received, ["io.orchestrator.taskrun.succeeded recent 1"]);
});

t.test("with leader election it writes while it holds the Lease in its own namespace", async (t) => {
  const running = await started(t, { leaderElection: { identity: "first" } });
  await reconciledAll(running, "auth");
  const lease = running.api.get(Leases, { namespace: ownNamespace, name: "orchestrator" });
  t.equal(lease?.spec?.holderIdentity, "first");
});

t.test("a change of concurrency wakes waiting runs at once", async (t) => {
  const running = await started(t);
  const { api, clock } = running;
  running.configure("concurrency: { total: 1 }");
  await running.until("it is in force", () => running.operator.configuration.current().concurrency.total === 1);
  createRun(running, "first");
  await running.until("the first runs", () => phaseOf(running, "first") === "Running");
  createRun(running, "second");
  await running.until("the second waits", () => phaseOf(running, "second") === "Pending");
  t.match(api.get(TaskRuns, { namespace: team, name: "second" })?.status?.message, /concurrency\.total/);
  const before = clock.now();
  // back to what it was at first: a change counts from the one before it
  running.configure("");
  await running.until("the second runs", () => phaseOf(running, "second") === "Running");
  t.ok(clock.now() - before < 20_000, "without waiting for a requeue");
});

t.test("a change of namespaces enqueues the runs that it adds", async (t) => {
  const running = await started(t, {}, (before) => before.configure(`namespaces: { names: [${team}] }`));
  const unmanaged = createRun(running, "later", other);
  await reconciledAll(running, "auth");
  t.same(jobsOf(running, unmanaged), []);
  t.equal(phaseOf(running, "later", other), undefined);
  running.configure(`namespaces: { names: [${team}, ${other}] }`);
  await running.until("it runs", () => phaseOf(running, "later", other) === "Running");
});

t.test("a change of a namespace's labels enqueues its runs", async (t) => {
  const running = await started(t, {}, (before) => {
    before.configure('namespaces: { matchLabels: { agents: "yes" } }');
    before.api.create(Namespaces, { metadata: { name: team, labels: { agents: "yes" } } });
    before.api.create(Namespaces, { metadata: { name: other, labels: { agents: "no" } } });
  });
  const unmanaged = createRun(running, "later", other);
  await reconciledAll(running, "auth");
  t.same(jobsOf(running, unmanaged), []);
  running.api.change(Namespaces, { name: other }, ({ metadata }) => (metadata.labels = { agents: "yes" }));
  await running.until("it runs", () => phaseOf(running, "later", other) === "Running");
});

t.test("a run outside the managed namespaces gets a warning, and only its finalizer is removed", async (t) => {
  const running = await started(t, {}, (before) => before.configure(`namespaces: { names: [${team}] }`));
  const { api } = running;
  const { status: _status, ...raw } = taskRun("away", other);
  const review = await running.review("/validate/taskrun", raw);
  t.equal(review.allowed, true);
  t.match(review.warnings, [/does not manage namespace team-b .*nothing will run/]);
  t.equal((await running.review("/mutate/taskrun", raw)).patch, undefined, "it gets no defaults");
  const managed = await running.review("/validate/taskrun", taskRun("here"));
  t.notMatch(managed.warnings ?? [], [/does not manage/]);

  const run = createRun(running, "away", other);
  t.same(run.metadata.finalizers, [cleanupFinalizer]);
  await reconciledAll(running, "auth");
  t.same(jobsOf(running, run), []);
  api.remove(TaskRuns, run.metadata);
  await running.until("it is gone", () => api.get(TaskRuns, run.metadata) === undefined);
  t.same(
    api.writes.filter((write) => write.includes(`/${other}/`)),
    [`PATCH taskruns/${other}/away`],
  );
});

t.test("a webhook waits until the caches are filled, and denies after four seconds", async (t) => {
  const running = await prepare(t);
  const { api, clock } = running;
  addWebhookConfigurations(api);
  const releaseRuns = api.hold(({ plural }) => plural === "taskruns");
  running.start();
  await running.until("webhooks are served", async () => {
    return running.operator.manager.probesPort !== 0 && !/webhooks|certificates/.test((await running.readiness()).text);
  });
  const before = clock.now();
  let denied: Awaited<ReturnType<Running["review"]>> | undefined;
  void running.review("/validate/taskrun", taskRun("auth")).then((review) => (denied = review));
  const review = await running.until("the call is answered", () => denied);
  t.equal(review.allowed, false);
  t.match(review.status?.message, /has not listed all TaskRuns yet; try again/);
  const waited = clock.now() - before;
  t.ok(waited >= 4_000 && waited < 4_500, `it waited ${waited} ms, less than the API server does`);

  let allowed: typeof denied;
  void running.review("/mutate/taskrun", taskRun("auth")).then((answer) => (allowed = answer));
  await clock.advance(500);
  t.equal(allowed, undefined, "it waits");
  releaseRuns();
  t.equal((await running.until("the call is answered", () => allowed)).allowed, true);
});

t.test("a webhook waits for the configuration, which it applies", async (t) => {
  const running = await prepare(t);
  const { api, clock } = running;
  addWebhookConfigurations(api);
  running.configure("agent: { name: configured }");
  const isConfiguration = "metadata.name=taskrun-controller-config";
  const release = api.hold(({ query }) => query.get("fieldSelector") === isConfiguration);
  running.start();
  await running.until("only the configuration is missing", async () => {
    if (running.operator.manager.probesPort === 0) return false;
    return (await running.readiness()).text === "[-] configuration: not read yet\n";
  });
  let review: Awaited<ReturnType<Running["review"]>> | undefined;
  const { spec, ...run } = taskRun("auth");
  const { agentName: _, ...withoutAgent } = spec;
  void running.review("/mutate/taskrun", { ...run, spec: withoutAgent } as never).then((answer) => (review = answer));
  await clock.advance(500);
  t.equal(review, undefined, "it waits");
  release();
  const { patch = "" } = await running.until("the call is answered", () => review);
  t.match(Buffer.from(patch, "base64").toString(), '"configured"');
});

t.test("a webhook waits for the labels of namespaces if the configuration selects by them", async (t) => {
  const running = await prepare(t);
  const { api, clock } = running;
  addWebhookConfigurations(api);
  running.configure('namespaces: { matchLabels: { agents: "yes" } }');
  api.create(Namespaces, { metadata: { name: team, labels: { agents: "yes" } } });
  const releaseNamespaces = api.hold(({ plural }) => plural === "namespaces");
  running.start();
  await running.until("it is ready", async () => {
    return running.operator.manager.probesPort !== 0 && (await running.readiness()).isReady;
  });
  let review: Awaited<ReturnType<Running["review"]>> | undefined;
  void running.review("/validate/taskrun", taskRun("auth")).then((answer) => (review = answer));
  await clock.advance(500);
  t.equal(review, undefined, "it waits");
  releaseNamespaces();
  const answer = await running.until("the call is answered", () => review);
  t.notMatch(answer.warnings ?? [], [/does not manage/]);
});

t.test("a bad configuration is refused and reported, and the last good one stays in force", async (t) => {
  const running = await started(t, {}, (before) => before.configure("stuckPodSeconds: 123"));
  const { configuration } = running.operator;
  const inForce = (): number => configuration.current().stuckPodSeconds;
  t.equal(inForce(), 123);
  t.equal(await running.metric("orchestrator_config_last_reload_successful"), 1);
  running.configure("stuckPodSeconds: soon");
  await running.until("it is reported", () => eventsOf(running, "InvalidConfiguration").length > 0);
  const [event] = eventsOf(running, "InvalidConfiguration");
  t.match(event, { type: "Warning", regarding: { name: "taskrun-controller-config" }, note: /stuckPodSeconds/ });
  t.equal(await running.metric("orchestrator_config_last_reload_successful"), 0);
  t.equal(inForce(), 123);
  t.ok(running.lines.some(({ level, message }) => level === "error" && message.includes("configuration")));
  running.configure("stuckPodSeconds: 45");
  await running.until("the next good one is in force", () => inForce() === 45);
  t.equal(await running.metric("orchestrator_config_last_reload_successful"), 1);
});

const inForceKey = { namespace: ownNamespace, name: "taskrun-controller-config-in-force" };

/** What the operator reports to be in force, for people and as text. */
function reported({ api }: Running): { readonly message?: string; readonly "config.yaml"?: string } {
  return api.get(ConfigMaps, inForceKey)?.data ?? {};
}

t.test("what is in force is reported beside the configuration, and written only when it changes", async (t) => {
  const running = await started(t, { env: { JOB_TTL_SECONDS: "77", HOME: "/root" } });
  const { api } = running;
  const says = (message: RegExp): Promise<unknown> =>
    running.until(String(message), () => message.test(reported(running).message ?? ""));
  await says(
    /^In force since \S+: the defaults: ConfigMap orchestrator\/taskrun-controller-config has no config\.yaml\.$/,
  );
  running.configure("stuckPodSeconds: 45\n");
  await says(/^In force since \S+: ConfigMap orchestrator\/taskrun-controller-config \(resourceVersion \d+\)\.$/);
  t.equal(reported(running)["config.yaml"], "stuckPodSeconds: 45\n");
  running.configure("stuckPodSeconds: soon\n");
  await says(
    /is not in force: stuckPodSeconds must be .*\. In force since \S+: an earlier content \(resourceVersion \d+\)\.$/,
  );
  t.equal(reported(running)["config.yaml"], "stuckPodSeconds: 45\n");
  const data = api.get(ConfigMaps, inForceKey)?.data;
  t.match(JSON.parse(data?.["report.json"] ?? ""), { operator: "1.2.3", environment: { JOB_TTL_SECONDS: "77" } });
  t.notMatch(data?.["report.json"], "/root");

  const writes = (): number => api.writes.filter((write) => write.includes(inForceKey.name)).length;
  const before = writes();
  await running.clock.advance(3_600_000);
  t.equal(writes(), before, "nothing changed");
  api.remove(ConfigMaps, inForceKey);
  await running.clock.advance(300_000);
  await running.until("it is restored", () => reported(running).message !== undefined);
});

t.test("a replica that does not lead is quiet about a bad configuration, and reports it when it leads", async (t) => {
  const lease = { namespace: ownNamespace, name: "orchestrator" };
  const running = await started(t, { leaderElection: { identity: "second" } }, ({ api, clock }) => {
    const renewTime = formatMicroTime(clock.now());
    const spec = { holderIdentity: "first", leaseDurationSeconds: 3600, renewTime, acquireTime: renewTime };
    api.create(Leases, { metadata: lease, spec: { ...spec, leaseTransitions: 0 } });
  });
  const { api, lines, clock } = running;
  running.configure("stuckPodSeconds: soon");
  const key = { namespace: ownNamespace, name: "agent-templates" };
  api.create(ConfigMaps, { metadata: key, data: { "code_claude.md.hbs": "{{typo}}" } });
  await running.until(
    "it was read",
    async () => (await running.metric("orchestrator_config_last_reload_successful")) === 0,
  );
  await running.until(
    "both were",
    async () => (await running.metric("orchestrator_templates_last_reload_successful")) === 0,
  );
  await clock.advance(5_000);
  t.same(
    lines.filter(({ level }) => level === "warn").map(({ message }) => message),
    [],
  );
  t.equal(await running.metric("orchestrator_events_dropped_total"), 0);
  t.equal(reported(running).message, undefined, "it reports nothing");
  api.change(Leases, lease, (held) => (held.spec = { ...held.spec, holderIdentity: "" }));
  await running.until("it leads and reports both", () => {
    return eventsOf(running, "InvalidConfiguration").length > 0 && eventsOf(running, "InvalidTemplates").length > 0;
  });
  await running.until("also what is in force", () => reported(running).message?.includes("is not in force"));
  t.equal(await running.metric("orchestrator_events_dropped_total"), 0);
});

t.test("a restart with a refused configuration keeps the last valid one, before any run is handled", async (t) => {
  const first = await started(t, {}, (before) => before.configure("stuckPodSeconds: 123"));
  await first.until("it is reported", () => reported(first)["config.yaml"] === "stuckPodSeconds: 123");
  first.configure("stuckPodSeconds: soon");
  await first.until("the refusal is reported", () => reported(first).message?.includes("is not in force"));
  const { message } = reported(first);
  const data = first.api.get(ConfigMaps, inForceKey)?.data;

  let failures = 0;
  const second = await started(t, {}, (before) => {
    const { api } = before;
    before.configure("stuckPodSeconds: soon");
    api.create(ConfigMaps, { metadata: inForceKey, data: data ?? {} });
    api.fault = ({ method, name }) =>
      method === "GET" && name === inForceKey.name && failures++ < 2
        ? ApiServer.error(500, "InternalError")
        : undefined;
  });
  t.equal(second.operator.configuration.current().stuckPodSeconds, 123);
  t.ok(failures > 2, "also where it cannot be read at first");
  t.same(second.lines.find(({ message }) => message.includes("in effect again"))?.level, "warn");
  await second.until(
    "the Event is written by the new leader",
    () => eventsOf(second, "InvalidConfiguration").length > 0,
  );
  t.equal(reported(second).message?.split(". In force")[1], message?.split(". In force")[1], "since the same time");
  second.configure("");
  await second.until(
    "a valid one takes its place",
    () => second.operator.configuration.current().stuckPodSeconds === 300,
  );
});

t.test("the webhook of the templates denies a bad set, and answers for no other ConfigMap", async (t) => {
  const running = await started(t);
  const review = (text: string, name = "agent-templates"): ReturnType<Running["review"]> => {
    const data = { "code_claude.md.hbs": text };
    return running.review("/validate/templates", {
      ...{ kind: "ConfigMap", metadata: { name, namespace: ownNamespace } },
      data,
    } as never);
  };
  t.match(await review("{{typo}}"), { allowed: false, status: { message: /code_claude\.md\.hbs.*line 1, column 3/ } });
  t.match(await review("good"), { allowed: true });
  t.match(await review("{{typo}}", "another"), { allowed: true });
});

t.test("the webhook of the configuration denies a bad one, and answers for no other ConfigMap", async (t) => {
  const running = await started(t);
  const review = (text: string, metadata: object = {}): ReturnType<Running["review"]> => {
    const identity = { name: "taskrun-controller-config", namespace: ownNamespace, ...metadata };
    const object = { kind: "ConfigMap", metadata: identity, data: { "config.yaml": text } };
    return running.review("/validate/configuration", object);
  };
  t.match(await review("stuckPodSeconds: soon"), { allowed: false, status: { message: /stuckPodSeconds/ } });
  t.match(await review("stuckPodSeconds: 45"), { allowed: true });
  t.match(await review("stuckPodSeconds: soon", { name: "another" }), { allowed: true });
  t.match(await review("stuckPodSeconds: soon", { namespace: team }), { allowed: true });
});

t.test("templates are reloaded, and a bad set is reported", async (t) => {
  const agents = "agents: { nova: { githubApp: Nova } }";
  const running = await started(t, {}, (before) => before.configure(agents));
  const { api } = running;
  const key = { namespace: ownNamespace, name: "agent-templates" };
  api.create(ConfigMaps, { metadata: key, data: { "agents_generic-system-prompt.md.hbs": "{{" } });
  await running.until("it is reported", () => eventsOf(running, "InvalidTemplates").length > 0);
  const spec = { taskId: 1, service: "auth", repositoryUrl: "a/b", docsRepositoryUrl: "a/b", githubApp: "Nova" };
  api.create(CodeRuns, { metadata: { namespace: team, name: "play" }, spec });
  const prompts = (): string | undefined =>
    api.get(ConfigMaps, { namespace: team, name: "controller-agents" })?.data?.["Nova_system-prompt.md"];
  await running.until("the built-in prompt is written", () => prompts());
  await running.quiet();
  api.change(ConfigMaps, key, (map) => (map.data = { "agents_generic-system-prompt.md.hbs": "Short." }));
  await running.until("the new prompt is written", () => prompts() === "Short.");
  await running.quiet();
  running.configure(agents.replace(" }", ", systemPrompt: Mine. }"));
  await running.until("the prompt of the profile is written", () => prompts() === "Mine.");
});

t.test("a workspace is deleted with the last run that uses it, of any kind", async (t) => {
  const running = await started(t, {}, (before) => before.configure("cleanup: { deleteWorkspace: true }"));
  const { api } = running;
  // of one identity: runs of others would get claims of their own
  const githubUser = "nova";
  const repository = { repositoryUrl: "a/b", githubUser };
  const ofTask = { url: "https://github.com/a/b", githubUser };
  const specs = {
    TaskRun: { type: TaskRuns, spec: { ...taskRun("auth").spec, repository: ofTask } },
    CodeRun: { type: CodeRuns, spec: { ...repository, taskId: 1, service: "auth", docsRepositoryUrl: "a/b" } },
    DocsRun: { type: DocsRuns, spec: { ...repository, workingDirectory: ".", sourceBranch: "main" } },
  };
  const pairs = Object.values(specs).flatMap((one) =>
    Object.values(specs).flatMap((another) => (one === another ? [] : [[one, another] as const])),
  );
  for (const [index, [first, last]] of pairs.entries()) {
    const claim = { namespace: team, name: `shared-${index}` };
    const create = ({ type, spec }: typeof first, name: string): void => {
      const workspace = { pvcName: claim.name };
      const finalizers = [`${type.kind.toLowerCase()}.orchestrator.io/cleanup`];
      const run = { metadata: { namespace: team, name, finalizers }, spec: { ...spec, workspace } };
      api.create<KubernetesObject>(type, run);
    };
    const remove = async ({ type }: typeof first, name: string): Promise<void> => {
      api.remove(type, { namespace: team, name });
      await running.until(
        `${name} is gone`,
        () => api.get<KubernetesObject>(type, { namespace: team, name }) === undefined,
      );
    };
    create(first, `first-${index}`);
    create(last, `last-${index}`);
    await running.until("the claim exists", () => api.get(PersistentVolumeClaims, claim));
    await remove(first, `first-${index}`);
    t.ok(api.get(PersistentVolumeClaims, claim), `a ${last.type.kind} still uses it`);
    await remove(last, `last-${index}`);
    t.notOk(api.get(PersistentVolumeClaims, claim), `it goes with the ${last.type.kind}`);
  }
});

t.test("it watches only the namespaces it was given", async (t) => {
  const running = await started(t, { watchNamespaces: [other] });
  const unseen = createRun(running, "auth");
  await reconciledAll(running, "billing", other);
  t.same(jobsOf(running, unseen), []);
  t.match((await running.review("/validate/taskrun", taskRun("auth"))).warnings, [
    `the orchestrator does not manage namespace ${team} (configuration: namespaces; flag: --watch-namespaces): nothing will run`,
  ]);
});

t.test("a missing ServiceAccount produces a warning", async (t) => {
  const running = await started(t, {}, ({ api }) => {
    api.create(ServiceAccounts, { metadata: { namespace: team, name: "agents" } });
  });
  const warnings = async (serviceAccountName: string): Promise<readonly string[]> => {
    const { spec, ...run } = taskRun("auth");
    return (
      (await running.review("/validate/taskrun", { ...run, spec: { ...spec, serviceAccountName } } as never))
        .warnings ?? []
    );
  };
  t.ok((await warnings("nobody")).some((warning) => warning.includes("nobody")));
  t.notOk((await warnings("agents")).some((warning) => warning.includes("agents")));
});

t.test("certificates from files are served, and none are made", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "operator-test-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const hour = 3_600_000;
  const authority = await createAuthority("test", Date.now(), hour);
  const leaf = await issueLeaf(authority, ["orchestrator-webhook.orchestrator.svc"], Date.now(), hour);
  await writeFile(join(directory, "tls.crt"), leaf.certificate);
  await writeFile(join(directory, "tls.key"), leaf.key);
  const running = await started(t, {
    webhooks: { host: "127.0.0.1", port: 0, names: [], certificates: directory },
  });
  running.api.change(ValidatingWebhookConfigurations, { name: "orchestrator" }, ({ webhooks = [] }) => {
    for (const { clientConfig } of webhooks)
      clientConfig.caBundle = Buffer.from(authority.certificate).toString("base64");
  });
  t.equal((await running.review("/validate/taskrun", taskRun("auth"))).allowed, true);
  t.equal(running.api.list(Secrets).length, 0);
});

t.test("with client authorities, reviews are answered to their clients alone", async (t) => {
  const pki = await createPki(t.testdir({}), [{ file: "api-server", commonName: "kube-apiserver" }]);
  const running = await started(t, {
    webhooks: {
      ...{ host: "127.0.0.1", port: 0, names: ["127.0.0.1"] },
      clientAuthorities: { file: pki.clientCa, names: ["kube-apiserver"] },
    },
  });
  const client = {
    cert: await readFile(pki.certificate("api-server"), "utf8"),
    key: await readFile(pki.key("api-server"), "utf8"),
  };
  t.equal((await running.review("/validate/taskrun", taskRun("auth"), {}, client)).allowed, true);
  await t.rejects(running.review("/validate/taskrun", taskRun("auth")));
});

t.test("environment, flags and options reach the parts that they are for", async (t) => {
  const running = await started(t, {
    workers: 3,
    env: { JOB_TTL_SECONDS: "77" },
    flags: [
      { name: "--set", path: "stuckPodSeconds", text: "1" },
      { name: "--set", path: "telemetry.enabled", text: "true" },
    ],
  });
  const { configuration } = running.operator;
  t.match(configuration.current(), { job: { ttlSecondsAfterFinished: 77 }, stuckPodSeconds: 1 });
  for (const controller of ["taskrun", "coderun", "docsrun"])
    t.equal(await running.metric("controller_runtime_max_concurrent_reconciles", { controller }), 3, controller);
  t.same(
    running.lines.filter(({ level }) => level !== "info" && level !== "debug").map(({ message }) => message),
    ["configuration: telemetry.enabled has no effect without telemetry.otlpEndpoint"],
    "problems of environment and flags are logged at the start",
  );
});
