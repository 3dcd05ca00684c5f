/** Bodies that the API server sends to a webhook. */

/** The review of a TaskRun that is being created. */
export function reviewOf(object: object, namespace = "ns-0"): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "8f2c0c1e-6f1b-4f0c-9d52-3e0d6d0d9a01",
      kind: { group: "orchestrator.io", version: "v1", kind: "TaskRun" },
      resource: { group: "orchestrator.io", version: "v1", resource: "taskruns" },
      operation: "CREATE",
      namespace,
      name: "run-0",
      userInfo: { username: "bench" },
      object,
      dryRun: false,
    },
  });
}
