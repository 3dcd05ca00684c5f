import { join } from "node:path";
import { operatorNames } from "../configuration/names.js";
import { packageRoot } from "../version.js";
import { kubectl } from "./install.js";
import { loadOperatorImage } from "./load-image.js";
import type { Cluster } from "./options.js";
import { until } from "./process.js";
import { webhooksAnswer } from "./webhooks.js";

export interface OperatorPodsOptions {
  readonly progress?: (line: string) => void;
  /** Timeout in milliseconds until its pods are ready and its webhooks answer. Default 120,000. */
  readonly timeout?: number;
}

/** The kustomization of an installation, for `kubectl apply -k`. */
export const installFolder = join(packageRoot, "config", "default");

/**
 * Installs the operator in the cluster as users do, with an image of this checkout. Resolves when all its pods are ready
 * and the API server has called their webhooks through the Service. Idempotent.
 *
 * @throws {Error} without a real node; and when its pods are not ready in time, with their status, events and logs.
 */
export async function installOperatorPods(cluster: Cluster, options: OperatorPodsOptions = {}): Promise<void> {
  const { progress = () => undefined, timeout = 120_000 } = options;
  if (cluster.node !== "real") {
    throw new Error(`the operator's pods need a real node, and the node of cluster ${cluster.name} is ${cluster.node}`);
  }
  const deadline = Date.now() + timeout;
  progress("building the operator's image");
  await loadOperatorImage(cluster);
  progress("applying config/default");
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-k", installFolder]);
  progress("waiting for the operator's pods");
  const seconds = Math.max(1, Math.round((deadline - Date.now()) / 1_000));
  try {
    for (const deployment of [operatorNames.deployment, operatorNames.serverDeployment])
      await kubectl(cluster, [
        ...inNamespace,
        "rollout",
        "status",
        `deployment/${deployment}`,
        `--timeout=${seconds}s`,
      ]);
  } catch (error) {
    throw new Error(`the operator's pods are not ready. ${await diagnostics(cluster)}`, { cause: error });
  }
  // kube-proxy programs the Service some time after its pods are ready; callers must not run into that
  if ((await until(Math.max(1_000, deadline - Date.now()), () => webhooksAnswer(cluster))) === undefined) {
    throw new Error(
      `timed out after ${timeout / 1_000} s waiting for the operator's webhooks. ${await diagnostics(cluster)}`,
    );
  }
  progress("the operator's pods are ready and the API server reaches their webhooks");
}

const inNamespace = ["--namespace", "orchestrator"] as const;

/** Pods, warning events and logs of the operator, as text. */
async function diagnostics(cluster: Cluster): Promise<string> {
  const commands = [
    ["get", "pods", "-o", "wide"],
    ["get", "events", "--field-selector=type=Warning"],
    ["logs", "--selector=app.kubernetes.io/name=agent-orchestrator", "--prefix", "--tail=10"],
  ];
  const outputs = await Promise.all(commands.map((args) => kubectl(cluster, [...inNamespace, ...args]).catch(String)));
  return `Diagnostics:\n${outputs.map((text) => text.trimEnd()).join("\n")}`;
}
