/** Whether another attempt would start. The plan and the slot book use the same function, which is tested here. */
import t from "tap";
import { exampleRun } from "./model-cluster.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { eligibility, recordedProgress, type Eligibility, type StartFacts } from "#src/runs/eligibility.js";
import type { Stored } from "#src/runtime/client/objects.js";

const now = Date.parse("2024-07-02T10:00:00Z");
const soon = "2024-07-02T10:01:00Z";
const failed = [{ number: 1, outcome: "Failed" as const }];

function ask(
  spec: Partial<TaskRun["spec"]> = {},
  status: TaskRun["status"] = {},
  facts: Partial<StartFacts> = {},
  metadata: { readonly deletionTimestamp?: string } = {},
): Eligibility {
  const example = exampleRun(spec);
  const run: Stored<TaskRun> = {
    ...example,
    metadata: { ...example.metadata, name: "a", uid: "uid", resourceVersion: "1", ...metadata },
    status,
  };
  return eligibility(
    run,
    recordedProgress(status),
    { hasUnrecordedJob: false, hasUnrecordedEnd: false, dependencies: () => [], ...facts },
    defaultConfiguration,
    now,
  );
}

t.test("a run that would start says why", (t) => {
  t.match(ask(), { eligible: true, cause: "Initial" });
  t.match(ask({ retryAttempt: 3 }), { eligible: true, cause: "Initial" }, "its number, not a retry");
  t.match(ask({}, { phase: "Pending", runs: failed, nextRetryTime: "2024-07-02T09:59:00Z" }), {
    eligible: true,
    cause: "AutomaticRetry",
  });
  const retried = { phase: "Failed", runs: failed, observedRetryAttempt: 1, observedContextVersion: 1 } as const;
  t.match(ask({ retryAttempt: 2 }, { ...retried, runs: [...failed] }), { eligible: true, cause: "ManualRetry" });
  t.match(ask({ contextVersion: 2 }, { ...retried, runs: [...failed] }), { eligible: true, cause: "ContextChanged" });
  t.end();
});

t.test(
  "a retry request takes precedence over the back-off of an automatic retry, and reopens a run that ended",
  (t) => {
    const status = { phase: "Pending", runs: failed, nextRetryTime: soon, observedRetryAttempt: 1 } as const;
    t.match(ask({}, { ...status, runs: [...failed] }), {
      eligible: false,
      reason: "RetryScheduled",
      retryAt: Date.parse(soon),
    });
    t.match(ask({ retryAttempt: 2 }, { ...status, runs: [...failed] }), { eligible: true, cause: "ManualRetry" });
    const done = { phase: "Succeeded", runs: [{ number: 1, outcome: "Succeeded" }], observedRetryAttempt: 1 } as const;
    t.match(ask({ retryAttempt: 2 }, { ...done, runs: [...done.runs] }), { eligible: true, cause: "ManualRetry" });
    t.end();
  },
);

t.test("a run that would not start says what it waits for", (t) => {
  const cases: readonly (readonly [string, Eligibility])[] = [
    ["Deleting", ask({}, {}, {}, { deletionTimestamp: soon })],
    ["Ended", ask({}, { phase: "Failed", runs: failed })],
    ["Ended", ask({ retryAttempt: 9 }, { phase: "Cancelled", observedRetryAttempt: 1 })],
    ["Ended", ask({ retryAttempt: 9, cancel: true }, { phase: "Failed", runs: failed, observedRetryAttempt: 1 })],
    ["AttemptRunning", ask({}, { phase: "Running", runs: [{ number: 1 }] })],
    ["AttemptRunning", ask({}, {}, { hasUnrecordedJob: true })],
    ["Succeeded", ask({}, { phase: "Running", runs: [{ number: 1, outcome: "Succeeded" }] })],
    ["Cancelled", ask({ cancel: true })],
    ["EndNotRecorded", ask({ retryAttempt: 2 }, { runs: failed, observedRetryAttempt: 1 }, { hasUnrecordedEnd: true })],
    ["RetryUndecided", ask({}, { phase: "Running", runs: failed })],
    ["RetryUndecided", ask({}, { runs: failed, nextRetryTime: soon }, { hasUnrecordedEnd: true })],
    ["Suspended", ask({ suspend: true })],
    ["DependenciesNotMet", ask({}, {}, { dependencies: () => [{ name: "b", phase: "Running" }] })],
  ];
  for (const [reason, answer] of cases) t.match(answer, { eligible: false, reason }, reason);
  t.end();
});

t.test("dependencies are only looked up if nothing else decides", (t) => {
  const dependencies = (): never => {
    throw new Error("looked up");
  };
  t.match(ask({}, { phase: "Failed", runs: failed }, { dependencies }), { reason: "Ended" });
  t.match(ask({}, { phase: "Running", runs: [{ number: 1 }] }, { dependencies }), { reason: "AttemptRunning" });
  t.throws(() => ask({}, {}, { dependencies }), { message: "looked up" });
  t.end();
});
