/** The operator as users install it: from config/default, in pods of a real node. The tests build on each other. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import { parse, stringify } from "yaml";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { DEMO_AGENT_IMAGE, installOperatorPods, startCluster, type Cluster } from "#src/cluster/index.js";
import { startWithDemoAgent } from "#src/cluster/demo-agent.js";
import { kubectl, waitEstablished } from "#src/cluster/install.js";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { installFolder } from "#src/cluster/pods.js";
import { freePorts } from "#src/cluster/ports.js";
import { which } from "#src/cluster/process.js";
import { Jobs, Leases, Namespaces, Pods, Secrets } from "#src/runtime/client/builtin.js";
import { AlreadyExists } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import { formatMicroTime } from "#src/runtime/clock.js";
import { operatorNames } from "#src/configuration/names.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { adminClient } from "../integration/cluster.js";
import { tektonDefinition, tektonTaskRun } from "../integration/tekton.js";
import { executedDocuments } from "../cli/executed-documents.js";
import { alertMetrics, dashboardQueries } from "../prometheus/expressions.js";
import { Newcomer } from "./newcomer.js";

const reason =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);
const skip = reason ?? false;
const programs = { prometheus: which("prometheus"), promtool: which("promtool") };
const noPrometheus = Object.values(programs).includes(undefined) ? "not installed: prometheus" : false;

const full = process.env.TEST_FULL === "1";
const serviceAccount = "system:serviceaccount:orchestrator:orchestrator-manager";

let cluster: Cluster;
let client: HttpClient;

if (reason === undefined) {
  t.before(async () => {
    cluster = await startCluster({
      name: `install-${randomBytes(3).toString("hex")}`,
      node: "real",
      progress: (line) => t.comment(line),
    });
    t.teardown(() => cluster.stop());
    client = await adminClient(t, cluster);
    const progress = (line: string): void => t.comment(line);
    await startWithDemoAgent(cluster, () => installOperatorPods(cluster, { progress }), progress);
  });
}

async function namespaceOfRuns(t: Test): Promise<string> {
  const name = `runs-${randomBytes(4).toString("hex")}`;
  await client.create(Namespaces, {
    metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  await client.create(Secrets, {
    metadata: { namespace: name, name: "orchestrator-secrets" },
    stringData: { ANTHROPIC_API_KEY: "none" },
  });
  t.teardown(() => client.delete(Namespaces, { name }));
  return name;
}

/** Agents that are small enough for many to run at once. Each has its own workspace, so that they do not wait for each other. */
function taskRun(namespace: string, taskId: number): TaskRun {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace, name: `task-${taskId}` },
    spec: {
      taskId,
      serviceName: `service-${taskId}`,
      retry: { maxRetries: 0 },
      image: DEMO_AGENT_IMAGE,
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
      markdownFiles: [{ filename: "prompt.md", content: "# Prompt\nBe quick.\n", fileType: "prompt" }],
    },
  };
}

async function succeeded(runs: readonly TaskRun[], timeout: number): Promise<void> {
  const namespace = runs[0]?.metadata?.namespace ?? "";
  await eventually(
    `${runs.length} TaskRuns are Succeeded`,
    async () => {
      const { items } = await client.list(TaskRuns, { namespace });
      return items.length === runs.length && items.every(({ status }) => status?.phase === "Succeeded");
    },
    timeout,
  ).catch(async (error: unknown) => {
    t.comment(await kubectl(cluster, ["get", "-n", namespace, "otr,job,pod,pvc"]));
    t.comment(await kubectl(cluster, ["describe", "-n", namespace, "otr"]));
    throw error;
  });
}

