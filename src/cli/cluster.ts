import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  ClusterRunningError,
  findCluster,
  installOperatorPods,
  listClusters,
  startCluster,
  startOperator,
  stopCluster,
} from "../cluster/index.js";
import type { Cluster, ClusterState, NodeMode } from "../cluster/index.js";
import { kubectl } from "../cluster/install.js";
import { isAlive, residentMemory } from "../cluster/process.js";
import { clusterDirectory } from "../cluster/state.js";
import { errorText } from "../runtime/error-text.js";

interface UpOptions {
  readonly name: string;
  readonly node: NodeMode | "auto";
  readonly kubeconfig?: string;
  readonly internet?: boolean;
  readonly force?: boolean;
  readonly install: boolean;
  readonly audit: boolean;
  readonly timeout: number;
  readonly operator?: "host" | "pods";
}

/**
 * `orchestrator cluster up|status|down`.
 *
 * Exit codes: 0 done, also when it was so already; 1 it failed, and stderr says why and what to do; 2 it was called
 * wrongly; 130 it was interrupted, and nothing is left of a start.
 */
export function clusterCommand(): Command {
  const command = new Command("cluster").description(
    "a local Kubernetes cluster: real API server, real or simulated node",
  );

  command
    .command("up")
    .description("start a cluster, and return when it is ready")
    .option("--name <name>", "of the cluster; several run side by side", clusterName, "local")
    .addOption(
      new Option(
        "--node <mode>",
        "real: containers (root on Linux); simulated: pods only change phase; none: no pods; auto: real where possible",
      )
        .choices(["real", "simulated", "none", "auto"])
        .default("auto"),
    )
    .addOption(
      new Option(
        "--operator [where]",
        "run the orchestrator of this checkout. host: beside the cluster; pods: installed in it, on a real node",
      )
        .choices(["host", "pods"])
        .preset("host"),
    )
    .option("--internet", "pods, and pulls of images, reach what this machine reaches; needs a real node")
    .option("--kubeconfig <file>", "also write the admin's kubeconfig there; removed by down")
    .option("--force", "replace that file even if it is not a local cluster's")
    .option("--no-install", "don't install missing Debian packages")
    .option("--no-audit", "no audit log")
    .option("--timeout <seconds>", "for the start, without building programs", positive, 180)
    .action(async (options: UpOptions) => up(options));

  command
    .command("status")
    .description("what runs: components, processes, ports, memory")
    .option("--name <name>", "only this cluster", clusterName)
    .addOption(new Option("-o, --output <format>", "table or json").choices(["table", "json"]).default("table"))
    .action(async (options: { name?: string; output: "table" | "json" }) => status(options));

  command
    .command("down")
    .description("end a cluster and remove all of it")
    .addOption(new Option("--name <name>", "of the cluster").argParser(clusterName).default("local"))
    .addOption(new Option("--all", "all clusters of this user"))
    .action(async (options: { name: string; all?: boolean }) => down(options));

  // commander's own code for wrong usage is 1, which is ours for failure
  for (const one of command.commands) one.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return command;
}

async function up(options: UpOptions): Promise<void> {
  if (options.operator === "pods" && (options.node === "none" || options.node === "simulated")) {
    process.stderr.write("--operator=pods needs --node=real: other pods don't run anything\n");
    process.exitCode = 2;
    return;
  }
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Error("interrupted"));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  const startedAt = Date.now();
  const progress = (line: string): void =>
    void process.stderr.write(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
  try {
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
      signal: interrupt.signal,
      progress,
    });
    if (options.operator !== undefined) {
      try {
        await operators[options.operator](cluster, { progress });
        interrupt.signal.throwIfAborted();
      } catch (error) {
        await cluster.stop(); // a start that failed, or was interrupted, leaves nothing
        throw error;
      }
    }
    print(describe(cluster.state(), options.kubeconfig ?? cluster.kubeconfig));
  } catch (thrown) {
    let error: unknown = thrown;
    if (thrown instanceof ClusterRunningError && thrown.state.phase === "ready") {
      try {
        await complete(thrown.state, options, progress);
        return;
      } catch (lack) {
        error = lack;
      }
    }
    process.exitCode = interrupt.signal.aborted ? 130 : 1;
    process.stderr.write(`${errorText(error)}\n`);
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.removeListener(name, onSignal);
  }
}

const operators = { host: startOperator, pods: installOperatorPods } as const;

/**
 * A second `up`: what runs is shown, and an operator that is asked for and doesn't run is started.
 *
 * @throws Error where what runs isn't what is asked for, with what to do.
 */
async function complete(state: ClusterState, options: UpOptions, progress: (line: string) => void): Promise<void> {
  const { name, node } = state;
  const anew = `end it first with: orchestrator cluster down --name ${name}`;
  if (options.node !== "auto" && options.node !== node)
    throw new Error(`the cluster ${name} is running already, and its node is ${node}, not ${options.node}: ${anew}`);
  if (options.internet === true && !state.components.some((one) => one.name === "slirp4netns"))
    throw new Error(`the cluster ${name} is running already, without a way to the internet: ${anew}`);
  if (options.kubeconfig !== undefined && resolve(options.kubeconfig) !== state.exportedKubeconfig) {
    const command = `cp ${state.directory}/kubeconfig ${options.kubeconfig}`;
    throw new Error(`the cluster ${name} is running already, and --kubeconfig is written at a start: ${command}`);
  }
  const cluster = options.operator === undefined ? undefined : await findCluster(name);
  const added = cluster !== undefined && (await addOperator(cluster, options.operator, anew, progress));
  const now = cluster?.state() ?? state;
  print(`The cluster ${name} is running already${added ? ", and now with the operator" : ""}.\n`);
  print(table([now]));
  print(describe(now, options.kubeconfig ?? `${state.directory}/kubeconfig`));
}

