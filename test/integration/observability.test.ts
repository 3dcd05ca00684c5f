/** Traces and profiles of the manager and access to them, and that a stopped manager leaves nothing behind. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import { CertificateManager } from "#src/runtime/certs/manager.js";
import { ConfigMaps, ServiceAccounts, ValidatingWebhookConfigurations } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import type { ConfigMap, KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { silentLogger, type Logger } from "#src/runtime/logger.js";
import { Manager, type ManagerOptions } from "#src/runtime/manager/manager.js";
import { startTracing } from "#src/runtime/tracing/export.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { eventually } from "../eventually.js";
import { kubectl } from "#src/cluster/install.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import { traceparentOf } from "#src/api/trace.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { Jobs } from "#src/runtime/client/builtin.js";
import { packageRoot } from "#src/version.js";
import { parseTraceparent } from "#src/runtime/tracing/traceparent.js";
import { documentedMetrics, shownMetrics } from "../prometheus/documented.js";
import { collectorProgram, realCollector, type ReceivedSpan, type Via } from "../telemetry/real-collector.js";
import { adminClient, ownCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";

// the API server traces every request to the collector
const collector = await realCollector(t);
const tracing = join(mkdtempSync(join(tmpdir(), "tracing-")), "tracing.yaml");
writeFileSync(
  tracing,
  `apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nendpoint: ${collector.endpoints.grpc}\nsamplingRatePerMillion: 1000000\n`,
);
const cluster = await ownCluster(t, [`--tracing-config-file=${tracing}`]);
const client = await adminClient(t, cluster);
const access = await kubeconfigAccess({ file: cluster.kubeconfig });

function makeManager(options: Partial<ManagerOptions> = {}): Manager {
  return new Manager({
    access,
    name: "test",
    version: "0",
    logger: silentLogger,
    probes: { host: "127.0.0.1", port: 0 },
    registry: new Registry(),
    ...options,
  });
}

/** Runs the manager for the rest of the test. */
function run(t: Test, manager: Manager): void {
  const stop = new AbortController();
  const running = manager.start(stop.signal);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
  });
}

interface Span {
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The fields of a protobuf message that contain bytes, by number; other fields are not needed here. */
function fields(message: Buffer): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      const length = varint();
      const field = Math.floor(tag / 8);
      found.set(field, [...(found.get(field) ?? []), message.subarray(at, at + length)]);
      at += length;
    }
  }
  return found;
}

/** The spans of an ExportTraceServiceRequest (opentelemetry-proto). */
function spansOf(body: Buffer): Span[] {
  const inner = (messages: Buffer[], field: number): Buffer[] =>
    messages.flatMap((message) => fields(message).get(field) ?? []);
  return inner(inner(inner([body], 1), 2), 2).map((message) => {
    const span = fields(message);
    const hex = (field: number): string => span.get(field)?.[0]?.toString("hex") ?? "";
    const attributes = (span.get(9) ?? []).map((entry) => {
      const [key, value] = [fields(entry).get(1)?.[0], fields(entry).get(2)?.[0]];
      return [key?.toString() ?? "", (value && fields(value).get(1)?.[0]?.toString()) ?? ""] as const;
    });
    return {
      name: span.get(5)?.[0]?.toString() ?? "",
      trace: hex(1),
      id: hex(2),
      parent: hex(4),
      attributes: Object.fromEntries(attributes),
    };
  });
}

