/** Argo Workflows in a cluster: its CRDs, its controller beside the cluster, and the executor's image on the node. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { writeImage } from "#src/cluster/images/oci.js";
import { packageRoot } from "#src/version.js";
import { argoPrograms, type ArgoPrograms } from "./argo-programs.js";

const executorImage = "localhost/agent-orchestrator/argoexec:latest";

/** Namespace of the controller's configuration. */
const own = "argo";

export async function applyArgoDefinitions(cluster: Cluster, { definitions }: ArgoPrograms): Promise<void> {
  const files = definitions.flatMap((file) => ["-f", file]);
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", ...files]);
  await kubectl(cluster, ["wait", "--for=condition=Established", "--timeout=60s", ...files]);
}

/** The manifests of config/argo for a namespace. */
export async function argoManifests(cluster: Cluster, namespace: string): Promise<string> {
  const text = await kubectl(cluster, ["kustomize", join(packageRoot, "config/argo")]);
  return text.replaceAll("namespace: orchestrator-runs", `namespace: ${namespace}`);
}

/** Installs everything; Workflows of all namespaces run when it resolves. */
export async function startArgo(cluster: Cluster, progress: (line: string) => void): Promise<void> {
  const programs = await argoPrograms(progress);
  const directory = mkdtempSync(join(tmpdir(), "argo-"));
  const archive = join(directory, "image.tar");
  await Promise.all([
    applyArgoDefinitions(cluster, programs),
    writeImage(archive, {
      name: executorImage,
      entries: {
        "/bin/argoexec": { type: "file", content: readFileSync(programs.executor), mode: 0o755 },
        "/tmp": { type: "directory", mode: 0o1777 },
      },
      entrypoint: ["argoexec"],
    }).then(() => cluster.loadImage(archive)),
  ]);
  rmSync(directory, { recursive: true });
  // looks at resources each second, so that a test need not wait longer
  const executor = 'imagePullPolicy: IfNotPresent\nenv: [{ name: RESOURCE_STATE_CHECK_INTERVAL, value: "1s" }]\n';
  const configuration = { metricsConfig: "enabled: false\n", telemetryConfig: "enabled: false\n", executor };
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: own } },
    {
      ...{ apiVersion: "v1", kind: "ConfigMap", data: configuration },
      metadata: { namespace: own, name: "workflow-controller-configmap" },
    },
  ];
  await kubectl(cluster, ["apply", "-f", "-"], objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  await cluster.startComponent({
    name: "workflow-controller",
    argv: [
      programs.controller,
      `--kubeconfig=${cluster.kubeconfig}`,
      `--namespace=${own}`,
      `--executor-image=${executorImage}`,
    ],
    environment: {
      ...{ LEADER_ELECTION_DISABLE: "true", DEFAULT_REQUEUE_TIME: "1s" },
      // else it can miss its own update about a killed step, which it then retries only with its resync after 20 minutes
      INFORMER_WRITE_BACK: "false",
      // a step that is killed after it began to report is waited for this long, by default 10 minutes
      TASK_RESULT_TIMEOUT_DURATION: "5s",
    },
  });
}
