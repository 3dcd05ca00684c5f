import type { Command } from "commander";

/** Adds the options that select an installation: a cluster, and the namespace of the operator in it. @param kubeconfig its description */
export function withOperatorOptions(command: Command, kubeconfig = "kubeconfig (default: as kubectl)"): Command {
  return command
    .option("--kubeconfig <file>", kubeconfig)
    .option("--context <name>", "context of the kubeconfig (default: the current one)")
    .option("-n, --namespace <name>", "namespace of the operator (default: KUBERNETES_NAMESPACE, else orchestrator)");
}
