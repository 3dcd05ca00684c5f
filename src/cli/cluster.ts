import { errorText } from "../runtime/error-text.js";
import { Command, InvalidArgumentError, Option } from "commander";
import { findCluster, listClusters, stopCluster, type ClusterState } from "../cluster/index.js";
import { clusterDirectory } from "../cluster/state.js";
import { clusterLoadImage } from "./cluster-load-image.js";
import { clusterTable, componentRows } from "./cluster-table.js";
import { clusterUp, type UpOptions } from "./cluster-up.js";
import { processIo, type CommandIo } from "./io.js";
import { exitOnUsageError } from "./options.js";

/**
 * `orchestrator cluster up|load-image|status|down`.
 *
 * Exit codes: 0 success, also when there was nothing to do; 1 failure, with the reason and a remedy on stderr; 2 wrong
 * usage; 130 interrupted, with nothing left of the start.
 */
export function clusterCommand(io: CommandIo = processIo): Command {
  const command = new Command("cluster").description(
    "manage local Kubernetes clusters with a real API server and a real or simulated node",
  );
  addUpCommand(command, io);

  command
    .command("load-image")
    .description("make a container image available to the pods of a cluster with a real node")
    .argument("<image>", "an OCI or docker archive, or an image that this checkout builds: demo-agent, operator")
    .addOption(new Option("--name <name>", "cluster name").argParser(clusterName).default("local"))
    .action(async (image: string, options: { name: string }) => clusterLoadImage(image, options, io));

  command
    .command("status")
    .description("show running clusters: components, processes, ports, memory")
    .option("--name <name>", "cluster name (default: all clusters)", clusterName)
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .action(async (options: { name?: string; output: "table" | "json" }) => status(options, io));

  command
    .command("down")
    .description("stop a cluster and remove everything that belongs to it")
    .addOption(new Option("--name <name>", "cluster name").argParser(clusterName).default("local"))
    .addOption(new Option("--all", "all clusters of this user"))
    .action(async (options: { name: string; all?: boolean }) => down(options, io));

  for (const subcommand of command.commands) exitOnUsageError(subcommand);
  return command;
}

function addUpCommand(command: Command, io: CommandIo): void {
  command
    .command("up")
    .description("start a cluster and wait until it is ready")
    .option("--name <name>", "cluster name; clusters with different names run side by side", clusterName, "local")
    .addOption(
      new Option(
        "--node <mode>",
        "node type. real: pods run in containers (Linux, root); simulated: pods only change phase; none: pods stay Pending; auto: real where possible, else simulated",
      )
        .choices(["real", "simulated", "none", "auto"])
        .default("auto"),
    )
    .addOption(
      new Option(
        "--operator [where]",
        "operator of this checkout to run. host: as a process beside the cluster; pods: installed in the cluster, needs a real node",
      )
        .choices(["host", "pods"])
        .preset("host"),
    )
    .option(
      "--no-demo-agent",
      "no demo agent: no image, configuration and Secret for a first TaskRun; only with --operator",
    )
    .option(
      "--internet",
      "network access to everything that this machine can reach, for pods and image pulls; needs a real node",
    )
    .option("--kubeconfig <file>", "file to write the admin kubeconfig to; removed by cluster down")
    .option("--force", "replace the --kubeconfig file even if it does not belong to a local cluster")
    .option("--no-install", "no installation of missing Debian packages")
    .option("--no-audit", "no audit log")
    .option("--timeout <seconds>", "start-up timeout, not counting the time to build programs", positiveSeconds, 180)
    .action(async (options: UpOptions) => clusterUp(options, io));
}

async function status(options: { name?: string; output: "table" | "json" }, io: CommandIo): Promise<void> {
  const clusters = (await listClusters()).filter(({ name }) => options.name === undefined || name === options.name);
  if (options.output === "json") {
    const rows = clusters.map((cluster) => ({ ...cluster, components: componentRows(cluster) }));
    io.out(`${JSON.stringify(rows, null, 2)}\n`);
  } else if (clusters.length === 0) {
    io.out(options.name === undefined ? "No cluster is running.\n" : `Cluster ${options.name} is not running.\n`);
  } else {
    io.out(`${clusterTable(clusters)}\n`);
  }
  if (options.name !== undefined && clusters.length === 0) io.exit(1);
}

async function down(options: { name: string; all?: boolean }, io: CommandIo): Promise<void> {
  const names = options.all === true ? (await listClusters()).map(({ name }) => name) : [options.name];
  if (names.length === 0) io.out("No cluster is running.\n");
  for (const name of names) {
    const before = (await findCluster(name))?.state();
    if (!(await stopCluster(name)) && before === undefined)
      io.out(`Cluster ${name} is not running: nothing to remove.\n`);
    else io.out(`Removed cluster ${name}: ${removedParts(before)}.\n`);
  }
}

/** What was removed with the cluster; without a state it had not finished starting. */
function removedParts(state: ClusterState | undefined): string {
  if (state === undefined) return "it was still starting";
  const processes = state.components.filter(({ exit }) => exit === undefined).length;
  const kubeconfig = state.exportedKubeconfig === undefined ? "" : `, ${state.exportedKubeconfig}`;
  return `${processes} components with their data and logs${state.node === "real" ? ", the node with its pods, mounts and network" : ""}${kubeconfig}`;
}

function clusterName(text: string): string {
  try {
    clusterDirectory(text);
  } catch (error) {
    throw new InvalidArgumentError(errorText(error));
  }
  return text;
}

function positiveSeconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("must be a number of seconds above 0");
  return value;
}