async function replicas(): Promise<Stored<Pod>[]> {
  const { items } = await client.list(Pods, { namespace: "orchestrator", labelSelector: "app=orchestrator" });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

async function bothReady(): Promise<Stored<Pod>[]> {
  return eventually(
    "two replicas are ready",
    async () => {
      const pods = await replicas();
      return pods.length === 2 && pods.every(isReady) && pods;
    },
    90_000,
  );
}

const lease = { namespace: "orchestrator", name: operatorNames.lease };

/** The holder of the Lease; empty if there is none. */
async function holder(): Promise<string> {
  return (await client.get(Leases, lease)).spec?.holderIdentity ?? "";
}

/** The time when the holder of the Lease acquired it. */
async function leadsSince(): Promise<number> {
  return Date.parse((await client.get(Leases, lease)).spec?.acquireTime ?? "");
}

/** Name of the leader's pod. */
async function leader(): Promise<string> {
  return eventually("there is a leader", async () => {
    const [pod = ""] = (await holder()).split("_");
    return pod !== "" && pod;
  });
}

/** The caBundle of the webhooks, in base64. */
function injectedBundle(): Promise<string> {
  return kubectl(cluster, [
    ...["get", "mutatingwebhookconfiguration/orchestrator"],
    ...["-o", "jsonpath={.webhooks[*].clientConfig.caBundle}"],
  ]);
}

/** Sends creations that need the webhooks, four at once and without pause, until stopped. */
function requests(namespace: string): { end(): Promise<{ answers: number; failures: string[] }> } {
  let ended = false;
  let answers = 0;
  const failures: string[] = [];
  const stream = async (taskId: number): Promise<void> => {
    while (!ended) {
      try {
        await client.create(TaskRuns, taskRun(namespace, taskId), { dryRun: true });
        answers++;
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const streams = Promise.all([1, 2, 3, 4].map(stream));
  return {
    async end() {
      ended = true;
      await streams;
      return { answers, failures };
    },
  };
}

async function textOf(pod: Pod, path: string): Promise<string> {
  return (await fetch(`http://${pod.status?.podIP ?? ""}:8080${path}`)).text();
}

t.test("two replicas are ready, one of them leads, and a TaskRun's pod runs to Succeeded", { skip }, async (t) => {
  const pods = await bothReady();
  t.ok(pods.map(({ metadata }) => metadata.name).includes(await leader()));
  for (const pod of pods) {
    t.match(JSON.parse(await textOf(pod, "/health")), { status: "healthy" });
    const bytes = /^process_resident_memory_bytes (\d+)$/m.exec(await textOf(pod, "/metrics"))?.[1];
    t.comment(`${pod.metadata.name}: ${Math.round(Number(bytes) / 2 ** 20)} MiB resident`);
    t.ok(Number(bytes) < 130 * 2 ** 20, "it is idle, and small");
  }
  const namespace = await namespaceOfRuns(t);
  const run = taskRun(namespace, 1);
  t.match(await kubectl(cluster, ["apply", "-f", "-"], stringify(run)), /task-1 created/);
  await succeeded([run], 60_000);
});

t.test(
  "the REST server answers through its Service, with the rights of its caller and none of its own",
  { skip },
  async (t) => {
    const proxied = "/api/v1/namespaces/orchestrator/services/orchestrator:http/proxy/health";
    t.match(await client.raw({ method: "GET", path: proxied }), { status: "healthy" });
    const labelSelector = "app=orchestrator-server";
    const { items: pods } = await client.list(Pods, { namespace: "orchestrator", labelSelector });
    t.equal(pods.filter(isReady).length, 2);
    const account = "system:serviceaccount:orchestrator:orchestrator-server";
    const rights = await kubectl(cluster, ["auth", "can-i", "--list", "-n", "orchestrator", `--as=${account}`]);
    t.notMatch(rights, /orchestrator\.io|pods|secrets|configmaps/);
    const [pod] = pods;
    t.notMatch(JSON.stringify(pod?.spec), "serviceAccountToken", "its pods have no token");
    const token = (await kubectl(cluster, ["create", "token", "default", "-n", "orchestrator"])).trim();
    const call = (path: string): Promise<Response> =>
      fetch(`http://${pod?.status?.podIP ?? ""}:8080${path}`, { headers: { authorization: `Bearer ${token}` } });
    const me: unknown = await (await call("/api/v1/me")).json();
    t.match(me, { username: "system:serviceaccount:orchestrator:default" });
    t.equal((await call("/api/v1/runs")).status, 403);
  },
);

t.test("applying config/default again changes nothing and keeps the certificate authority", { skip }, async (t) => {
  const generation = ["get", "deployment/orchestrator", "-n", "orchestrator", "-o", "jsonpath={.metadata.generation}"];
  const before = await Promise.all([kubectl(cluster, generation), injectedBundle()]);
  t.ok(before[1]);
  const said = await kubectl(cluster, ["apply", "--server-side", "-k", installFolder]);
  t.match(said, /deployment.apps\/orchestrator serverside-applied/);
  t.same(await Promise.all([kubectl(cluster, generation), injectedBundle()]), before);
});

t.test(
  "a real Prometheus discovers all replicas through their Services, and what alerts and dashboards ask for is there",
  { skip: reason ?? noPrometheus },
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "prometheus-"));
    const [port = 0] = await freePorts(1);
    const { scrape_configs, rule_files } = parse(
      await readFile(join(packageRoot, "config/prometheus/prometheus.yaml"), "utf8"),
    ) as { scrape_configs: object[]; rule_files: string[] };
    // Debian's Prometheus is built without Kubernetes service discovery, so it gets the targets that it would discover
    const configuration = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files,
      scrape_configs: await Promise.all(
        scrape_configs.map(async (scrape) => ({
          ...scrape,
          kubernetes_sd_configs: undefined,
          static_configs: await discovered(),
        })),
      ),
    };
    await writeFile(join(directory, "prometheus.yaml"), stringify(configuration));
    await cp(join(packageRoot, "config/prometheus/alerts.yaml"), join(directory, "alerts.yaml"));
    await mkdir(join(directory, "data"));
    const prometheus = spawn(
      programs.prometheus ?? "",
      [
        `--config.file=${directory}/prometheus.yaml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let log = "";
    prometheus.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    const ended = new Promise((resolve) => prometheus.once("exit", resolve));
    t.teardown(async () => {
      prometheus.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true });
    });

    const query = async (expression: string): Promise<{ metric: Record<string, string>; value: number }[]> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    };
    const names = (await bothReady()).map(({ metadata }) => metadata.name).sort();
    await eventually("all are scraped", async () => {
      const up = await query('up{job="orchestrator"} == 1');
      const pods = up.flatMap(({ metric: { pod = "" } }) => pod);
      return pods.length === 4 && names.every((name) => pods.includes(name));
    }).catch((error: unknown) => {
      t.comment(log.slice(-4_000));
      throw error;
    });
    const [reconciles] = await query('sum(controller_runtime_reconcile_total{controller="taskrun"})');
    t.ok((reconciles?.value ?? 0) > 0, "the reconciles are counted under the name that stock dashboards know");
    t.same(
      (await query('sum(leader_election_master_status{name="orchestrator"})')).map(({ value }) => value),
      [1],
      "one leads",
    );
    let absent: string[] = [];
    await eventually("every query has data", async () => {
      const wanted = [...alertMetrics(), ...dashboardQueries("30s").map(({ query: each }) => each)];
      const results = await Promise.all(wanted.map(query));
      absent = wanted.filter((each, index) => results[index]?.length === 0 && !needsMore.test(each));
      return absent.length === 0;
    }).catch(() => t.fail(absent.join("\n")));
    t.same(await query('ALERTS{alertstate="firing"}'), [], "nothing is wrong, and no alert says so");
    for (const pod of await bothReady()) {
      const complaints = await lint(await textOf(pod, "/metrics"));
      // prom-client's names for metrics of Node.js itself
      t.same(
        complaints.filter((line) => !/^nodejs_active_(handles|requests|resources)_total /.test(line)),
        [],
      );
    }
  },
);

/**
 * Measured only once a CodeRun or a DocsRun has ended, a run has waited, a Budget exists, an event was sent, or webhooks are received; and what agents send themselves, whose
 * queries test/prometheus/dashboards.test.ts tries.
 */
const needsMore =
  /(coderun|docsrun)_run_duration|_queue_wait_seconds|_cloud_events_total|orchestrator_webhooks_total|budget_spent|run_model_|claude_code_|(coderun|docsrun)_runs_total.* \/ /;

interface EndpointSlice {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly targetRef: { readonly name: string };
  }[];
}

/** The targets that Prometheus' role `endpointslice` would find, with its labels. */
async function discovered(): Promise<object[]> {
  const { items } = JSON.parse(
    await kubectl(cluster, ["get", "endpointslices", "-n", "orchestrator", "-o", "json"]),
  ) as { items: EndpointSlice[] };
  return items.flatMap(({ metadata, ports, endpoints }) =>
    ports.flatMap((port) =>
      endpoints.map(({ addresses, targetRef }) => ({
        targets: addresses.map((address) => `${address}:${port.port}`),
        labels: {
          __meta_kubernetes_namespace: "orchestrator",
          __meta_kubernetes_service_name: metadata.labels["kubernetes.io/service-name"],
          __meta_kubernetes_endpointslice_port_name: port.name,
          __meta_kubernetes_pod_name: targetRef.name,
        },
      })),
    ),
  );
}

/** The findings of `promtool check metrics` for a page of metrics. */
function lint(metrics: string): Promise<string[]> {
  return new Promise((resolve) => {
    const child = execFile(programs.promtool ?? "", ["check", "metrics"], (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`.split("\n").filter((line) => line !== "")),
    );
    child.stdin?.end(metrics);
  });
}

