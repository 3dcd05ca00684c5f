import t from "tap";
import { defaultRun, validateRun } from "#src/admission/run.js";
import type { TaskRun, TaskRunSpec } from "#src/api/taskrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { fileSchemas, lookupOf, taskRun } from "../runs.js";

const changed: Configuration = {
  ...defaultConfiguration,
  agent: { ...defaultConfiguration.agent, image: "agent:2", serviceAccountName: "robot" },
  storage: { ...defaultConfiguration.storage, pvcName: "shared" },
};

/** A run that was admitted with the default configuration and has failed once. */
const failed: TaskRun = {
  ...defaultRun(admittedTaskRun, taskRun(), defaultConfiguration),
  status: { phase: "Failed", runs: [{ number: 1, outcome: "Failed" }] },
};

/** As the webhooks answer an update of a run that is stored like this. */
function warningsOf(changes: Partial<TaskRunSpec>, oldObject = failed, configuration = changed): readonly string[] {
  const submitted: TaskRun = { ...oldObject, spec: { ...oldObject.spec, ...changes } };
  const object = defaultRun(admittedTaskRun, submitted, configuration, oldObject);
  const others = { namespace: "default", lookup: lookupOf(admittedTaskRun), fileSchemas };
  return validateRun(admittedTaskRun, { object, oldObject, configuration, ...others }).warnings;
}

t.test("a retry says which values it takes from the configuration, and which claim stays", (t) => {
  for (const request of [{ retryAttempt: 2 }, { contextVersion: 2 }])
    t.strictSame(warningsOf(request), [
      "the next attempt uses what the configuration has now: spec.image agent:2, spec.serviceAccountName robot",
      'spec.workspace.pvcName: stays "auth-workspace-pvc", which may hold the work of earlier attempts; set it to "shared" to use the claim that the configuration names now',
    ]);
  t.strictSame(
    warningsOf({ retryAttempt: 2, image: "mine:1", serviceAccountName: "mine", workspace: { pvcName: "own" } }),
    [],
  );
  t.end();
});

t.test("an update without a request says nothing, nor does a retry of which nothing changed", (t) => {
  t.strictSame(warningsOf({ ttlSecondsAfterFinished: 1 }), []);
  t.strictSame(warningsOf({ retryAttempt: 2 }, failed, defaultConfiguration), []);
  t.end();
});

t.test("a run without a record says which configured values its retry does not take", (t) => {
  const { annotations: _annotations, ...metadata } = failed.metadata ?? {};
  const old = { ...failed, metadata: { ...metadata, annotations: {} } };
  const { image, serviceAccountName } = defaultConfiguration.agent;
  const since = "since this run was created before its origin was recorded";
  t.strictSame(warningsOf({ retryAttempt: 2 }, old), [
    `spec.image: stays "${image}", ${since}; the configuration has "agent:2"`,
    `spec.serviceAccountName: stays "${serviceAccountName}", ${since}; the configuration has "robot"`,
  ]);
  t.end();
});
