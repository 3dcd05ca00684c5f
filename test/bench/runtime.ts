/** Client, admission, cache and the idle manager. */
import { fork, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { Pool } from "undici";
import { startCluster, type Cluster } from "#src/cluster/index.js";
import { startOperator } from "#src/cluster/operator.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType, type ResourceType } from "#src/runtime/client/resource.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import type { Figures } from "./main.js";
import { median, percentile, rate, taskRunOf } from "./measure.js";
import { mutated, reviewOf } from "./review.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The suite for the client alone. */
export async function clientSuite(): Promise<Figures> {
  const prompt = await promptFigures();
  const cluster = await startCluster({ name: `bench-${process.pid}`, node: "none", progress: say });
  try {
    return { ...prompt, ...(await clientFigures(cluster)) };
  } finally {
    await cluster.stop();
  }
}

export async function runtimeSuite(): Promise<Figures> {
  const figures: Figures = {};
  Object.assign(figures, await cacheFigures());
  Object.assign(figures, await admissionFigures());
  Object.assign(figures, await promptFigures());
  const cluster = await startCluster({ name: `bench-${process.pid}`, node: "none", progress: say });
  try {
    Object.assign(figures, await clientFigures(cluster));
    Object.assign(figures, await idleFigures(cluster));
  } finally {
    await cluster.stop();
  }
  return figures;
}

/**
 * The same calls to the same server by this client, by client-node and by plain undici, ten at once, alternating: a GET, which the
 * server reads from etcd, and a list of that one object at any version, which it answers from memory.
 */
async function clientFigures(cluster: Cluster): Promise<Figures> {
  const file = await reader(cluster);
  const { clients, close } = await clientsOf(file);
  const one = {
    namespace: key.namespace,
    fieldSelector: `metadata.name=${key.name}`,
    resourceVersion: "0",
    limit: 500,
  };
  say("client: GETs of a ConfigMap, 10 at once, in turns with client-node and bare undici");
  const figures = await comparison("client.apiServer.", getting(clients));
  say("client: lists of one ConfigMap from the server's cache, in the same way");
  const lists = await comparison("client.apiServer.cached.", {
    ours: () => clients.ours.list(ConfigMaps, one),
    theirs: () => clients.theirs.listNamespacedConfigMap(one),
    bare: () => clients.bare(`${configMaps}?limit=500&fieldSelector=metadata.name%3D${key.name}&resourceVersion=0`),
  });
  await close();
  await rm(dirname(file), { recursive: true });
  return { ...figures, ...lists };
}

/** The same GETs from a server that answers at once, so that only the clients are measured. */
async function promptFigures(): Promise<Figures> {
  const now = Date.now();
  const authority = await createAuthority("bench", now, 86_400_000);
  const server = fork(fileURLToPath(new URL("./prompt-server.js", import.meta.url)));
  server.send(await issueLeaf(authority, ["127.0.0.1"], now, 86_400_000));
  const port = await new Promise<number>((resolve) => server.once("message", (message) => resolve(Number(message))));
  const directory = await mkdtemp(join(tmpdir(), "bench-"));
  const file = join(directory, "kubeconfig");
  const name = "prompt";
  const ca = Buffer.from(authority.certificate).toString("base64");
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      contexts: [{ name, context: { cluster: name, user: name } }],
      clusters: [{ name, cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": ca } }],
      users: [{ name, user: { token: "bench" } }],
    }),
  );
  const { clients, close } = await clientsOf(file);
  say("client: GETs of a ConfigMap of a server that answers at once, in the same way");
  const figures = await comparison("client.", getting(clients));
  await close();
  server.kill();
  await rm(directory, { recursive: true });
  return figures;
}

interface Clients {
  readonly ours: HttpClient;
  readonly theirs: CoreV1Api;
  readonly bare: (path: string) => Promise<unknown>;
}

/** This client, client-node and plain undici, for the server of a kubeconfig. */
async function clientsOf(file: string): Promise<{ readonly clients: Clients; readonly close: () => Promise<void> }> {
  const access = await kubeconfigAccess({ file });
  const ours = new HttpClient({ access });
  const config = new KubeConfig();
  config.loadFromFile(file);
  const { server, tls } = await access.connection();
  const headers = { accept: "application/json", ...(await access.headers(false)) };
  const pool = new Pool(server, { connect: tls, connections: 32 });
  const bare = async (path: string): Promise<unknown> => {
    const { body } = await pool.request({ method: "GET", path, headers });
    return JSON.parse(await body.text());
  };
  const close = async (): Promise<void> => {
    await ours.close();
    await pool.close();
  };
  return { clients: { ours, theirs: config.makeApiClient(CoreV1Api), bare }, close };
}

