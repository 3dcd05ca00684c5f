/**
 * `npm run demo`: shows the operator on a real cluster. Starts a cluster, runs the operator beside it, applies TaskRuns
 * with kubectl and shows their results.
 *
 * Exit codes: 0 every TaskRun succeeded; 1 a TaskRun or the demo failed; 130 interrupted.
 */
import { errorText } from "../runtime/error-text.js";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { parseAllDocuments } from "yaml";
import type { TaskRun, Usage } from "../api/taskrun.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import { HttpClient } from "../runtime/client/http.js";
import { kubeconfigAccess } from "../runtime/client/kubeconfig.js";
import { Informer } from "../runtime/cache/informer.js";
import { systemClock } from "../runtime/clock.js";
import { silentLogger } from "../runtime/logger.js";
import { TaskRuns } from "../api/taskrun.js";
import { packageRoot } from "../version.js";
import { DEMO_AGENT_IMAGE, findCluster, startCluster, type Cluster } from "../cluster/index.js";
import { demoConfiguration, demoSecret, loadDemoAgent } from "../cluster/demo-agent.js";
import { kubectl as runKubectl, type InstallTarget } from "../cluster/install.js";
import { existingCluster, type ExistingCluster } from "../cluster/existing.js";
import { startOperator } from "../cluster/operator.js";

interface DemoOptions {
  readonly file?: readonly string[];
  readonly keep?: boolean;
  readonly node: "auto" | "real" | "simulated";
  readonly name: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly address?: string;
  readonly image?: string;
}

/** The cluster that the demo uses. */
interface Stage extends InstallTarget {
  /** Whether pods run in containers. */
  readonly real: boolean;
  loadImage(archive: string): Promise<void>;
  /** Starts the operator and returns the URL of its metrics. */
  startOperator(): Promise<string>;
}

/** What the demo runs. */
interface Work {
  readonly files: readonly string[];
  readonly taskRuns: readonly TaskRun[];
  /** The agent's image. Default: the demo agent. */
  readonly image?: string;
}

const startedAt = Date.now();
const say = (line: string): void =>
  void process.stdout.write(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
const show = (title: string, text: string): void => {
  process.stdout.write(`\n--- ${title}\n${text.trimEnd()}\n\n`);
};

const phaseEnds: ReadonlySet<string> = new Set(["Succeeded", "Failed", "Cancelled"]);

async function main(): Promise<void> {
  const options = new Command("demo")
    .description("run TaskRuns on a local cluster, with a shell script as the agent")
    .option("-f, --file <file...>", "files with TaskRuns to run (default: a sample)")
    .option("--keep", "keep the cluster and the operator running")
    .option("--node <mode>", "node type: real, simulated or auto", "auto")
    .option("--name <name>", "cluster name", "demo")
    .option("--kubeconfig <file>", "kubeconfig of an existing cluster to use instead of starting one")
    .option("--context <name>", "context of the kubeconfig (default: the current one)")
    .option(
      "--address <address>",
      "address at which that cluster's API server reaches this machine (default: 127.0.0.1)",
    )
    .option("--image <image>", "agent image (default: the demo agent, built and loaded from this checkout)")
    .parse()
    .opts<DemoOptions>();
  const files = options.file ?? [join(packageRoot, "config/samples/taskrun-auth-service.yaml")];
  const taskRuns = (await Promise.all(files.map(readTaskRuns))).flat();
  if (taskRuns.length === 0) throw new Error(`there is no TaskRun in ${files.join(", ")}`);
  const work: Work = { files, taskRuns, ...(options.image !== undefined && { image: options.image }) };

  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => interrupt.abort(new Error("interrupted")));

  if (options.kubeconfig !== undefined || options.context !== undefined) {
    await onExisting(await existingCluster({ ...options, progress: say }), work, interrupt.signal);
    return;
  }
  say("starting a cluster; building its programs takes some minutes the first time");
  const existing = await findCluster(options.name);
  const cluster =
    existing ??
    (await startCluster({
      name: options.name,
      node: options.node,
      progress: say,
      signal: interrupt.signal,
      detached: options.keep === true,
    }));
  await runToExitCode(() => run(stageOf(cluster), work, interrupt.signal), interrupt.signal);
  if (options.keep === true) {
    say(`the cluster keeps running: export KUBECONFIG=${cluster.kubeconfig}`);
    say(`to remove it: npx orchestrator cluster down --name ${options.name}`);
  } else if (existing === undefined) await cluster.stop();
}

