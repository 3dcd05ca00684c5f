/** The kind DocsRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { DocsRunSpec, DocsRunStatus } from "./generated/docsrun.js";

export type { DocsRunSpec, DocsRunStatus } from "./generated/docsrun.js";

/** Documents for the tasks of a repository. Fields with a default in the CRD are always there in an object that the API server returned. */
export interface DocsRun extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: DocsRunSpec;
  status?: DocsRunStatus;
}

export const DocsRuns = resourceType<DocsRun>({
  group: "orchestrator.io",
  version: "v1",
  kind: "DocsRun",
  plural: "docsruns",
  namespaced: true,
});