t.test("no request that needs the webhooks fails during a rolling restart", { skip }, async (t) => {
  const namespace = await namespaceOfRuns(t);
  const before = await bothReady();
  const stream = requests(namespace);
  for (let round = 0; round < (full ? 10 : 1); round++) {
    await kubectl(cluster, ["rollout", "restart", "-n", "orchestrator", "deployment/orchestrator"]);
    await kubectl(cluster, ["rollout", "status", "-n", "orchestrator", "deployment/orchestrator", "--timeout=120s"]);
    await eventually(
      "the former replicas are gone",
      async () => {
        const { items } = await client.list(Pods, { namespace: "orchestrator", labelSelector: "app=orchestrator" });
        return (
          items.length === 2 && !items.some(({ metadata }) => before.some((pod) => pod.metadata.uid === metadata.uid))
        );
      },
      60_000,
    );
  }
  const { answers, failures } = await stream.end();
  t.comment(`${answers} requests`);
  t.ok(answers > 100);
  t.same(failures, []);
});

t.test("no request fails while certificates are deleted and leadership is taken away", { skip }, async (t) => {
  const namespace = await namespaceOfRuns(t);
  await bothReady();
  const former = await holder();
  const bundle = await injectedBundle();
  const stream = requests(namespace);
  await client.delete(Secrets, { namespace: "orchestrator", name: operatorNames.certificates });
  const spec = { holderIdentity: "somebody", leaseDurationSeconds: 1, renewTime: formatMicroTime(Date.now()) };
  await client.patch(Leases, lease, { type: "merge", body: { spec } });
  await eventually("another authority is trusted", async () => (await injectedBundle()) !== bundle, 10_000);
  await eventually("one leads again", async () => !["", "somebody", former].includes(await holder()), 60_000);
  await eventually("the former leader has started again", async () => {
    const restarts = (await replicas()).flatMap(({ status }) => status?.containerStatuses ?? []);
    return restarts.some(({ lastState }) => lastState?.terminated?.exitCode === 3);
  });
  await bothReady();
  const { answers, failures } = await stream.end();
  t.comment(`${answers} requests`);
  t.ok(answers > 100);
  t.same(failures, []);
});