const configMaps = "/api/v1/namespaces/default/configmaps";

function getting({ ours, theirs, bare }: Clients): Readonly<Record<"ours" | "theirs" | "bare", Caller>> {
  return {
    ours: () => ours.get(ConfigMaps, key),
    theirs: () => theirs.readNamespacedConfigMap(key),
    bare: () => bare(`${configMaps}/${key.name}`),
  };
}

const key = { namespace: "default", name: "bench" };

/**
 * A kubeconfig with the token of a ServiceAccount, as every controller in a cluster has, that may read one ConfigMap, which is created. (A
 * client certificate would cost the server a verification for each request, and so measure the server.)
 */
async function reader(cluster: Cluster): Promise<string> {
  const admin = new HttpClient({ access: await kubeconfigAccess({ file: cluster.kubeconfig }) });
  try {
    await admin.create(ConfigMaps, { metadata: key, data: { text: "x".repeat(1000) } });
    const metadata = { namespace: key.namespace, name: "bench-reads" };
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }];
    await admin.create(roles, { metadata, rules });
    await admin.create(roleBindings, {
      metadata,
      roleRef: { apiGroup: roles.group, kind: roles.kind, name: metadata.name },
      subjects: [{ kind: "ServiceAccount", namespace: key.namespace, name: "default" }],
    });
  } finally {
    await admin.close();
  }
  const directory = await mkdtemp(join(tmpdir(), "bench-"));
  const file = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig(key.namespace, "default", file);
  return file;
}

function rbac<T extends KubernetesObject>(kind: string, plural: string): ResourceType<T> {
  return resourceType<T>({ group: "rbac.authorization.k8s.io", version: "v1", kind, plural, namespaced: true });
}

const roles = rbac<KubernetesObject & { rules: unknown }>("Role", "roles");
const roleBindings = rbac<KubernetesObject & { roleRef: unknown; subjects: unknown }>("RoleBinding", "rolebindings");

type Caller = () => Promise<unknown>;

async function comparison(
  prefix: string,
  callers: Readonly<Record<"ours" | "theirs" | "bare", Caller>>,
): Promise<Figures> {
  const rates = { ours: [] as number[], theirs: [] as number[], bare: [] as number[] };
  const costs = { ours: [] as number[], theirs: [] as number[], bare: [] as number[] };
  for (let round = 0; round < 6; round++) {
    for (const who of ["ours", "theirs", "bare"] as const) {
      const before = process.cpuUsage();
      const { perSecond, latencies } = await rate(callers[who], 10, 2_000);
      const { user, system } = process.cpuUsage(before);
      // the first round is a warm-up
      if (round === 0) continue;
      rates[who].push(perSecond);
      costs[who].push((user + system) / latencies.length);
    }
  }
  const ratios = (of: readonly number[], to: readonly number[]): number =>
    median(of.map((value, index) => value / (to[index] ?? Number.NaN)));
  return {
    [`${prefix}requestsPerSecond`]: median(rates.ours),
    [`${prefix}clientNodeRequestsPerSecond`]: median(rates.theirs),
    [`${prefix}undiciRequestsPerSecond`]: median(rates.bare),
    [`${prefix}ratioToClientNode`]: ratios(rates.ours, rates.theirs),
    [`${prefix}ratioToUndici`]: ratios(rates.ours, rates.bare),
    [`${prefix}cpuMicroseconds`]: median(costs.ours),
    [`${prefix}clientNodeCpuMicroseconds`]: median(costs.theirs),
    [`${prefix}undiciCpuMicroseconds`]: median(costs.bare),
    [`${prefix}cpuRatioToClientNode`]: ratios(costs.theirs, costs.ours),
  };
}

