import { Command, Option } from "commander";
import { releaseRuns } from "../operations/release-runs.js";
import { inCluster } from "./cluster-access.js";
import { operatorNamespace } from "./cluster-configuration.js";
import { processIo, withExitCode, type CommandIo } from "./io.js";
import { positiveInteger } from "./options.js";
import { withOperatorOptions } from "./operator-options.js";

interface Options {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly runsNamespaces?: string;
  readonly runningAgents: "refuse" | "leave";
  readonly keepWebhooks?: boolean;
  readonly timeout: number;
}

/**
 * `orchestrator release-runs`: what comes before the operator is uninstalled. The chart runs it as a hook.
 *
 * Exit codes: 0 done; 1 agents run, or the cluster refused; 2 wrong usage, or no access to a cluster.
 */
export function releaseRunsCommand(io: CommandIo = processIo): Command {
  return withOperatorOptions(
    new Command("release-runs").description(
      "stop the operator, delete its webhook configurations and remove its finalizers from runs and Jobs, so that it can be uninstalled; no run is deleted",
    ),
    "kubeconfig (default: as kubectl, else the pod's ServiceAccount)",
  )
    .option("--runs-namespaces <names>", "namespaces with runs, separated by commas (default: all)")
    .addOption(
      new Option(
        "--running-agents <action>",
        "handling of running agents: refuse fails without a change, leave lets them run on unmanaged",
      )
        .choices(["refuse", "leave"])
        .default("refuse"),
    )
    .option("--keep-webhooks", "leave the webhook configurations; runs cannot be created until they are deleted")
    .option("--timeout <seconds>", "time for the operator's pods to stop", positiveInteger, 120)
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

function run(options: Options, io: CommandIo): Promise<number> {
  const { runsNamespaces = "", runningAgents, keepWebhooks, timeout } = options;
  return inCluster(options, io, async ({ client }) => {
    await releaseRuns({
      client,
      namespace: operatorNamespace(options),
      namespaces: runsNamespaces.split(",").filter((name) => name !== ""),
      runningAgents,
      webhooks: keepWebhooks !== true,
      signal: AbortSignal.timeout(timeout * 1_000),
      say: (line) => io.out(`${line}\n`),
    });
    return 0;
  });
}