t.test("the spans of a reconcile and its calls reach a collector, with the trace ID of its log lines", async (t) => {
  const namespace = await testNamespace(t, client);
  const spans: Span[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/traces") spans.push(...spansOf(Buffer.concat(chunks)));
      response.end();
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  t.teardown(() => collector.close());
  const { port } = collector.address() as { port: number };
  const off = await startTracing({ name: "test", version: "0", logger: silentLogger, env: {} });
  t.equal(off, undefined, "without an endpoint there is no tracing");
  const logged: unknown[] = [];
  const tracing = await startTracing({
    name: "test",
    version: "0",
    logger: { ...silentLogger, info: (fields: unknown) => logged.push(fields) },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:secret@127.0.0.1:${port}` },
  });
  t.same(logged, [{ url: `http://127.0.0.1:${port}/v1/traces` }], "no credentials are logged");
  const manager = makeManager();
  const ids: string[] = [];
  const informer = manager.cache.informer<ConfigMap>(ConfigMaps, { namespaces: [namespace] });
  manager
    .controller({
      name: "traced",
      reconciler: {
        async reconcile({ name }, { reconcileID }) {
          if (name !== "one") return {};
          await manager.client.patch(
            ConfigMaps,
            { namespace, name },
            { type: "merge", body: { data: { seen: "yes" } } },
          );
          await manager.client.get(ConfigMaps, { namespace, name: "absent" }).catch((error: unknown) => {
            if (!(error instanceof NotFound)) throw error;
          });
          ids.push(reconcileID);
          return {};
        },
      },
    })
    .for(informer);
  run(t, manager);
  await client.create(ConfigMaps, { metadata: { namespace, name: "one" } });
  await eventually("it was reconciled", () => ids.length > 0);
  await tracing?.stop();
  const reconcile = spans.find(({ attributes }) => attributes["reconcile.id"] === ids[0]);
  t.match(reconcile, {
    name: "reconcile",
    attributes: { "k8s.controller.name": "traced", "k8s.object.name": "one", "reconcile.result": "success" },
  });
  const calls = spans.filter(({ parent, trace }) => parent === reconcile?.id && trace === reconcile.trace);
  t.same(
    calls.map(({ name }) => name),
    ["patch configmaps", "get configmaps"],
  );
  t.match(calls[0]?.attributes, { "k8s.verb": "patch", "k8s.namespace.name": namespace, "k8s.object.name": "one" });
});

const ClusterRoles = resourceType<KubernetesObject & { rules: object[] }>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
});
const ClusterRoleBindings = resourceType<KubernetesObject & { roleRef: object; subjects: object[] }>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
});

async function tokenOf(namespace: string, name: string): Promise<string> {
  await client.create(ServiceAccounts, { metadata: { namespace, name } });
  const answer = (await client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  })) as { status: { token: string } };
  return answer.status.token;
}

t.test("only authorized callers get profiles, one at a time", async (t) => {
  const namespace = await testNamespace(t, client);
  const [allowed, other] = await Promise.all([tokenOf(namespace, "allowed"), tokenOf(namespace, "other")]);
  const name = `profiles-${namespace}`;
  await client.create(ClusterRoles, {
    metadata: { name },
    rules: [{ nonResourceURLs: ["/debug/pprof/*"], verbs: ["get"] }],
  });
  await client.create(ClusterRoleBindings, {
    metadata: { name },
    roleRef: { apiGroup: ClusterRoles.group, kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name: "allowed", namespace }],
  });
  t.teardown(async () => {
    await client.delete(ClusterRoleBindings, { name });
    await client.delete(ClusterRoles, { name });
  });
  const manager = makeManager({ profiling: true });
  run(t, manager);
  const url = await eventually("it listens", async () => {
    const root = `http://127.0.0.1:${manager.probesPort}`;
    return (await fetch(`${root}/healthz`)).ok && root;
  });
  const get = (path: string, token?: string): Promise<Response> =>
    fetch(url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const status = async (path: string, token?: string): Promise<number> => (await get(path, token)).status;

  t.equal(await status("/debug/pprof/profile"), 401);
  t.equal(await status("/debug/pprof/profile", "made-up"), 401);
  t.equal(await status("/debug/pprof/profile", other), 403);
  t.equal(await status("/debug/pprof/heap", other), 403);
  await eventually("the binding counts", async () => (await status("/debug/pprof/heap?seconds=0", allowed)) === 400);
  t.equal(await status("/debug/pprof/profile?seconds=61", allowed), 400);
  t.equal(await status("/debug/pprof/profile?seconds=x", allowed), 400);
  t.equal(await status("/debug/pprof/goroutine", allowed), 404);

  const [first, second] = await Promise.all([
    get("/debug/pprof/profile?seconds=1", allowed),
    get("/debug/pprof/heap?seconds=1", allowed),
  ]);
  t.same([first.status, second.status].sort(), [200, 409]);
  const profile = (await (await get("/debug/pprof/profile?seconds=1", allowed)).json()) as { nodes: unknown[] };
  t.ok(profile.nodes.length > 1);
  const heap = (await (await get("/debug/pprof/heap?seconds=1", allowed)).json()) as { head: unknown };
  t.ok(heap.head);
});