/** The webhook server with the admission of TaskRuns in a separate process, called over kept-alive TLS connections. */
export async function admissionFigures(): Promise<Figures> {
  const now = Date.now();
  const authority = await createAuthority("bench", now, 86_400_000);
  const leaf = await issueLeaf(authority, ["127.0.0.1"], now, 86_400_000);
  const server = fork(fileURLToPath(new URL("./admission-server.js", import.meta.url)));
  server.send(leaf);
  const answer = (): Promise<number> =>
    new Promise((resolve) => server.once("message", (message) => resolve(Number(message))));
  const port = await answer();
  const processorSeconds = async (): Promise<number> => {
    server.send("processor time?");
    return answer();
  };
  const figures: Figures = {};
  const sizes = [
    ["2kB", 2_000, 10],
    ["5kB", 5_000, 10],
    ["5kB50Connections", 5_000, 50],
    ["20kB", 20_000, 10],
    ["200kB", 200_000, 10],
    ["3MB", 3_000_000, 2],
  ] as const;
  for (const path of ["/mutate/taskrun", "/validate/taskrun"]) {
    for (const [label, bytes, connections] of sizes) {
      const pool = new Pool(`https://127.0.0.1:${port}`, { connections, connect: { ca: authority.certificate } });
      const body = reviewOfBytes(bytes, path.startsWith("/mutate") ? (run) => run : mutated);
      const call = async (): Promise<void> => {
        const response = await pool.request({
          method: "POST",
          path,
          body,
          headers: { "content-type": "application/json" },
        });
        const text = await response.body.text();
        if (response.statusCode !== 200 || (bytes < 1_000_000 && !text.includes('"allowed":true')))
          throw new Error(text.slice(0, 500));
      };
      await rate(call, connections, 1_000);
      const rounds = [];
      const before = await processorSeconds();
      for (let round = 0; round < 3; round++) rounds.push(await rate(call, connections, 2_000));
      const used = (await processorSeconds()) - before;
      const perSecond = median(rounds.map((one) => one.perSecond));
      const p99 = median(rounds.map((one) => percentile(one.latencies, 0.99)));
      const kind = path.startsWith("/mutate") ? "admission" : "admission.validate";
      figures[`${kind}.requestsPerSecond${label}`] = perSecond;
      figures[`${kind}.p99Milliseconds${label}`] = p99;
      // this process generates the load and saturates first: the server's processor time shows its capacity
      const perCpuSecond = rounds.reduce((sum, { latencies }) => sum + latencies.length, 0) / used;
      figures[`${kind}.requestsPerCpuSecond${label}`] = perCpuSecond;
      say(
        `admission: ${path} ${label}: ${perSecond.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms, ` +
          `${perCpuSecond.toFixed(0)} for a second of the server's processor`,
      );
      await pool.close();
    }
  }
  server.kill();
  return figures;
}

/** A request body of this many bytes, including what the API server adds to a TaskRun, which can be 2.3 kB. */
function reviewOfBytes(bytes: number, change: (run: object) => object): string {
  const around = reviewOf(change(taskRunOf(1_000))).length - 1_000;
  return reviewOf(change(taskRunOf(bytes - around)));
}

/** Heap of cached TaskRuns, and throughput of events through cache and queue: each count in a new process. */
async function cacheFigures(): Promise<Figures> {
  const figures: Figures = {};
  for (const count of [10_000, 50_000]) {
    const result = (await inChild("./cacheload.js", [String(count)])) as Record<string, number>;
    say(`cache: ${count} TaskRuns of 3.3 kB: ${JSON.stringify(result)}`);
    figures[`cache.heapBytesPerObject${count === 10_000 ? "" : "At50000"}`] = result.heapBytesPerObject ?? Number.NaN;
    figures[`cache.rssMiB${count}`] = result.rssMiB ?? Number.NaN;
    figures["cache.eventsPerSecond"] = result.eventsPerSecond ?? Number.NaN;
  }
  return figures;
}

async function inChild(module: string, args: readonly string[]): Promise<unknown> {
  const file = fileURLToPath(new URL(module, import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(text) as unknown;
}

/** Memory of an idle manager that has started and leads. */
async function idleFigures(cluster: Cluster): Promise<Figures> {
  const started = performance.now();
  await startOperator(cluster, { progress: say, arguments: ["--no-leader-elect"] });
  const ready = performance.now() - started;
  const identity = cluster.state().components.find(({ name }) => name === "operator")?.process;
  const rss = (): number => {
    const status = readFileSync(`/proc/${identity?.pid ?? 0}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
  };
  const atStart = rss();
  // as for the whole operator: garbage of the start is collected first
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  return {
    "manager.startedRssMiB": atStart,
    "manager.idleRssMiB": rss(),
    "manager.installToReadySeconds": ready / 1000,
  };
}
