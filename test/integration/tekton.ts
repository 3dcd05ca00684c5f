/** A stub of Tekton, whose resources have the names of ours in another group. */

/** The names of Tekton's own CustomResourceDefinition; only the schema is reduced. */
export const tektonDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "taskruns.tekton.dev" },
  spec: {
    group: "tekton.dev",
    scope: "Namespaced",
    names: {
      kind: "TaskRun",
      plural: "taskruns",
      singular: "taskrun",
      shortNames: ["tr", "trs"],
      categories: ["tekton", "tekton-pipelines"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

/**
 * Gives Tekton's group precedence over ours: kubectl resolves a name that both have to its first group, and their order is a
 * matter of the server.
 */
export const tektonPrecedence = {
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: "v1.tekton.dev" },
  spec: { group: "tekton.dev", version: "v1", groupPriorityMinimum: 2_000, versionPriority: 100 },
};

/** An object that would be missed: a finalizer keeps it, so that an attempt to delete it stays visible. */
export const tektonTaskRun = (namespace: string, name: string): object => ({
  apiVersion: "tekton.dev/v1",
  kind: "TaskRun",
  metadata: { name, namespace, finalizers: ["tekton.dev/keep"] },
  spec: { taskRef: { name: "build" } },
});
