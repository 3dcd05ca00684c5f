import { errorText } from "../runtime/error-text.js";
import { resolve } from "node:path";
import {
  ClusterRunningError,
  findCluster,
  installOperatorPods,
  startCluster,
  startOperator,
  type Cluster,
  type ClusterState,
  type NodeMode,
} from "../cluster/index.js";
import { startWithDemoAgent } from "../cluster/demo-agent.js";
import { kubectl } from "../cluster/install.js";
import { hasOperator } from "../cluster/operator.js";
import { clusterTable, describeCluster } from "./cluster-table.js";
import type { CommandIo } from "./io.js";

export interface UpOptions {
  readonly name: string;
  readonly node: NodeMode | "auto";
  readonly kubeconfig?: string;
  readonly internet?: boolean;
  readonly force?: boolean;
  readonly install: boolean;
  readonly audit: boolean;
  readonly timeout: number;
  readonly operator?: "host" | "pods";
  readonly demoAgent: boolean;
}

type Progress = (line: string) => void;

async function runOperator(cluster: Cluster, { operator, demoAgent }: UpOptions, progress: Progress): Promise<void> {
  const start = (): Promise<unknown> =>
    operator === "pods"
      ? installOperatorPods(cluster, { progress })
      : startOperator(cluster, { progress, keepRunning: true });
  await (demoAgent ? startWithDemoAgent(cluster, start, progress) : start());
}

/** Starts a cluster, with an operator if requested; completes one that is already running. */
export async function clusterUp(options: UpOptions, io: CommandIo): Promise<void> {
  if (options.operator === "pods" && (options.node === "none" || options.node === "simulated")) {
    io.err(`--operator=pods needs --node=real: pods of a ${options.node} node do not run\n`);
    io.exit(2);
    return;
  }
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Error("interrupted"));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  const startedAt = Date.now();
  const progress = (line: string): void =>
    io.err(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
  try {
    const cluster = await startWithOperator(options, progress, interrupt.signal);
    io.out(`${describeCluster(cluster.state(), options.kubeconfig ?? cluster.kubeconfig)}\n`);
  } catch (thrown) {
    let error: unknown = thrown;
    if (thrown instanceof ClusterRunningError && thrown.state.phase === "ready") {
      try {
        await completeRunning(thrown.state, options, progress, io);
        return;
      } catch (mismatch) {
        error = mismatch;
      }
    }
    io.exit(interrupt.signal.aborted ? 130 : 1);
    io.err(`${errorText(error)}\n`);
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.removeListener(name, onSignal);
  }
}

async function startWithOperator(options: UpOptions, progress: Progress, signal: AbortSignal): Promise<Cluster> {
  const cluster = await startCluster({
    name: options.name,
    node: options.node,
    internet: options.internet === true,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    overwriteKubeconfig: options.force === true,
    installPackages: options.install,
    audit: options.audit,
    timeout: options.timeout * 1_000,
    detached: true,
    signal,
    progress,
  });
  if (options.operator === undefined) return cluster;
  try {
    await runOperator(cluster, options, progress);
    signal.throwIfAborted();
    return cluster;
  } catch (error) {
    await cluster.stop(); // a start that failed or was interrupted leaves nothing behind
    throw error;
  }
}

/**
 * A second `up` for a running cluster: prints its status, and starts the operator if it is requested and not running.
 *
 * @throws Error with a remedy where the running cluster does not match the options.
 */
async function completeRunning(
  state: ClusterState,
  options: UpOptions,
  progress: Progress,
  io: CommandIo,
): Promise<void> {
  const { name, node } = state;
  const remedy = `remove it first with: orchestrator cluster down --name ${name}`;
  if (options.node !== "auto" && options.node !== node)
    throw new Error(`cluster ${name} is already running, and its node is ${node}, not ${options.node}: ${remedy}`);
  if (options.internet === true && !state.components.some((one) => one.name === "slirp4netns"))
    throw new Error(`cluster ${name} is already running, without internet access: ${remedy}`);
  if (options.kubeconfig !== undefined && resolve(options.kubeconfig) !== state.exportedKubeconfig) {
    const command = `cp ${state.directory}/kubeconfig ${options.kubeconfig}`;
    throw new Error(`cluster ${name} is already running, and --kubeconfig only applies at its start: ${command}`);
  }
  const cluster = options.operator === undefined ? undefined : await findCluster(name);
  const added = cluster !== undefined && (await addOperator(cluster, options, remedy, progress));
  const now = cluster?.state() ?? state;
  io.out(`Cluster ${name} is already running${added ? "; started the operator" : ""}.\n\n`);
  io.out(`${clusterTable([now])}\n`);
  io.out(`${describeCluster(now, options.kubeconfig ?? `${state.directory}/kubeconfig`)}\n`);
}

/** @returns false where the operator was already running. */
async function addOperator(cluster: Cluster, options: UpOptions, remedy: string, progress: Progress): Promise<boolean> {
  const onHost = hasOperator(cluster.state());
  const deployment = ["get", "deployment", "orchestrator", "--namespace=orchestrator", "--output=name"];
  const inPods = (await kubectl(cluster, [...deployment, "--ignore-not-found"])) !== "";
  if (options.operator === "pods" ? onHost : inPods) {
    const present = inPods ? "installed in" : "running beside";
    throw new Error(`an operator is already ${present} cluster ${cluster.name}, and two would compete: ${remedy}`);
  }
  if (!onHost) await runOperator(cluster, options, progress);
  else if (options.demoAgent) await startWithDemoAgent(cluster, () => Promise.resolve(), progress);
  return !onHost && !inPods;
}
