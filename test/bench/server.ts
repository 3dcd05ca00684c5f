/**
 * The REST server with 5,000 runs and 1,000 open watch streams, each of another caller: its memory with the options of its
 * Deployment, and its lists beside kubectl's.
 */
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { TaskRuns } from "#src/api/taskrun.js";
import { startCluster, type Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { freePorts } from "#src/cluster/ports.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { Namespaces } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import type { Figures } from "./main.js";
import { median, percentile, taskRunOf } from "./measure.js";

const namespace = "bench";
const runs = 5_000;
const streams = 1_000;
/** So many that the 99th percentile is not the slowest one. */
const lists = 200;
const kubectlLists = 30;
const warmUps = 5;

/** Needs no operator: the runs never start. */
export async function serverSuite(): Promise<Figures> {
  const cluster = await startCluster({ name: `bench-${process.pid}`, node: "none", progress: () => undefined });
  const client = new HttpClient({ access: await kubeconfigAccess({ file: cluster.kubeconfig }), connections: 16 });
  try {
    await kubectl(cluster, ["apply", "-f", `${packageRoot}/crds`]);
    await kubectl(cluster, ["wait", "--for=condition=Established", "crd/taskruns.orchestrator.io"]);
    await client.create(Namespaces, { metadata: { name: namespace } });
    await createRuns(client);
    return await measured(cluster, client, await adminTokens(cluster, client));
  } finally {
    await client.close();
    await cluster.stop();
  }
}

async function createRuns(client: HttpClient): Promise<void> {
  const next = Array.from({ length: runs }, (_, index) => index).values();
  const creator = async (): Promise<void> => {
    for (const index of next)
      await client.create(TaskRuns, { ...taskRunOf(2_000), metadata: { namespace, name: `run-${index}` } } as never);
  };
  await Promise.all(Array.from({ length: 16 }, creator));
}

/** As many tokens as streams: to the server, each is another caller. */
async function adminTokens(cluster: Cluster, client: HttpClient): Promise<string[]> {
  await kubectl(cluster, ["create", "serviceaccount", "caller", "-n", namespace]);
  await kubectl(cluster, [
    ...["create", "clusterrolebinding", "caller", "--clusterrole=cluster-admin"],
    `--serviceaccount=${namespace}:caller`,
  ]);
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/caller/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 7200 } };
  const tokens = new Set<string>();
  while (tokens.size < streams) {
    const answer = await client.raw({ method: "POST", path, body });
    tokens.add((answer as { status: { token: string } }).status.token);
  }
  return [...tokens];
}

/** What the server's Deployment passes to Node.js. */
function deployedNodeOptions(): string {
  const deployment = readFileSync(join(packageRoot, "config/server/deployment.yaml"), "utf8");
  const found = /name: NODE_OPTIONS\n\s+value: (.+)/.exec(deployment)?.[1];
  if (found === undefined) throw new Error("config/server/deployment.yaml has no NODE_OPTIONS");
  return found;
}

async function measured(cluster: Cluster, client: HttpClient, tokens: readonly string[]): Promise<Figures> {
  const [port = 0] = await freePorts(1);
  const limits = ["--rate", "100000", "--burst", "100000", "--streams", "2000", "--streams-per-caller", "2000"];
  const flags = ["--kubeconfig", cluster.kubeconfig, "--host", "127.0.0.1", "--port", String(port), ...limits];
  const child = spawn(process.execPath, [orchestratorProgram(), "server", ...flags, "--log-level", "warn"], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_OPTIONS: deployedNodeOptions() },
  });
  const url = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${tokens[0] ?? ""}` };
  try {
    await eventually("the server is ready", async () => (await fetch(`${url}/readyz`)).ok);
    const memory = (figure: "VmRSS" | "VmHWM" = "VmRSS"): number => {
      const status = readFileSync(`/proc/${child.pid ?? 0}/status`, "utf8");
      return Number(new RegExp(`${figure}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    };
    const idle = memory();
    const listFigures = await timedLists(cluster, url, headers);
    const afterLists = memory();
    const events = await openStreams(client, url, tokens);
    return {
      "idle.residentMiB": idle,
      "lists.residentMiB": afterLists,
      ...listFigures,
      ...events,
      "streams.residentMiB": memory(),
      "peak.residentMiB": memory("VmHWM"),
    };
  } finally {
    child.kill("SIGKILL");
  }
}

