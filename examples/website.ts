/** The custom resource of websites.yaml, for the other examples. */
import { resourceType, type KubernetesObject } from "agent-orchestrator/runtime";

export interface Website extends KubernetesObject {
  spec?: { title?: string };
  status?: { page?: string; observedGeneration?: number };
}

export const Websites = resourceType<Website>({
  group: "examples.orchestrator.io",
  version: "v1",
  kind: "Website",
  plural: "websites",
  namespaced: true,
});
