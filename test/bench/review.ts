/** Request bodies of the API server to a webhook. */
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { defaultRun } from "#src/admission/run.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

/**
 * The review of a TaskRun that is being created, as kube-apiserver 1.36 sends it after a server-side apply: the schema's
 * defaults and managedFields are already set.
 */
export function reviewOf(object: object, namespace = "ns-0"): string {
  const names = { group: "orchestrator.io", version: "v1" };
  const kind = { ...names, kind: "TaskRun" };
  const resource = { ...names, resource: "taskruns" };
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "8f2c0c1e-6f1b-4f0c-9d52-3e0d6d0d9a01",
      ...{
        kind,
        resource,
        requestKind: kind,
        requestResource: resource,
        name: "run-0",
        namespace,
        operation: "CREATE",
      },
      userInfo: { username: "bench", groups: ["system:authenticated"] },
      object: asSent(object),
      oldObject: null,
      dryRun: false,
      options: {
        kind: "CreateOptions",
        apiVersion: "meta.k8s.io/v1",
        fieldManager: "kubectl",
        fieldValidation: "Strict",
      },
    },
  });
}

/** The run after the mutating webhook, which the validating webhook gets. */
export function mutated(run: object): object {
  return defaultRun(admittedTaskRun, run as TaskRun, defaultConfiguration);
}

function asSent(object: object): object {
  const run = admittedTaskRun.schema.applyDefaults(object) as { metadata: object };
  const file = { ".": {}, "f:content": {}, "f:fileType": {}, "f:filename": {} };
  const managed = {
    apiVersion: "orchestrator.io/v1",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:labels": { "f:team": {} } },
      "f:spec": {
        "f:markdownFiles": { 'k:{"filename":"prompt.md"}': file, 'k:{"filename":"task.md"}': file },
        ...{ "f:priority": {}, "f:serviceName": {}, "f:taskId": {} },
      },
    },
    ...{ manager: "kubectl", operation: "Apply", time: "2026-01-01T00:00:00Z" },
  };
  return { ...run, metadata: { ...run.metadata, managedFields: [managed] } };
}