async function onExisting(cluster: ExistingCluster, work: Work, signal: AbortSignal): Promise<void> {
  let stop = (): Promise<void> => Promise.resolve();
  const stage: Stage = {
    kubectl: cluster.kubectl,
    kubeconfig: cluster.kubeconfig,
    real: true,
    loadImage: (archive) => cluster.loadImage(archive),
    async startOperator() {
      const operator = await cluster.startOperator();
      stop = () => operator.stop();
      return operator.url;
    },
  };
  await runToExitCode(() => run(stage, work, signal), signal);
  await stop();
  cluster.close();
}

function stageOf(cluster: Cluster): Stage {
  return {
    kubectl: cluster.kubectl,
    kubeconfig: cluster.kubeconfig,
    real: cluster.node === "real",
    loadImage: (archive) => cluster.loadImage(archive),
    startOperator: async () => (await startOperator(cluster, { progress: say, keepRunning: true })).url,
  };
}

/** Runs the demo, prints its error and sets the exit code. */
async function runToExitCode(demonstrate: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  let succeeded = false;
  try {
    succeeded = await demonstrate();
  } catch (error) {
    process.stderr.write(`demo: ${errorText(error)}\n`);
  }
  process.exitCode = signal.aborted ? 130 : succeeded ? 0 : 1;
}

/** Runs the TaskRuns and shows their results; resolves with whether all have succeeded. */
async function run(stage: Stage, work: Work, signal: AbortSignal): Promise<boolean> {
  const { files, taskRuns, image } = work;
  if (stage.real && image === undefined) await loadDemoAgent(stage);
  const url = await stage.startOperator();
  await prepareNamespaces(stage, taskRuns, image ?? DEMO_AGENT_IMAGE);

  const access = await kubeconfigAccess({ file: stage.kubeconfig });
  const client = new HttpClient({ access, fieldManager: "demo" });
  const stop = new AbortController();
  const informer = new Informer<TaskRun>(
    TaskRuns,
    {},
    { client, clock: systemClock, random: Math.random, logger: silentLogger },
  );
  const watching = informer.start(stop.signal);
  try {
    await informer.waitForSync(signal);
    for (const file of files) {
      process.stdout.write(`\n$ kubectl apply -f ${file.replace(`${packageRoot}/`, "")}\n`);
      process.stdout.write(await runKubectl(stage, ["apply", "-f", file]));
    }
    const ended = await untilEnded(informer, taskRuns, signal);
    for (const taskRun of ended) await showResult(stage, client, taskRun);
    if (!stage.real) say("the node is simulated: no container ran, so there are no logs");
    const listing = ["get", "-n", namespaceOf(ended[0] ?? {}), "otr,job,pvc"];
    show(`kubectl ${listing.join(" ")}`, await runKubectl(stage, listing));
    await showMetrics(url);
    for (const taskRun of ended) {
      const { status } = taskRun;
      const why = status?.phase === "Succeeded" || status?.message === undefined ? "" : `: ${status.message}`;
      process.stdout.write(
        `demo: TaskRun ${namespaceOf(taskRun)}/${taskRun.metadata?.name ?? ""} ${status?.phase ?? "Pending"}${why}\n`,
      );
    }
    return ended.every(({ status }) => status?.phase === "Succeeded");
  } finally {
    stop.abort(new Error("the demo has finished"));
    await watching;
    await client.close();
  }
}

/** Applies the demo's configuration, and the namespaces and Secrets of the TaskRuns. */
async function prepareNamespaces(stage: Stage, taskRuns: readonly TaskRun[], image: string): Promise<void> {
  const apply = (manifest: string): Promise<string> =>
    runKubectl(stage, ["apply", "--server-side", "-f", "-"], manifest);
  await apply(JSON.stringify(demoConfiguration(image, { retry: { maxRetries: 0 } })));
  for (const namespace of new Set(taskRuns.map(namespaceOf))) {
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    if (namespace !== "default") await apply(JSON.stringify(object));
    await apply(JSON.stringify(demoSecret(namespace)));
  }
}

