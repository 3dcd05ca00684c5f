import t from "tap";
import type { TaskRunStatus } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { taskRun, validateTaskRun } from "../runs.js";

const { image } = defaultConfiguration.agent;
const failed: TaskRunStatus = {
  phase: "Failed",
  reason: "ImagePullBackOff",
  message: `Attempt 1: image ${image} cannot be pulled.`,
};

function warningsAfter(status: TaskRunStatus, changes: object): readonly string[] {
  return validateTaskRun(taskRun(changes, status), { oldObject: taskRun({}, status) }).warnings;
}

t.test("another attempt with the image that could not be pulled gives a warning", (t) => {
  for (const request of [{ retryAttempt: 2 }, { contextVersion: 2 }])
    t.match(warningsAfter(failed, request), [/^spec\.image: is still .*ImagePullBackOff/]);
  const { serviceAccountName } = defaultConfiguration.agent;
  const missing = {
    ...failed,
    reason: "ServiceAccountMissing",
    message: `serviceaccount "${serviceAccountName}" not found`,
  };
  t.match(warningsAfter(missing, { retryAttempt: 2 }), [/^spec\.serviceAccountName: is still/]);
  t.end();
});

t.test("no warning with another image, after another failure, or without a request", (t) => {
  t.strictSame(warningsAfter(failed, { retryAttempt: 2, image: "other:1" }), []);
  t.strictSame(warningsAfter({ ...failed, reason: "AgentFailed" }, { retryAttempt: 2 }), []);
  t.strictSame(warningsAfter({ ...failed, message: "image busybox cannot be pulled" }, { retryAttempt: 2 }), []);
  t.strictSame(warningsAfter(failed, { ttlSecondsAfterFinished: 1 }), []);
  t.end();
});