t.test("profiles are not served without the option", async (t) => {
  const manager = makeManager();
  run(t, manager);
  await eventually("it listens", async () => (await fetch(`http://127.0.0.1:${manager.probesPort}/healthz`)).ok);
  t.equal((await fetch(`http://127.0.0.1:${manager.probesPort}/debug/pprof/profile`)).status, 404);
});

t.test("a manager that was started and stopped leaves no handle, no timer, no socket and no listener", async (t) => {
  const namespace = await testNamespace(t, client);
  const configuration = { name: `leak-${namespace}` };
  await client.create(ValidatingWebhookConfigurations, {
    metadata: configuration,
    webhooks: [
      {
        name: "leak.test.io",
        clientConfig: { url: "https://127.0.0.1:1/" },
        rules: [],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
  t.teardown(() => client.delete(ValidatingWebhookConfigurations, configuration));
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", onWarning);
  t.teardown(() => process.off("warning", onWarning));

  const cycle = async (): Promise<void> => {
    const manager = makeManager({
      profiling: true,
      leaderElection: { namespace, name: "leak", leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 200 },
    });
    const { clock, metrics } = manager;
    const logger: Logger = silentLogger;
    const server = new WebhookServer({ clock, logger, metrics, host: "127.0.0.1", port: 0, handlers: new Map() });
    const certificates = new CertificateManager({
      client: manager.liveClient,
      secret: { namespace, name: "certs" },
      names: ["127.0.0.1"],
      configurations: [{ kind: "Validating", ...configuration }],
      clock,
      logger,
      metrics,
      serve: server.useCertificate,
    });
    manager.add(certificates, "webhooks");
    manager.add(server, "webhooks");
    let reconciled = 0;
    manager
      .controller({
        name: "leak",
        reconciler: { reconcile: () => Promise.resolve({ requeueAfter: ++reconciled * 60_000 }) },
      })
      .for(manager.cache.informer<ConfigMap>(ConfigMaps, { namespaces: [namespace] }));
    const stop = new AbortController();
    const running = manager.start(stop.signal);
    await eventually("it leads and reconciles", () => reconciled > 0);
    stop.abort(new Error("enough"));
    await running;
  };
  const resources = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) {
      // those of the test: its client's connections, tap's pipes, and the timers of both
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };
  // resources that are created once (a thread pool, the first connection of the admin's client) are not a leak
  await cycle();
  const before = resources();
  const cycles = process.env.TEST_FULL === "1" ? 100 : 8;
  for (let round = 0; round < cycles; round++) await cycle();
  await eventually(
    "nothing more is held than before",
    () => {
      const more = Object.entries(resources()).filter(([kind, count]) => count > (before[kind] ?? 0) + 1);
      if (more.length > 0) throw new Error(JSON.stringify({ before, more }));
      return true;
    },
    10_000,
  );
  t.same(warnings, [], "and there is no warning about too many listeners");
});

t.test("the collector accepts the pipelines of config/samples", async (t) => {
  const program = await collectorProgram(t);
  const folder = join(packageRoot, "config/samples/telemetry");
  const files = readdirSync(folder).filter((file) => file !== "alertmanager.yaml");
  t.ok(files.length >= 3);
  for (const file of files) {
    const args = ["validate", "--config", `file:${join(folder, file)}`];
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8", env: { BACKEND_TOKEN: "token" } });
    t.equal(status, 0, `${file}: ${stderr}`);
  }
});

t.test("one trace spans kubectl apply's request, reconcile, Job and agent, and dependents link to it", async (t) => {
  // spans and lines arrive within a moment, not within seconds
  process.env.OTEL_BSP_SCHEDULE_DELAY = process.env.OTEL_BLRP_SCHEDULE_DELAY = "200";
  const operator = await startOperator(t, cluster);
  const namespace = await testNamespace(t, client);
  const exportVia = (via: Via): Promise<unknown> =>
    client.apply(
      ConfigMaps,
      {
        metadata: { namespace: "orchestrator", name: operatorNames.configuration },
        data: {
          [configurationKey]: JSON.stringify({
            telemetry: {
              operator: { endpoint: collector.endpoints[via], protocol: via, insecure: true, exportIntervalSeconds: 1 },
            },
          }),
        },
      },
      { force: true },
    );
  await exportVia("grpc");
  await eventually("metrics arrive", () => collector.metrics("grpc").has("controller_runtime_reconcile_total"));

  /** Applies a run, plays its agent, and returns the trace context that the agent was given. */
  const live = async (number: number, dependsOn: string[] = []): Promise<string> => {
    const name = `traced-${number}`;
    const run = {
      ...{ apiVersion: "orchestrator.io/v1", kind: "TaskRun", metadata: { namespace, name } },
      spec: {
        ...{ taskId: number, serviceName: "auth-service", dependsOn },
        repository: { url: "https://github.com/acme/auth.git" },
        markdownFiles: [{ filename: "task.md", content: "# Task", fileType: "task" }],
      },
    };
    await kubectl(cluster, ["apply", "-f", "-"], JSON.stringify(run));
    const job = await eventually("the run has a Job", async () => {
      const { items } = await client.list(Jobs, { namespace, labelSelector: `orchestrator.io/task-id=${number}` });
      return items[0];
    });
    const { env = [] } = job.spec?.template.spec?.containers[0] ?? {};
    const traceparent = env.find((each) => each.name === "TRACEPARENT")?.value ?? "";
    const { traceId = "" } = parseTraceparent(traceparent) ?? {};
    t.equal(parseTraceparent(traceparentOf(await client.get(TaskRuns, { namespace, name })))?.traceId, traceId);
    await finishJob(client, job);
    await eventually("it has succeeded", async () => {
      const { status } = await client.get(TaskRuns, { namespace, name });
      return status?.phase === "Succeeded";
    });
    return traceparent;
  };
  const first = parseTraceparent(await live(1));
  const inTrace = (): readonly ReceivedSpan[] =>
    collector.spans("grpc").filter(({ traceId }) => traceId === first?.traceId);
  await eventually("the attempt's span has arrived", () => inTrace().some(({ name }) => name === "attempt"));
  await eventually("the API server's span has arrived", () =>
    inTrace().some(
      ({ service, attributes }) => service !== "agent-orchestrator" && JSON.stringify(attributes).includes("/taskruns"),
    ),
  );
  const names = new Set(inTrace().map(({ name }) => name));
  for (const name of ["admission /mutate/taskrun", "reconcile", "create jobs.batch", "attempt"])
    t.ok(names.has(name), name);
  const attempt = inTrace().find(({ name }) => name === "attempt");
  t.equal(attempt?.spanId, first?.spanId, "the agent's spans are children of the attempt's");
  t.match(attempt?.attributes, {
    "orchestrator.run.name": "traced-1",
    "orchestrator.outcome": "Succeeded",
    "orchestrator.task": "1",
    "orchestrator.repository": "https://github.com/acme/auth.git",
    "orchestrator.step": "taskrun",
    "orchestrator.attempt": "1",
  });
  await eventually("its log lines and Events have arrived", () => {
    const logs = collector.logs("grpc").filter(({ traceId }) => traceId === first?.traceId);
    return (
      logs.some(({ text }) => text === "TaskRun reconciled successfully") &&
      logs.some((log) => log.eventName === "k8s.event" && log.attributes["k8s.event.reason"] === "RunSucceeded")
    );
  });

  await exportVia("http");
  await eventually("metrics arrive over HTTP", () =>
    collector.metrics("http").has("controller_runtime_reconcile_total"),
  );
  const second = parseTraceparent(await live(2, ["traced-1"]));
  const dependent = await eventually("the dependent's span has arrived", () =>
    collector.spans("http").find(({ spanId }) => spanId === second?.spanId),
  );
  t.same(dependent.links, [first?.spanId]);
  await eventually("log lines arrive over HTTP", () => collector.logs("http").length > 0);
  const shown = await operator.metrics();
  for (const name of collector.metrics("http")) t.match(shown, `# TYPE ${name} `, "only what /metrics shows");
  t.strictSame(
    shownMetrics(shown),
    documentedMetrics("Runs", "Budgets", "Operator"),
    "docs/reference/metrics.md has all",
  );
});