/** What a run used of models; the demo agent asks none. */
function usageText({ requests = 0, inputTokens = 0, outputTokens = 0, costUSD, ...more }: Usage): string {
  if (requests === 0) return "no request";
  const cached = (more.cacheReadTokens ?? 0) + (more.cacheWriteTokens ?? 0);
  const cost = costUSD === undefined ? "no model has a price (gateway.prices)" : `${costUSD.toFixed(4)} US dollars`;
  return `${requests} requests, tokens: ${inputTokens} input, ${cached} cached, ${outputTokens} output; ${cost}`;
}

/** Shows the rendered CLAUDE.md, the agent's logs and what it used. */
async function showResult(stage: Stage, client: HttpClient, { metadata, status }: TaskRun): Promise<void> {
  const namespace = namespaceOf({ ...(metadata && { metadata }) });
  if (status?.configMapName !== undefined) {
    const { data } = await client.get(ConfigMaps, { namespace, name: status.configMapName });
    show(
      `CLAUDE.md of ${metadata?.name ?? ""}, from ConfigMap ${status.configMapName}`,
      data?.["CLAUDE.md"] ?? "(none)",
    );
  }
  if (status?.jobName !== undefined && stage.real) {
    const logs = await runKubectl(stage, [
      ...["logs", "-n", namespace, `job/${status.jobName}`, "--all-containers", "--prefix"],
    ]).catch((error: unknown) => `no logs: ${errorText(error)}`);
    show(`agent logs of Job ${status.jobName}`, logs);
  }
  if (status?.usage !== undefined) show(`models that ${metadata?.name ?? ""} used`, usageText(status.usage));
}

const shownMetrics =
  /^(taskrun_(jobs|configmaps)_created_total|taskrun_reconciliations_total|controller_runtime_reconcile_total|controller_runtime_webhook_requests_total|leader_election_master_status)/;

async function showMetrics(url: string): Promise<void> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const lines = metrics.split("\n").filter((line) => shownMetrics.test(line));
  show("metrics (excerpt)", lines.join("\n"));
}

/** Shows each change of phase and message; resolves with the TaskRuns when all have ended. */
async function untilEnded(
  informer: Informer<TaskRun>,
  taskRuns: readonly TaskRun[],
  signal: AbortSignal,
): Promise<TaskRun[]> {
  const keys = taskRuns.map((run) => ({ namespace: namespaceOf(run), name: run.metadata?.name ?? "" }));
  const shown = new Map<string, string>();
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    informer.addHandler((change) => {
      const { metadata, status } = change.object;
      if (change.type === "deleted" || status?.phase === undefined) return;
      const text = `${status.phase}${status.message === undefined ? "" : `: ${status.message}`}`;
      if (shown.get(metadata.name) !== text) say(`TaskRun ${metadata.namespace ?? ""}/${metadata.name} ${text}`);
      shown.set(metadata.name, text);
      const current = keys.map((key) => informer.reader.get(key));
      const ended = current.filter((run) => run !== undefined && hasEnded(run));
      if (ended.length === keys.length) resolve(ended as TaskRun[]);
    });
  });
}

/** Whether the run is in a terminal phase for its current spec. */
function hasEnded({ metadata, status }: TaskRun): boolean {
  if (status?.phase === undefined || !phaseEnds.has(status.phase)) return false;
  return status.observedGeneration === metadata?.generation && status.nextRetryTime === undefined;
}

async function readTaskRuns(file: string): Promise<TaskRun[]> {
  const documents = parseAllDocuments(await readFile(file, "utf8"));
  const objects = documents.map((document) => document.toJS() as TaskRun | null);
  return objects.filter((object) => object?.kind === "TaskRun") as TaskRun[];
}

function namespaceOf({ metadata }: { readonly metadata?: { namespace?: string } }): string {
  return metadata?.namespace ?? "default";
}

try {
  await main();
} catch (error) {
  process.stderr.write(`demo: ${errorText(error)}\n`);
  process.exitCode = 1;
}