t.test("a cleared caBundle is restored within ten seconds, and requests succeed", { skip }, async (t) => {
  const namespace = await namespaceOfRuns(t);
  await bothReady();
  const bundle = await injectedBundle();
  const began = performance.now();
  await kubectl(cluster, [
    ...["patch", "mutatingwebhookconfiguration/orchestrator", "--type=json", "-p"],
    JSON.stringify([{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }]),
  ]);
  await eventually("it is back", async () => (await injectedBundle()) === bundle, 10_000);
  await eventually("requests go through", () =>
    client.create(TaskRuns, taskRun(namespace, 1), { dryRun: true }).then(() => true),
  );
  const took = performance.now() - began;
  t.ok(took < 10_000, `${took.toFixed(0)} ms`);
});

t.test(
  "when the leader's pod is deleted, another leads within 3 s of the release of the Lease",
  { skip },
  async (t) => {
    await bothReady();
    const former = await holder();
    const deleted = Date.now();
    await client.delete(Pods, { namespace: "orchestrator", name: await leader() });
    const released = await eventually("it gives back the Lease, or another has it", async () => {
      return (await holder()) !== former && Date.now();
    });
    const next = await eventually("another leads", async () => {
      const now = await holder();
      return now !== former && now !== "" && now;
    });
    const taken = await leadsSince();
    t.not(next, former);
    t.comment(`${taken - deleted} ms after the deletion`);
    t.ok(taken - released < 3_000, `${taken - released} ms`);
    t.ok(taken - deleted < 10_000);
  },
);