/** @returns false where it runs already. */
async function addOperator(
  cluster: Cluster,
  where: UpOptions["operator"] = "host",
  anew: string,
  progress: (line: string) => void,
): Promise<boolean> {
  const onHost = cluster.state().components.some((one) => one.name === "operator" && one.exit === undefined);
  const deployment = ["get", "deployment", "orchestrator", "--namespace=orchestrator", "--output=name"];
  const inPods = (await kubectl(cluster, [...deployment, "--ignore-not-found"])) !== "";
  if (where === "host" ? inPods : onHost) {
    const there = inPods ? "installed in" : "running beside";
    throw new Error(`an operator is ${there} the cluster ${cluster.name} already, and two would contend: ${anew}`);
  }
  if (onHost) return false;
  await operators[where](cluster, { progress });
  return true;
}

async function status(options: { name?: string; output: "table" | "json" }): Promise<void> {
  const clusters = (await listClusters()).filter(({ name }) => options.name === undefined || name === options.name);
  if (options.output === "json") {
    print(
      JSON.stringify(
        clusters.map((cluster) => ({ ...cluster, components: components(cluster) })),
        null,
        2,
      ),
    );
  } else if (clusters.length === 0) {
    print(options.name === undefined ? "No cluster is running." : `No cluster ${options.name} is running.`);
  } else {
    print(table(clusters));
  }
  if (options.name !== undefined && clusters.length === 0) process.exitCode = 1;
}

async function down(options: { name: string; all?: boolean }): Promise<void> {
  const names = options.all === true ? (await listClusters()).map(({ name }) => name) : [options.name];
  if (names.length === 0) print("No cluster is running.");
  for (const name of names) {
    const before = (await findCluster(name))?.state();
    if (!(await stopCluster(name)) && before === undefined) print(`No cluster ${name} is running: nothing to remove.`);
    else print(`Removed the cluster ${name}: ${removed(before)}.`);
  }
}

function removed(state: ClusterState | undefined): string {
  if (state === undefined) return "its start under way";
  const processes = state.components.filter(({ exit }) => exit === undefined).length;
  const kubeconfig = state.exportedKubeconfig === undefined ? "" : `, ${state.exportedKubeconfig}`;
  return `${processes} components, their data and logs${state.node === "real" ? ", the node with its pods, mounts and network" : ""}${kubeconfig}`;
}

interface ComponentRow {
  readonly name: string;
  readonly pid?: number;
  readonly port?: number;
  readonly state: string;
  readonly memoryBytes?: number;
}

function components(state: ClusterState): ComponentRow[] {
  return state.components.map(({ name, process: identity, port, exit }) => {
    const memoryBytes = identity === undefined ? undefined : residentMemory(identity.pid);
    const runs = identity !== undefined && isAlive(identity);
    return {
      name,
      ...(identity === undefined ? {} : { pid: identity.pid }),
      ...(port === undefined ? {} : { port }),
      state: exit ?? (runs ? "running" : "gone"),
      ...(runs && memoryBytes !== undefined ? { memoryBytes } : {}),
    };
  });
}

function table(clusters: readonly ClusterState[]): string {
  const rows = [["CLUSTER", "COMPONENT", "PID", "PORT", "STATE", "MEMORY"]];
  for (const cluster of clusters) {
    rows.push([
      cluster.name,
      `(${cluster.node} node, ${cluster.phase})`,
      String(cluster.supervisor.pid),
      "",
      cluster.server,
      mebibytes(residentMemory(cluster.supervisor.pid)),
    ]);
    for (const { name, pid, port, state, memoryBytes } of components(cluster)) {
      rows.push([
        "",
        name,
        pid === undefined ? "" : String(pid),
        port === undefined ? "" : String(port),
        state,
        mebibytes(memoryBytes),
      ]);
    }
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const mebibytes = (bytes: number | undefined): string =>
  bytes === undefined ? "" : `${Math.round(bytes / 1_048_576)} MiB`;

function describe(state: ClusterState, kubeconfig: string): string {
  return `
Cluster:     ${state.name} (${state.node} node)
API server:  ${state.server}
Kubeconfig:  ${kubeconfig}
Audit log:   ${state.directory}/audit.log

Next:
  export KUBECONFIG=${kubeconfig}
  ${state.kubectl} get nodes,pods --all-namespaces
  orchestrator cluster status --name ${state.name}
  orchestrator cluster down --name ${state.name}`;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function clusterName(text: string): string {
  try {
    clusterDirectory(text);
  } catch (error) {
    throw new InvalidArgumentError(errorText(error));
  }
  return text;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number of seconds is expected");
  return value;
}
