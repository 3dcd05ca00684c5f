/** Options of the commands that work with Deliveries, which are in the operator's namespace. */
import type { Command } from "commander";
import { withAccessOptions, type AccessOptions } from "../cluster-access.js";

export function withDeliveryOptions(command: Command): Command {
  return withAccessOptions(command, "namespace of the operator (default: KUBERNETES_NAMESPACE, else orchestrator)");
}

export function namespaceOf({ namespace }: AccessOptions): string {
  return namespace ?? process.env.KUBERNETES_NAMESPACE ?? "orchestrator";
}
