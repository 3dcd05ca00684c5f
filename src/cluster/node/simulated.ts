import { join } from "node:path";
import type { AdminApi } from "../api.js";
import type { ComponentSpec, ControlPlaneLayout } from "../control-plane.js";

/** Creates a Node object without a machine, and returns kwok, which moves it and its pods through their phases. */
export async function simulatedNode(
  layout: ControlPlaneLayout,
  stages: readonly string[],
  api: AdminApi,
): Promise<ComponentSpec> {
  const capacity = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "5000" };
  await api.ensure("/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: layout.nodeName,
      labels: {
        "kubernetes.io/hostname": layout.nodeName,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": process.arch === "x64" ? "amd64" : process.arch,
        type: "kwok",
      },
      annotations: { "node.alpha.kubernetes.io/ttl": "0", "kwok.x-k8s.io/node": "fake" },
    },
    spec: {},
    status: { capacity, allocatable: capacity },
  });
  return {
    name: "kwok",
    argv: [
      layout.binaries.get("kwok") ?? "kwok",
      `--kubeconfig=${join(layout.directory, "kubeconfig")}`,
      "--manage-all-nodes=true",
      ...stages.map((stage) => `--config=${stage}`),
    ],
  };
}
