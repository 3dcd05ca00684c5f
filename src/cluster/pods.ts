import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../version.js";
import { operatorImage } from "./images/operator-image.js";
import { kubectl } from "./install.js";
import type { Cluster } from "./options.js";
import { until } from "./process.js";
import { webhooksAnswer } from "./webhooks.js";

export interface OperatorPodsOptions {
  readonly progress?: (line: string) => void;
  /** Milliseconds until its pods must be there and its webhooks answer. Default 120,000. */
  readonly timeout?: number;
}

/** What an install is made of, for `kubectl apply -k`. */
export const installFolder = join(packageRoot, "config", "default");

/**
 * Installs the operator in the cluster as its users do, with an image of this checkout, and resolves when all its pods
 * are ready and the API server has called their webhooks through the Service. May be repeated.
 *
 * @throws {Error} where pods are not real, and with what the pods say when they don't become ready in time.
 */
export async function installOperatorPods(cluster: Cluster, options: OperatorPodsOptions = {}): Promise<void> {
  const { progress = () => undefined, timeout = 120_000 } = options;
  if (cluster.node !== "real") {
    throw new Error(`the operator's pods need a real node, and the cluster ${cluster.name} has ${cluster.node} ones`);
  }
  const deadline = Date.now() + timeout;
  progress("building the operator's image");
  await loadOperatorImage(cluster);
  progress("applying config/default");
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-k", installFolder]);
  progress("waiting for the operator's pods");
  const seconds = Math.max(1, Math.round((deadline - Date.now()) / 1_000));
  try {
    await kubectl(cluster, [...own, "rollout", "status", "deployment/orchestrator", `--timeout=${seconds}s`]);
  } catch (error) {
    throw new Error(`the operator's pods are not ready. ${await whatPodsSay(cluster)}`, { cause: error });
  }
  // the Service is programmed some time after its pods are ready: nobody should meet that
  if ((await until(Math.max(1_000, deadline - Date.now()), () => webhooksAnswer(cluster))) === undefined) {
    throw new Error(`the operator's webhooks: not within ${timeout / 1_000} s. ${await whatPodsSay(cluster)}`);
  }
  progress("the operator's pods are ready and their webhooks answer");
}

/** Makes the image that config/default names available to the node. */
export async function loadOperatorImage(cluster: Cluster): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "orchestrator-image-"));
  try {
    const archive = join(directory, "operator.tar");
    await operatorImage(archive);
    await cluster.loadImage(archive);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const own = ["--namespace", "orchestrator"] as const;

async function whatPodsSay(cluster: Cluster): Promise<string> {
  const asked = [
    ["get", "pods", "-o", "wide"],
    ["get", "events", "--field-selector=type=Warning"],
    ["logs", "--selector=app=orchestrator", "--prefix", "--tail=10"],
  ];
  const told = await Promise.all(asked.map((args) => kubectl(cluster, [...own, ...args]).catch(String)));
  return `What is known:\n${told.map((text) => text.trimEnd()).join("\n")}`;
}
