/** The check of the network plugin. Pure. */
import { failure, notChecked, ok, type Finding } from "./finding.js";
import type { Facts } from "./facts.js";

export function checkNetwork({ network, configuration }: Facts): readonly Finding[] {
  const check = "network policies";
  const isOff = configuration.state === "seen" && !configuration.value.effective.network.enabled;
  const off = isOff
    ? " The configuration has network.enabled: false, so agents have no NetworkPolicy in any case."
    : "";
  if (network === undefined)
    return [
      notChecked(
        check,
        `Whether the network plugin enforces them shows only when pods connect.${off}`,
        "Run the command with --probe-network: it creates three pods and a NetworkPolicy in the namespace of the runs, and removes them.",
      ),
    ];
  switch (network.result) {
    case "enforced":
      return [
        ok(
          check,
          `The network plugin enforces them: a pod with the agents' NetworkPolicy could not reach another pod.${off}`,
        ),
      ];
    case "notEnforced":
      return [
        failure(
          check,
          `The network plugin does not enforce them: a pod with the agents' NetworkPolicy reached another pod.${off}`,
          "Use a network plugin that enforces NetworkPolicies, such as Cilium or Calico: until then, agents reach everything that pods reach.",
        ),
      ];
    case "unknown":
      return [
        notChecked(
          check,
          `It could not be determined: ${network.reason}.`,
          "Remove the cause, and run the command again.",
        ),
      ];
  }
}