/** Kills the program in the pod, as running out of memory does; the kubelet restarts it. */
async function killProgram(pod: string): Promise<void> {
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`HOSTNAME=${pod}`)) continue;
    process.kill(Number(pid), "SIGKILL");
    return;
  }
  throw new Error(`no process of ${pod} is there`);
}

const deaths = {
  "its pod is removed without grace": (pod: string) =>
    kubectl(cluster, ["delete", "pod", "-n", "orchestrator", pod, "--grace-period=0", "--force"]).then(() => undefined),
  "its program is killed": killProgram,
};
for (const [death, kill] of Object.entries(deaths)) {
  t.test(
    `when the leader is lost (${death}) while TaskRuns are created, each runs once, and there are never two leaders`,
    { skip },
    async (t) => {
      await bothReady();
      const namespace = await namespaceOfRuns(t);
      const runs = Array.from({ length: 12 }, (_, index) => taskRun(namespace, index + 1));
      const former = await leader();
      const formerIdentity = await holder();
      const since = new Date().toISOString();
      // a deleted pod keeps running until its kubelet stops it, and may renew the Lease until then
      let renewed = 0;
      const replaced = eventually("another leads", async () => {
        const { spec } = await client.get(Leases, lease);
        if (spec?.holderIdentity === formerIdentity) renewed = Date.parse(spec.renewTime ?? "");
        return spec?.holderIdentity !== formerIdentity && spec?.holderIdentity !== "";
      });
      replaced.catch(() => undefined); // awaited below
      for (const [index, run] of runs.entries()) {
        if (index === 4) await kill(former);
        // a request that the killed program's webhook was processing fails, and clients retry
        await eventually(`${run.metadata?.name ?? ""} is created`, () =>
          client.create(TaskRuns, run).then(
            () => true,
            (error: unknown) => {
              if (error instanceof AlreadyExists) return true;
              throw error;
            },
          ),
        );
      }
      await succeeded(runs, 120_000);
      await replaced;
      t.not(await holder(), formerIdentity);
      const leaderless = (await leadsSince()) - renewed;
      // a Lease is valid for 15 s; the rest is for a busy machine
      t.ok(leaderless <= 30_000, `another leads ${leaderless} ms after the last renewal`);
      const { items: jobs } = await client.list(Jobs, { namespace });
      t.same(
        jobs.map(({ metadata }) => metadata.name).sort(),
        runs.map(({ spec }) => `${spec.serviceName}-task-${spec.taskId}-run-1`).sort(),
      );
      const writes = await writesOf(namespace, since);
      // the API server notes 504, though the Job is stored, where its client was killed before the answer
      const answers = writes
        .filter(({ verb, resource }) => verb === "create" && resource === "jobs")
        .map(({ name, code }) => `${name} ${code}`);
      t.comment(`creates of Jobs: ${answers.join(", ")}`);
      const starts = answers.filter((answer) => answer.endsWith(" 201"));
      t.same(starts, [...new Set(starts)], "no Job was made twice");
      t.same(
        writes.filter(({ verb, resource }) => verb === "delete" && resource === "jobs"),
        [],
        "no Job was deleted, so none can have been made again",
      );
      const writers = writes.map(({ pod }) => pod).filter((pod, index, all) => pod !== all[index - 1]);
      t.comment(`wrote, in turn: ${writers.join(", ")}`);
      t.same(writers, [...new Set(writers)], "who has stopped to lead writes no more");
    },
  );
}

