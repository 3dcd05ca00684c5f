/** The kind CodeRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { CodeRunSpec, CodeRunStatus } from "./generated/coderun.js";

export type { CodeRunSpec, CodeRunStatus } from "./generated/coderun.js";

/** The implementation of a task. Fields with a default in the CRD are always there in an object that the API server returned. */
export interface CodeRun extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: CodeRunSpec;
  status?: CodeRunStatus;
}

export const CodeRuns = resourceType<CodeRun>({
  group: "orchestrator.io",
  version: "v1",
  kind: "CodeRun",
  plural: "coderuns",
  namespaced: true,
});