async function timedLists(cluster: Cluster, url: string, headers: Record<string, string>): Promise<Figures> {
  const page = async (query: string): Promise<{ items: unknown[]; continue?: string }> =>
    (await (await fetch(`${url}/api/v1/namespaces/${namespace}/runs?${query}`, { headers })).json()) as never;
  const timed = async (action: () => Promise<unknown>, count = lists): Promise<number[]> => {
    const taken: number[] = [];
    for (let round = -warmUps; round < count; round++) {
      const began = performance.now();
      await action();
      if (round >= 0) taken.push(performance.now() - began);
    }
    return taken;
  };
  const all = async (): Promise<void> => {
    let count = 0;
    for (let token: string | undefined = ""; token !== undefined;) {
      const { items, continue: next }: { items: unknown[]; continue?: string } = await page(
        `kind=taskrun&limit=1000${token === "" ? "" : `&continue=${token}`}`,
      );
      count += items.length;
      token = next;
    }
    if (count !== runs) throw new Error(`${count} runs are listed`);
  };
  const first = await timed(() => page("limit=100"));
  const large = await timed(() => page("limit=500"));
  const largest = await timed(() => page("limit=1000"));
  const pages = await timed(all);
  const args = ["--kubeconfig", cluster.kubeconfig, "get", `${TaskRuns.plural}.orchestrator.io`, "-n", namespace];
  const theirs = await timed(
    () => promisify(execFile)(cluster.kubectl, args, { maxBuffer: 64 * 1024 * 1024 }),
    kubectlLists,
  );
  const figures = (name: string, taken: readonly number[]): Figures => ({
    [`${name}.p50Milliseconds`]: median(taken),
    [`${name}.p99Milliseconds`]: percentile(taken, 0.99),
  });
  return {
    ...figures("page100", first),
    ...figures("page500", large),
    ...figures("page1000", largest),
    ...figures("all5000", pages),
    ...figures("kubectl.all5000", theirs),
  };
}

/** Opens streams on the changes of all runs, and measures how long a change takes to reach all of them. */
async function openStreams(client: HttpClient, url: string, tokens: readonly string[]): Promise<Figures> {
  const runsUrl = `${url}/api/v1/namespaces/${namespace}/runs?kind=taskrun`;
  const headersOf = (index: number): Record<string, string> => ({ authorization: `Bearer ${tokens[index] ?? ""}` });
  const answer = await fetch(`${runsUrl}&limit=1`, { headers: headersOf(0) });
  const { version } = (await answer.json()) as { version: string };
  let open = 0;
  let received = 0;
  const began = performance.now();
  for (let index = 0; index < streams; index++)
    request(
      `${runsUrl}&watch=true&version=${version}`,
      // an address of its own, since the server bounds how many new callers one has
      { headers: headersOf(index), agent: false, localAddress: `127.0.${1 + (index >> 7)}.${1 + (index & 127)}` },
      (response) => {
        if (response.statusCode === 200) open++;
        response.on("data", (chunk: Buffer) => (received += chunk.toString().split("event: run").length - 1));
      },
    ).end();
  await eventually("all streams are open", () => open === streams, 120_000);
  const opened = performance.now() - began;
  const changes = 20;
  const change = performance.now();
  for (let index = 0; index < changes; index++)
    await client.patch(
      TaskRuns,
      { namespace, name: `run-${index}` },
      { type: "merge", body: { spec: { suspend: true } } },
    );
  await eventually("every stream has every change", () => received >= changes * streams, 120_000);
  return {
    "streams.openMilliseconds": opened,
    "streams.changesPerSecond": (changes * streams * 1000) / (performance.now() - change),
  };
}
