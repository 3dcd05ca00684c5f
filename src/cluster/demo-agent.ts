/** The demo agent as the agent of a cluster: a first TaskRun succeeds without a key, a registry or the internet. */
import { join } from "node:path";
import { stringify } from "yaml";
import { packageRoot } from "../version.js";
import { DEMO_AGENT_IMAGE } from "./images/demo-agent.js";
import { builtImages } from "./images/built-images.js";
import { kubectl, type InstallTarget } from "./install.js";
import { loadBuiltImage } from "./load-image.js";
import type { Cluster } from "./options.js";
import { until } from "./process.js";

/** The demo agent, which reads the task's files by itself. */
export const demoCommand = ["/usr/local/bin/claude"];

const NAMESPACE = "orchestrator";
const CONFIGURATION = "taskrun-controller-config";
const SECRET = "orchestrator-secrets";

type Progress = (line: string) => void;

/** Builds the demo agent's image and makes it available to pods. */
export async function loadDemoAgent(target: Pick<Cluster, "loadImage">): Promise<void> {
  const built = builtImages.get("demo-agent");
  if (built !== undefined) await loadBuiltImage(target, built);
}

/** The operator's configuration for an image that needs no key, with resources for a small machine. */
export function demoConfiguration(image: string, more: object = {}): object {
  const small = { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "256Mi" } };
  const isDemo = image === DEMO_AGENT_IMAGE;
  const comment = isDemo
    ? "# The demo agent is a shell script: it needs no key and costs nothing. Its image has no bash for the start script, so it is\n# named as a command; remove that for a real agent.\n"
    : "";
  const agent = { image, ...(isDemo && { command: demoCommand }), resources: small };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: CONFIGURATION, namespace: NAMESPACE },
    data: {
      "config.yaml": comment + stringify({ agent, storage: { size: "1Gi" }, ...more }),
    },
  };
}

/** The Secret that holds the API key of a real agent; the demo agent does not use it. */
export function demoSecret(namespace: string): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: SECRET, namespace },
    stringData: { ANTHROPIC_API_KEY: "the-demo-agent-needs-no-key" },
  };
}

/**
 * Starts the operator such that TaskRuns in its namespace run the demo agent when this resolves. What exists stays
 * unchanged: the configuration and the Secret may be the user's.
 *
 * @throws what `startOperator` throws, and where kubectl fails
 */
export async function startWithDemoAgent(
  cluster: Cluster,
  startOperator: () => Promise<unknown>,
  progress: Progress,
): Promise<void> {
  // The operator is ready only when it has read its configuration, so that nothing needs to wait for a reload. But where
  // an operator was installed before, its webhooks deny a configuration until it runs again.
  if (!(await exists(cluster, "validatingwebhookconfiguration/orchestrator"))) {
    await applyWhatIsMissing(cluster, progress);
    await startOperator();
    return;
  }
  await startOperator();
  if ((await applyWhatIsMissing(cluster, progress)) && !(await until(15_000, () => injectsDemoAgent(cluster))))
    throw new Error("the operator did not load the configuration of the demo agent within 15 s");
}

/** @returns whether a configuration was missing */
async function applyWhatIsMissing(cluster: Cluster, progress: Progress): Promise<boolean> {
  const manifest = join(packageRoot, "config/manager/namespace.yaml");
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", manifest]);
  if (!(await exists(cluster, `secret/${SECRET}`))) await apply(cluster, demoSecret(NAMESPACE));
  if (await exists(cluster, `configmap/${CONFIGURATION}`)) return false;
  progress("adding the demo agent and its configuration");
  if (cluster.node === "real") await loadDemoAgent(cluster);
  await apply(cluster, demoConfiguration(DEMO_AGENT_IMAGE));
  return true;
}

async function exists(target: InstallTarget, object: string): Promise<boolean> {
  return (await kubectl(target, ["get", object, "-n", NAMESPACE, "--ignore-not-found", "-o", "name"])) !== "";
}

/** Whether admission gives the demo agent's image to a new TaskRun. */
async function injectsDemoAgent(target: InstallTarget): Promise<true | undefined> {
  const run = {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: "demo-agent-check", namespace: NAMESPACE },
    spec: { taskId: 1, serviceName: "check", markdownFiles: [{ filename: "task.md", content: "# Task" }] },
  };
  const create = ["create", "--dry-run=server", "-o", "jsonpath={.spec.image}", "-f", "-"];
  return (await kubectl(target, create, JSON.stringify(run))) === DEMO_AGENT_IMAGE ? true : undefined;
}

/** Not server-side, so that users can change the object with either kind of apply. */
const apply = (target: InstallTarget, object: object): Promise<string> =>
  kubectl(target, ["apply", "-f", "-"], JSON.stringify(object));