interface Write {
  readonly pod: string;
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
  readonly code: number;
}

interface AuditEvent {
  readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** The operator's writes in a namespace, in the order in which the API server got them. */
async function writesOf(namespace: string, since: string): Promise<Write[]> {
  return (await readFile(cluster.auditLog, "utf8"))
    .split("\n")
    .filter((line) => line.includes(serviceAccount) && line.includes(namespace))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ user, verb, objectRef, requestReceivedTimestamp }) => {
      const isWrite = ["create", "update", "patch", "delete"].includes(verb);
      return (
        user?.username === serviceAccount &&
        isWrite &&
        objectRef?.namespace === namespace &&
        requestReceivedTimestamp > since
      );
    })
    .sort((a, b) => (a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1))
    .map(({ user, verb, objectRef, responseStatus }) => ({
      pod: user?.extra?.["authentication.kubernetes.io/pod-name"]?.[0] ?? "",
      verb,
      resource: objectRef?.resource ?? "",
      name: objectRef?.name ?? "",
      code: responseStatus?.code ?? 0,
    }));
}

t.test("the printed uninstall commands leave nothing of ours, and all of Tekton's", { skip }, async (t) => {
  await bothReady();
  const namespace = await namespaceOfRuns(t);
  const run = taskRun(namespace, 1);
  await client.create(TaskRuns, run);
  await succeeded([run], 60_000);
  await kubectl(cluster, ["apply", "-f", "-"], stringify(tektonDefinition));
  await waitEstablished(cluster, ["crd/taskruns.tekton.dev"]);
  await kubectl(cluster, ["apply", "-f", "-"], stringify(tektonTaskRun(namespace, "task-1")));
  const version = ["get", "taskruns.tekton.dev/task-1", "-n", namespace, "-o", "jsonpath={.metadata.resourceVersion}"];
  const before = await kubectl(cluster, version);

  const newcomer = new Newcomer(t, {
    programs: [dirname(cluster.kubectl)],
    documents: executedDocuments["test/e2e/install.test.ts"],
  });
  await newcomer.run(`export KUBECONFIG=${cluster.kubeconfig}`);
  const guide = "docs/guide/install.md";
  const uninstall = newcomer.stepsOf(guide).filter((step) => "run" in step && step.run.includes("kubectl delete -k"));
  t.equal(uninstall.length, 1);
  await newcomer.follow(t, guide, uninstall);
  t.same((await client.list(Jobs, { namespace })).items, []);
  t.equal(await kubectl(cluster, version), before);
  const kinds = [
    "crd",
    "clusterrole",
    "clusterrolebinding",
    "mutatingwebhookconfiguration",
    "validatingwebhookconfiguration",
  ];
  const left = await kubectl(cluster, ["get", `${kinds.join()},namespace`, "-o", "name"]);
  t.same(
    left.split("\n").filter((name) => name.includes("orchestrator")),
    [],
  );
});
