/** The lifecycle of a run: the engine against a model of a cluster. */
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { World } from "./world.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { applyActions } from "#src/runs/apply/actions.js";
import { Live } from "#src/runs/live.js";
import { noMetrics } from "#src/runs/metrics.js";
import { observe } from "#src/runs/observe.js";
import { FilesError } from "#src/runs/run.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import { findCondition } from "#src/api/conditions.js";

function begin(spec: Partial<TaskRun["spec"]> = {}): Manager {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun(spec));
  return new Manager(cluster);
}

const workspaceWrite = "create persistentvolumeclaims";

void t.test("a run takes four writes until Succeeded, plus one for a new workspace", async (t) => {
  const manager = begin();
  await manager.reconcile();
  t.match(manager.run.status, {
    phase: "Running",
    jobName: "auth-service-task-1001-run-1",
    configMapName: "auth-service-task-1001-run-1-files",
    attempts: 1,
    observedGeneration: 1,
    startTime: "2024-07-02T10:00:00Z",
  });
  await manager.work(
    0,
    JSON.stringify({ pullRequestUrl: "https://example.com/pr/1", sessionId: "s-1", summary: "done" }),
  );
  await manager.reconcile();
  t.match(manager.run.status, {
    phase: "Succeeded",
    workCompleted: true,
    pullRequestUrl: "https://example.com/pr/1",
    sessionId: "s-1",
    message: "Attempt 1 succeeded: done",
    completionTime: "2024-07-02T10:00:00Z",
  });
  t.same(
    manager.cluster.writes.filter((write) => write !== workspaceWrite),
    ["create configmaps", "create jobs", "patch taskruns/status", "patch taskruns/status"],
  );
  t.same(manager.outcomes, ["1 Initial Succeeded"]);
  t.same(
    manager.run.status?.conditions?.map(({ type, status }) => `${type}=${status}`),
    [
      "Ended=True",
      "Succeeded=True",
      "Admitted=True",
      "DependenciesMet=True",
      "WorkspaceReady=True",
      "ConfigMapReady=True",
      "JobCreated=True",
    ],
  );
  t.same(
    manager.events.map(({ reason }) => reason),
    ["JobCreated", "RunSucceeded"],
  );
});

void t.test("a running run has Succeeded Unknown and is Reconciling", async (t) => {
  const manager = begin();
  await manager.reconcile();
  const { conditions } = manager.run.status ?? {};
  t.equal(findCondition(conditions, "Succeeded")?.status, "Unknown");
  t.equal(findCondition(conditions, "Reconciling")?.status, "True");
  t.equal(findCondition(conditions, "Stalled"), undefined);
});

void t.test("reconciling without changes writes nothing", async (t) => {
  const manager = begin();
  await manager.reconcile();
  const before = manager.cluster.writes.length;
  await manager.reconcile();
  manager.cluster.time += 60_000;
  await manager.reconcile();
  t.equal(manager.cluster.writes.length, before);
});

void t.test(
  "a run without the finalizer, as when admission is bypassed, gets it before anything is created",
  async (t) => {
    const manager = begin();
    manager.cluster.change(TaskRuns, runName, ({ metadata }) => delete metadata.finalizers);
    await manager.reconcile();
    t.equal(manager.cluster.writes[0], "patch taskruns");
    t.same(manager.run.metadata.finalizers, ["taskrun.orchestrator.io/cleanup"]);
    t.equal(manager.phase, "Running");
  },
);

void t.test(
  "a manager killed at any write of a run reaches the same end after its restart, with one Job",
  async (t) => {
    for (let at = 1; at <= 6; at++) {
      for (const when of ["before", "after"] as const) {
        const manager = begin();
        await manager.reconcile({ kill: { at, when } });
        await manager.reconcile();
        await manager.work(0);
        t.equal(manager.phase, "Succeeded", `killed ${when} write ${at}`);
        t.same(manager.cluster.jobsCreated, ["auth-service-task-1001-run-1"]);
        t.equal(manager.run.status?.attempts, 1);
      }
    }
  },
);

void t.test("a manager killed at any write, with caches of any age after its restart, starts one Job", async (t) => {
  for (let at = 1; at <= 5; at++) {
    for (let jobs = 0; jobs <= 4; jobs++) {
      for (let runs = 0; runs <= 4; runs++) {
        const manager = begin();
        await manager.reconcile({ kill: { at, when: "after" } });
        await manager.reconcile({ age: (plural) => (plural === "jobs" ? jobs : plural === "taskruns" ? runs : 0) });
        await manager.reconcile();
        await manager.work(0);
        t.same([manager.phase, manager.cluster.jobsCreated.length], ["Succeeded", 1], `${at} ${jobs} ${runs}`);
      }
    }
  }
});

void t.test(
  "a first attempt with another number that the cache does not show is found before a second one starts",
  async (t) => {
    const manager = begin();
    await manager.reconcile({ kill: { at: 4, when: "before" } });
    t.equal(manager.cluster.jobsCreated.length, 1);
    manager.cluster.runJobController();
    manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
    await manager.reconcile({ age: (plural) => (plural === "taskruns" ? 0 : 3) });
    t.equal(manager.cluster.jobsCreated.length, 1);
    for (let step = 0; step < 3; step++) {
      manager.cluster.settle();
      await manager.reconcile();
    }
    t.same(manager.outcomes, ["1 Initial Replaced", "2 ManualRetry -"]);
  },
);

void t.test("a late reconcile with stale caches never reverts a status", async (t) => {
  const manager = begin();
  await manager.reconcile();
  await manager.work(0);
  for (let age = 1; age <= 12; age++) await manager.reconcile({ age: () => age });
  t.equal(manager.phase, "Succeeded");
  t.equal(manager.cluster.jobsCreated.length, 1);
});

void t.test("a succeeded run never runs again: not after its Job is deleted, a resync, or a clock jump", async (t) => {
  const manager = begin();
  await manager.reconcile();
  await manager.work(0);
  const wait = await manager.reconcile();
  t.equal(wait?.requeueAfter, 86_400_000, "it looks again when the Job's time is over");
  manager.cluster.time += 86_400_000;
  await manager.reconcile();
  manager.cluster.settle();
  manager.cluster.settle();
  await manager.reconcile();
  t.equal(manager.cluster.all(Jobs).length, 0, "the manager removed it");
  manager.cluster.time -= 365 * 86_400_000;
  await manager.reconcile();
  manager.cluster.time += 730 * 86_400_000;
  await manager.reconcile();
  t.same(manager.cluster.jobsCreated, ["auth-service-task-1001-run-1"]);
  t.equal(manager.phase, "Succeeded");
});

void t.test(
  "a failed attempt is followed by at most maxRetries automatic retries, each after its back-off",
  async (t) => {
    const manager = begin({ retry: { maxRetries: 2, initialBackoffSeconds: 10, maxBackoffSeconds: 15 } });
    await manager.reconcile();
    await manager.work(3);
    t.equal(manager.phase, "Pending");
    const { nextRetryTime } = manager.run.status ?? {};
    t.ok(nextRetryTime);
    const early = await manager.reconcile();
    t.equal(manager.cluster.jobsCreated.length, 1);
    t.equal(early?.requeueAfter, Date.parse(nextRetryTime ?? "") - manager.cluster.time);
    for (let more = 0; more < 5; more++) {
      manager.cluster.time += 20_000;
      await manager.reconcile();
      await manager.work(3);
    }
    t.equal(manager.phase, "Failed");
    t.same(manager.outcomes, ["1 Initial Failed", "2 AutomaticRetry Failed", "3 AutomaticRetry Failed"]);
    t.equal(manager.run.status?.runs?.at(-1)?.exitCode, 3);
    t.equal(findCondition(manager.run.status?.conditions, "Stalled")?.reason, "AgentFailed");
    t.equal(findCondition(manager.run.status?.conditions, "Ended")?.reason, "RetriesExhausted");
    t.equal(
      manager.run.status?.message,
      "Attempt 3 failed: the agent exited with code 3. " +
        "See `kubectl logs -n orchestrator job/auth-service-task-1001-run-3 --all-containers`. " +
        "No retry follows: maxRetries (2) is used up; raise spec.retryAttempt to run it again.",
    );
  },
);

void t.test("a retry time that only a wrong clock can have written is ignored", async (t) => {
  const manager = begin({ retry: { maxRetries: 2, initialBackoffSeconds: 10, maxBackoffSeconds: 15 } });
  await manager.reconcile();
  await manager.work(3);
  manager.cluster.time -= 365 * 86_400_000;
  await manager.reconcile();
  t.equal(manager.cluster.jobsCreated.length, 2);
});

void t.test("raising maxRetries in the configuration does not retry a failed run", async (t) => {
  const manager = begin({ retry: { maxRetries: 0 } });
  await manager.reconcile();
  await manager.work(1);
  t.equal(manager.phase, "Failed");
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retry = { maxRetries: 5 }));
  manager.cluster.time += 3_600_000;
  await manager.reconcile();
  t.equal(manager.cluster.jobsCreated.length, 1);
});

void t.test("the retry budget holds over more attempts than the status keeps", async (t) => {
  const manager = begin({ retry: { maxRetries: 14, initialBackoffSeconds: 1, maxBackoffSeconds: 1 } });
  await manager.reconcile();
  for (let more = 0; more < 30; more++) {
    manager.cluster.time += 5_000;
    await manager.reconcile();
    await manager.work(1);
  }
  t.equal(manager.cluster.jobsCreated.length, 15);
  t.equal(manager.run.status?.attempts, 15);
  t.equal(manager.run.status?.runs?.length, 10);
  t.equal(manager.phase, "Failed");
});

void t.test("an exit code in terminalExitCodes ends the run at once", async (t) => {
  const manager = begin({ retry: { terminalExitCodes: [42] } });
  await manager.reconcile();
  await manager.work(42);
  t.equal(manager.phase, "Failed");
  t.match(findCondition(manager.run.status?.conditions, "Ended"), { status: "True", reason: "TerminalExitCode" });
});

void t.test(
  "raising retryAttempt stops the running Job, waits for its pod to end, and then starts the next attempt",
  async (t) => {
    const manager = begin();
    await manager.reconcile();
    manager.cluster.runJobController();
    manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
    await manager.reconcile();
    t.equal(manager.cluster.jobsCreated.length, 1, "not while the pod is there");
    t.equal(findCondition(manager.run.status?.conditions, "Reconciling")?.reason, "Stopping");
    manager.cluster.settle();
    manager.cluster.settle();
    await manager.reconcile();
    t.equal(manager.phase, "Running");
    t.same(manager.outcomes, ["1 Initial Replaced", "2 ManualRetry -"]);
    t.equal(manager.run.status?.observedRetryAttempt, 2);
  },
);

void t.test(
  "raising contextVersion gives the next attempt the new files, and leaves those of the previous one",
  async (t) => {
    const manager = begin();
    await manager.reconcile();
    manager.cluster.change(TaskRuns, runName, ({ spec }) => {
      spec.contextVersion = 2;
      spec.markdownFiles = [{ filename: "task.md", content: "# New\n" }];
    });
    await manager.reconcile();
    manager.cluster.settle();
    manager.cluster.settle();
    await manager.reconcile();
    t.same(manager.outcomes, ["1 Initial Replaced", "2 ContextChanged -"]);
    t.equal(manager.cluster.get(ConfigMaps, "auth-service-task-1001-run-1-files")?.data?.["task.md"], "# Task 1001\n");
    t.equal(manager.cluster.get(ConfigMaps, "auth-service-task-1001-run-2-files")?.data?.["task.md"], "# New\n");
  },
);

void t.test("a succeeded run starts another attempt when retryAttempt is raised", async (t) => {
  const manager = begin();
  await manager.reconcile();
  await manager.work(0);
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  await manager.reconcile();
  t.equal(manager.phase, "Running");
  t.equal(manager.run.status?.workCompleted, undefined);
  t.equal(manager.run.status?.completionTime, undefined);
  await manager.work(0);
  t.equal(manager.phase, "Succeeded");
});

void t.test(
  "files that were written before the spec changed are rewritten if their Job does not exist yet",
  async (t) => {
    const manager = begin();
    await manager.reconcile({ kill: { at: 3, when: "before" } });
    t.same(manager.cluster.writes, [workspaceWrite, "create configmaps"]);
    manager.cluster.change(TaskRuns, runName, ({ spec }) => {
      spec.markdownFiles = [{ filename: "task.md", content: "# Other\n" }];
    });
    await manager.reconcile();
    t.equal(manager.cluster.get(ConfigMaps, "auth-service-task-1001-run-1-files")?.data?.["task.md"], "# Other\n");
    t.equal(manager.phase, "Running");
  },
);

void t.test("a suspended run starts nothing until it is resumed", async (t) => {
  const manager = begin({ suspend: true });
  await manager.reconcile();
  t.equal(manager.phase, "Pending");
  t.equal(manager.run.status?.reason, "Suspended");
  t.equal(manager.cluster.jobsCreated.length, 0);
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
  await manager.reconcile();
  t.equal(manager.phase, "Running");
});

void t.test("a run that is suspended during its back-off says so, and keeps the retry time", async (t) => {
  const manager = begin({ retry: { initialBackoffSeconds: 300 } });
  const reason = (): string | undefined => manager.run.status?.reason;
  await manager.reconcile();
  await manager.work(3);
  const { nextRetryTime } = manager.run.status ?? {};
  t.ok(nextRetryTime);
  t.equal(reason(), "RetryBackOff");
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = true));
  await manager.reconcile();
  t.equal(reason(), "Suspended");
  t.match(manager.run.status, { nextRetryTime, message: /^Suspended\. Set spec\.suspend to false/ });
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
  await manager.reconcile();
  t.equal(reason(), "RetryBackOff");
  t.match(manager.run.status, {
    nextRetryTime,
    message: `Attempt 1 ended: AgentFailed. The next attempt starts at ${nextRetryTime ?? ""}.`,
  });
});

void t.test("suspending a running attempt suspends its Job, and resuming continues the same Job", async (t) => {
  const manager = begin();
  await manager.reconcile();
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = true));
  await manager.reconcile();
  t.equal(manager.cluster.all(Jobs)[0]?.spec?.suspend, true);
  t.equal(manager.phase, "Pending");
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
  await manager.reconcile();
  t.equal(manager.cluster.all(Jobs)[0]?.spec?.suspend, false);
  t.equal(manager.phase, "Running");
  t.equal(manager.cluster.jobsCreated.length, 1);
});

void t.test("cancelling before the start ends the run without a Job", async (t) => {
  const manager = begin({ cancel: true });
  await manager.reconcile();
  t.equal(manager.phase, "Cancelled");
  t.equal(manager.cluster.jobsCreated.length, 0);
});

void t.test("cancelling stops the Job, and is final even if retryAttempt is raised", async (t) => {
  const manager = begin();
  await manager.reconcile();
  manager.cluster.runJobController();
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true));
  await manager.reconcile();
  t.equal(manager.phase, "Running", "its pod is still there");
  manager.cluster.settle();
  manager.cluster.settle();
  await manager.reconcile();
  t.equal(manager.phase, "Cancelled");
  t.same(manager.outcomes, ["1 Initial Cancelled"]);
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 5));
  await manager.reconcile();
  t.equal(manager.phase, "Cancelled");
  t.equal(manager.cluster.jobsCreated.length, 1);
  t.equal(manager.cluster.all(Jobs).length, 0);
});

void t.test(
  "cancelling a requested retry before its start makes the run Cancelled, whatever its phase was",
  async (t) => {
    for (const exitCode of [0, 1]) {
      const manager = begin({ retry: { maxRetries: 0 } });
      await manager.reconcile();
      await manager.work(exitCode);
      manager.cluster.change(TaskRuns, runName, ({ spec }) => Object.assign(spec, { suspend: true, retryAttempt: 2 }));
      await manager.reconcile();
      t.equal(manager.phase, "Pending");
      manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true));
      await manager.reconcile();
      t.match(manager.run.status, { phase: "Cancelled", observedRetryAttempt: 2 }, `after exit code ${exitCode}`);
      t.equal(manager.cluster.jobsCreated.length, 1);
    }
  },
);

void t.test("a run waits until its dependencies have succeeded", async (t) => {
  const manager = begin({ dependsOn: ["first", "second"] });
  await manager.reconcile();
  t.equal(findCondition(manager.run.status?.conditions, "DependenciesMet")?.reason, "DependencyMissing");
  for (const name of ["first", "second"]) {
    const other = exampleRun({ taskId: name.length });
    manager.cluster.create(TaskRuns, { ...other, metadata: { ...other.metadata, name } });
  }
  await manager.reconcile();
  t.match(manager.run.status?.message, /first \(Pending\), second \(Pending\)/);
  manager.cluster.change(TaskRuns, "first", (run) => (run.status = { phase: "Succeeded" }));
  manager.cluster.change(TaskRuns, "second", (run) => (run.status = { phase: "Failed" }));
  await manager.reconcile();
  t.equal(findCondition(manager.run.status?.conditions, "DependenciesMet")?.reason, "DependencyFailed");
  manager.cluster.change(TaskRuns, "second", (run) => (run.status = { phase: "Succeeded" }));
  await manager.reconcile();
  t.equal(manager.phase, "Running");
  t.equal(findCondition(manager.run.status?.conditions, "DependenciesMet")?.status, "True");
});

void t.test(
  "with onDependencyFailure Fail a failed dependency fails the run before its start, and raising retryAttempt checks again",
  async (t) => {
    const manager = begin({ dependsOn: ["first"], onDependencyFailure: "Fail" });
    const other = exampleRun({ taskId: 1 });
    manager.cluster.create(TaskRuns, { ...other, metadata: { ...other.metadata, name: "first" } });
    manager.cluster.change(TaskRuns, "first", (run) => (run.status = { phase: "Failed" }));
    await manager.reconcile();
    t.match(manager.run.status, { phase: "Failed", attempts: 0, message: /first \(Failed\).*not started/ });
    t.equal(findCondition(manager.run.status?.conditions, "Stalled")?.reason, "DependencyFailed");
    t.match(manager.events.at(-1), { type: "Warning", reason: "DependencyFailed" });
    manager.cluster.change(TaskRuns, "first", (run) => (run.status = { phase: "Succeeded" }));
    await manager.reconcile();
    t.equal(manager.phase, "Failed", "what has ended stays so by itself");
    manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
    await manager.reconcile();
    t.equal(manager.phase, "Running");
    t.same(manager.outcomes, ["2 Initial -"]);
  },
);

void t.test(
  "with onDependencyFailure Fail a failed dependency also consumes a retry request, which does not start an attempt later",
  async (t) => {
    const manager = begin({ dependsOn: ["first"], onDependencyFailure: "Fail" });
    const other = exampleRun({ taskId: 1 });
    manager.cluster.create(TaskRuns, { ...other, metadata: { ...other.metadata, name: "first" } });
    manager.cluster.change(TaskRuns, "first", (run) => (run.status = { phase: "Succeeded" }));
    await manager.reconcile();
    await manager.work(0);
    manager.cluster.change(TaskRuns, "first", (run) => (run.status = { phase: "Failed" }));
    manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
    await manager.reconcile();
    t.match(manager.run.status, { phase: "Failed", observedRetryAttempt: 2 });
    manager.cluster.change(TaskRuns, "first", (run) => (run.status = { phase: "Succeeded" }));
    await manager.reconcile();
    t.equal(manager.phase, "Failed", "what has ended stays so by itself");
    t.equal(manager.cluster.jobsCreated.length, 1);
  },
);

void t.test("runs that depend on each other report the cycle, and continue once it is broken", async (t) => {
  const manager = begin({ dependsOn: ["first"] });
  for (const [name, dependsOn] of [
    ["first", ["second"]],
    ["second", ["other", runName]],
  ] as const) {
    const run = exampleRun({ dependsOn: [...dependsOn] });
    manager.cluster.create(TaskRuns, { ...run, metadata: { ...run.metadata, name } });
  }
  await manager.reconcile();
  t.match(findCondition(manager.run.status?.conditions, "Stalled"), {
    reason: "DependencyCycle",
    message: `Dependency cycle: ${runName} -> first -> second -> ${runName}. Remove one of them from spec.dependsOn.`,
  });
  manager.cluster.change(TaskRuns, "second", ({ spec }) => (spec.dependsOn = []));
  await manager.reconcile();
  t.match(findCondition(manager.run.status?.conditions, "DependenciesMet"), {
    status: "False",
    reason: "WaitingForDependency",
  });
  t.equal(findCondition(manager.run.status?.conditions, "Stalled"), undefined);
});

for (const policy of ["Background", "Foreground", "Orphan"] as const) {
  void t.test(
    `a Job that a user deletes (${policy}) is reported as lost, and never recreated with its number`,
    async (t) => {
      const manager = begin({ retry: { maxRetries: 1, initialBackoffSeconds: 1 } });
      await manager.reconcile();
      manager.cluster.runJobController();
      manager.cluster.delete(Jobs, "auth-service-task-1001-run-1", policy);
      for (let step = 0; step < 4; step++) {
        manager.cluster.settle();
        await manager.reconcile();
      }
      t.same(manager.outcomes[0], "1 Initial Lost");
      t.ok(manager.events.some(({ reason, type }) => reason === "JobLost" && type === "Warning"));
      manager.cluster.time += 10_000;
      await manager.reconcile();
      if (policy === "Orphan") {
        t.equal(manager.cluster.jobsCreated.length, 1, "the orphaned pod still works in the workspace");
        manager.cluster.endPods(0);
        await manager.reconcile();
      }
      t.same(manager.cluster.jobsCreated, ["auth-service-task-1001-run-1", "auth-service-task-1001-run-2"]);
      t.ok(manager.cluster.livePods.length === 0, "the first agent is gone before the second starts");
    },
  );
}

/** A run whose Job was deleted with `--cascade=orphan`, so that its agent keeps running without it. */
async function cutLoose(): Promise<Manager> {
  const manager = begin({ retry: { maxRetries: 1, initialBackoffSeconds: 1 } });
  await manager.reconcile();
  manager.cluster.runJobController();
  manager.cluster.delete(Jobs, `${runName}-run-1`, "Orphan");
  await manager.reconcile();
  manager.cluster.collectGarbage();
  await manager.reconcile();
  t.match(manager.cluster.livePods, [{ metadata: { ownerReferences: undefined } }]);
  return manager;
}

void t.test("deleting a run stops an agent whose pod was orphaned from its Job", async (t) => {
  const manager = await cutLoose();
  manager.cluster.delete(TaskRuns, runName);
  await manager.reconcile();
  t.match(manager.run.status?.message, /Deletion is waiting for pod auth-service-task-1001-run-1-\d+ to end/);
  manager.cluster.settle();
  await manager.reconcile();
  t.same(manager.cluster.all(Pods), []);
  t.equal(manager.cluster.get(TaskRuns, runName), undefined);
});

void t.test("cancelling a run stops an agent with an orphaned pod before the status says Cancelled", async (t) => {
  const manager = await cutLoose();
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true));
  await manager.reconcile();
  t.equal(manager.phase, "Pending");
  t.match(manager.run.status?.message, /^Waiting for pod \S+ to end\.$/);
  manager.cluster.settle();
  await manager.reconcile();
  t.equal(manager.phase, "Cancelled");
  t.same(manager.cluster.livePods, []);
});

void t.test("an agent with an orphaned pod is stopped before a requested attempt starts", async (t) => {
  const manager = await cutLoose();
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  await manager.reconcile();
  t.equal(manager.cluster.jobsCreated.length, 1);
  manager.cluster.settle();
  await manager.reconcile();
  t.same(manager.cluster.livePods, []);
  t.equal(manager.cluster.jobsCreated.length, 2);
});

void t.test("a pod that the cache does not show still keeps the next attempt from starting", async (t) => {
  const manager = begin({ retry: { maxRetries: 1, initialBackoffSeconds: 1 } });
  await manager.reconcile();
  manager.cluster.runJobController();
  manager.cluster.delete(Jobs, "auth-service-task-1001-run-1");
  await manager.reconcile();
  manager.cluster.collectGarbage();
  t.equal(manager.cluster.all(Jobs).length, 0);
  manager.cluster.time += 10_000;
  for (let age = 0; age <= 8; age++) await manager.reconcile({ age: (plural) => (plural === "pods" ? age : 0) });
  t.equal(manager.cluster.jobsCreated.length, 1);
  manager.cluster.runKubelet();
  await manager.reconcile();
  t.equal(manager.cluster.jobsCreated.length, 2);
});

void t.test(
  "a Job that was removed despite its finalizer is lost, after a live read from the API server",
  async (t) => {
    const manager = begin({ retry: { maxRetries: 0 } });
    await manager.reconcile();
    await manager.reconcile({ age: (plural) => (plural === "jobs" ? 3 : 0) });
    t.equal(manager.phase, "Running", "a cache that has no Job yet is no proof");
    manager.cluster.change(Jobs, "auth-service-task-1001-run-1", ({ metadata }) => delete metadata.finalizers);
    manager.cluster.delete(Jobs, "auth-service-task-1001-run-1");
    await manager.reconcile();
    t.equal(manager.phase, "Failed");
    t.equal(manager.run.status?.runs?.[0]?.reason, "JobLost");
    t.equal(manager.cluster.jobsCreated.length, 1);
  },
);

void t.test(
  "a finished Job that a user deletes before the manager saw its end is kept until the end is recorded",
  async (t) => {
    const manager = begin();
    await manager.reconcile();
    manager.cluster.runJobController();
    manager.cluster.endPods(0, JSON.stringify({ sessionId: "kept" }));
    manager.cluster.runJobController();
    manager.cluster.delete(Jobs, "auth-service-task-1001-run-1");
    t.equal(manager.cluster.all(Jobs).length, 1);
    await manager.reconcile();
    t.equal(manager.phase, "Succeeded");
    t.equal(manager.run.status?.sessionId, "kept");
    t.equal(manager.cluster.all(Jobs).length, 0);
  },
);

void t.test("a Job whose pods the cache does not have yet is not recorded without its result", async (t) => {
  const manager = begin();
  await manager.reconcile();
  manager.cluster.runJobController();
  manager.cluster.endPods(0, JSON.stringify({ sessionId: "late" }));
  manager.cluster.runJobController();
  await manager.reconcile({ age: (plural) => (plural === "pods" ? 3 : 0) });
  t.equal(manager.phase, "Succeeded");
  t.equal(manager.run.status?.sessionId, "late");
});

void t.test(
  "a run that policy no longer allows does not start, and says why; it starts once it is allowed",
  async (t) => {
    const manager = begin({ image: "other/image" });
    const { configuration } = manager;
    manager.configuration = { ...configuration, policy: [{ images: ["known/*"] }] };
    t.ok((await manager.reconcile())?.requeueAfter, "the configuration may change");
    t.match(manager.run.status, {
      phase: "Pending",
      message: /^Attempt 1 cannot start: image other\/image is not allowed/,
    });
    t.equal(findCondition(manager.run.status?.conditions, "Stalled")?.reason, "PolicyDenied");
    t.notOk(manager.cluster.writes.includes("create jobs"));
    manager.configuration = configuration;
    await manager.reconcile();
    t.equal(manager.phase, "Running");
  },
);

void t.test(
  "an attempt starts with the isolation of its namespace, and the strict one while labels are not known",
  async (t) => {
    for (const [labels, runtimeClassName] of [
      [undefined, "gvisor"],
      [{ trust: "low" }, "gvisor"],
      [{ trust: "high" }, undefined],
    ] as const) {
      const cluster = new ModelCluster();
      cluster.create(TaskRuns, exampleRun());
      const manager = new Manager(cluster);
      const namespaces = { matchLabels: { trust: "low" } };
      manager.configuration = { ...manager.configuration, isolation: [{ namespaces, runtimeClassName: "gvisor" }] };
      manager.namespaceLabels = labels;
      await manager.reconcile();
      const job = cluster.get(Jobs, "auth-service-task-1001-run-1");
      t.ok(job);
      t.equal(job?.spec?.template.spec?.runtimeClassName, runtimeClassName);
    }
  },
);

void t.test("an object with the required name and another owner stalls the run and is left unchanged", async (t) => {
  for (const type of [Jobs, ConfigMaps]) {
    for (const age of [0, 1]) {
      const cluster = new ModelCluster();
      cluster.create(TaskRuns, exampleRun());
      const name = type === Jobs ? "auth-service-task-1001-run-1" : "auth-service-task-1001-run-1-files";
      const other = cluster.create(type, {
        metadata: { name, namespace: "orchestrator", labels: { "task-id": "1001" } },
      });
      const manager = new Manager(cluster);
      const result = await manager.reconcile({ age: (plural) => (plural === type.plural ? age : 0) });
      t.equal(findCondition(manager.run.status?.conditions, "Stalled")?.reason, "NameConflict");
      t.same(cluster.get(type, name), other);
      t.equal(result?.requeueAfter, 60_000);
      cluster.delete(type, name);
      await manager.reconcile();
      t.equal(manager.phase, "Running", "it continues once the name is free");
      t.equal(findCondition(manager.run.status?.conditions, "Stalled"), undefined);
    }
  }
});

void t.test(
  "deletion first stops the agent, then deletes the files, then removes the finalizer; the workspace stays",
  async (t) => {
    const manager = begin();
    await manager.reconcile();
    manager.cluster.runJobController();
    manager.cluster.delete(TaskRuns, runName);
    await manager.reconcile();
    t.ok(manager.run, "held while the pod is there");
    t.equal(manager.cluster.all(ConfigMaps).length, 1);
    manager.cluster.settle();
    manager.cluster.settle();
    await manager.reconcile();
    t.same(manager.cluster.all(TaskRuns), []);
    t.same(manager.cluster.all(Jobs), []);
    t.same(manager.cluster.all(Pods), []);
    t.same(manager.cluster.all(ConfigMaps), []);
    t.equal(manager.cluster.all(PersistentVolumeClaims).length, 1);
  },
);

void t.test("deletion survives being killed at any write", async (t) => {
  for (let at = 1; at <= 6; at++) {
    for (const when of ["before", "after"] as const) {
      const manager = begin();
      await manager.reconcile();
      manager.cluster.runJobController();
      manager.cluster.delete(TaskRuns, runName);
      await manager.reconcile({ kill: { at, when } });
      for (let step = 0; step < 3; step++) {
        manager.cluster.settle();
        await manager.reconcile({ kill: { at, when } });
      }
      for (let step = 0; step < 3; step++) {
        manager.cluster.settle();
        await manager.reconcile();
      }
      t.same([manager.cluster.all(TaskRuns).length, manager.cluster.all(Jobs).length], [0, 0], `${when} ${at}`);
    }
  }
});

void t.test("deletion also removes the former finalizer of a run", async (t) => {
  const manager = begin();
  manager.cluster.change(
    TaskRuns,
    runName,
    ({ metadata }) => (metadata.finalizers = ["taskruns.orchestrator.io/finalizer"]),
  );
  manager.cluster.delete(TaskRuns, runName);
  await manager.reconcile();
  t.same(manager.cluster.all(TaskRuns), []);
});

void t.test("cleanup.deleteWorkspace deletes the claim with the last run that uses it", async (t) => {
  const manager = begin();
  manager.configuration = { ...defaultConfiguration, cleanup: { deleteWorkspace: true } };
  await manager.reconcile();
  const other = exampleRun({ taskId: 2 });
  manager.cluster.create(TaskRuns, { ...other, metadata: { ...other.metadata, name: "other" } });
  const remove = async (name: string): Promise<void> => {
    manager.cluster.delete(TaskRuns, name);
    for (let step = 0; step < 3; step++) {
      await manager.reconcile({}, name);
      manager.cluster.settle();
    }
  };
  await remove(runName);
  t.equal(manager.cluster.all(PersistentVolumeClaims).length, 1, "the other run still works in it");
  await remove("other");
  t.equal(manager.cluster.all(PersistentVolumeClaims).length, 0);
});

void t.test("deleting one of two runs of the same task leaves the other's Job alone", async (t) => {
  const manager = begin();
  await manager.reconcile();
  const other = exampleRun({ serviceName: "other-service" });
  manager.cluster.create(TaskRuns, { ...other, metadata: { ...other.metadata, name: "other" } });
  await manager.reconcile({}, "other");
  manager.cluster.delete(TaskRuns, runName);
  await manager.reconcile();
  t.equal(manager.cluster.get(Jobs, "other-service-task-1001-run-1")?.metadata.deletionTimestamp, undefined);
  t.ok(manager.cluster.get(ConfigMaps, "other-service-task-1001-run-1-files"));
});

void t.test("a deleted Job without finalizers counts as gone, even if the cache still shows it", (t) => {
  const cluster = new ModelCluster();
  const run = cluster.create(TaskRuns, exampleRun());
  const job = cluster.create(Jobs, {
    metadata: {
      name: "auth-service-task-1001-run-1",
      namespace: "orchestrator",
      labels: { "orchestrator.io/run": "1" },
      ownerReferences: [
        { apiVersion: "orchestrator.io/v1", kind: "TaskRun", name: runName, uid: run.metadata.uid, controller: true },
      ],
    },
  });
  const readers = cluster.readers();
  const seen = (shown: Stored<Job>): number => {
    const jobs = { ...readers.jobs, byIndex: () => [shown] };
    const key = { namespace: "orchestrator", name: runName };
    return observe(taskRunKind, { ...readers, jobs }, key, new Live<TaskRun>())?.jobs.length ?? -1;
  };
  t.equal(seen(job), 1);
  t.equal(seen({ ...job, metadata: { ...job.metadata, deletionTimestamp: "2024-07-02T10:00:00Z" } }), 0);
  t.end();
});

void t.test("an object that the API server rejects is reported in the status and retried later", async (t) => {
  const manager = begin();
  const client = manager.cluster.client.bind(manager.cluster);
  const { apiError } = await import("#src/runtime/client/errors.js");
  manager.cluster.client = () => ({
    ...client(),
    create: (type, object) =>
      type.plural === "jobs"
        ? Promise.reject(apiError({ message: "exceeded quota: agents" }, 403, { method: "POST", path: "/jobs" }))
        : client().create(type, object),
  });
  const result = await manager.reconcile();
  t.equal(result?.requeueAfter, 60_000);
  t.match(findCondition(manager.run.status?.conditions, "Stalled"), {
    reason: "JobRefused",
    message: /exceeded quota: agents/,
  });
  t.equal(findCondition(manager.run.status?.conditions, "JobCreated")?.status, "False");
  manager.cluster.client = client;
  await manager.reconcile();
  t.equal(manager.phase, "Running");
});

void t.test("files that cannot be rendered are reported in the status and retried later", async (t) => {
  const manager = begin();
  const failing = (error: Error): void => {
    manager.kind = {
      ...taskRunKind,
      files: () => {
        throw error;
      },
    };
  };
  failing(new FilesError("code/claude.md.hbs:3:1: no such helper"));
  const result = await manager.reconcile();
  t.equal(result?.requeueAfter, 60_000);
  const { phase, message, conditions } = manager.run.status ?? {};
  t.equal(phase, "Pending");
  t.equal(message, "The files of attempt 1 cannot be rendered: code/claude.md.hbs:3:1: no such helper");
  t.match(findCondition(conditions, "Stalled"), { status: "True", reason: "FilesNotMade" });
  t.match(findCondition(conditions, "ConfigMapReady"), { status: "False", reason: "FilesNotMade" });
  failing(new TypeError("a fault of our own"));
  await t.rejects(manager.reconcile(), { message: "a fault of our own" });
  manager.kind = taskRunKind;
  await manager.reconcile();
  t.equal(manager.phase, "Running");
});

void t.test("a pod that cannot start is reported after ten seconds, and not earlier", async (t) => {
  const manager = begin();
  await manager.reconcile();
  manager.cluster.runJobController();
  const pod = manager.cluster.livePods[0];
  manager.cluster.change(Pods, pod?.metadata.name ?? "", (each) => {
    each.status = {
      phase: "Pending",
      containerStatuses: [
        {
          name: "claude-agent",
          image: "x",
          imageID: "",
          ready: false,
          restartCount: 0,
          state: {
            waiting: { reason: "CreateContainerConfigError", message: 'secret "orchestrator-secrets" not found' },
          },
        },
      ],
    };
  });
  const early = await manager.reconcile();
  t.equal(early?.requeueAfter, 10_000);
  t.match(manager.run.status, {
    reason: "Starting",
    message: "Attempt 1 is starting in Job auth-service-task-1001-run-1.",
  });
  manager.cluster.time += 10_000;
  await manager.reconcile();
  t.match(
    manager.run.status?.message,
    /container claude-agent of pod \S+ cannot start: secret "orchestrator-secrets" not found/,
  );
});

void t.test("backoffLimit 3 in the sample configuration reaches the Job", async (t) => {
  const manager = begin();
  manager.configuration = parseConfiguration("job:\n  backoffLimit: 3\n").configuration ?? defaultConfiguration;
  await manager.reconcile();
  t.equal(manager.cluster.all(Jobs)[0]?.spec?.backoffLimit, 3);
});

/** A run that has succeeded, followed by another one with a workspace of that size. */
async function nextWithSize(size: string, retryAttempt: number, manager: Manager): Promise<void> {
  const { cluster } = manager;
  await manager.work(0);
  cluster.change(PersistentVolumeClaims, "auth-service-workspace-pvc", (claim) => (claim.status = { phase: "Bound" }));
  manager.configuration = {
    ...defaultConfiguration,
    storage: { ...defaultConfiguration.storage, size, allowExpansion: true },
  };
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = retryAttempt));
  await manager.reconcile();
}

void t.test("without storage.autoCreate, a run waits until its claim is created", async (t) => {
  const manager = begin();
  const storage = { ...defaultConfiguration.storage, autoCreate: false };
  manager.configuration = { ...defaultConfiguration, storage };
  const { cluster } = manager;
  await manager.reconcile();
  t.same(cluster.all(PersistentVolumeClaims), []);
  t.same(cluster.all(Jobs), []);
  const waiting = cluster.all(TaskRuns)[0]?.status;
  t.match(waiting, { phase: "Pending", reason: "WorkspaceUnusable" });
  t.match(
    waiting?.message,
    /auth-service-workspace-pvc does not exist, and storage\.autoCreate is false .*: create it\./,
  );
  cluster.create(PersistentVolumeClaims, {
    metadata: { name: "auth-service-workspace-pvc", namespace: "orchestrator" },
    status: { phase: "Bound" },
  });
  await manager.reconcile();
  t.equal(cluster.all(Jobs).length, 1);
});

void t.test("a workspace that is smaller than the configured size is expanded before the next attempt", async (t) => {
  const manager = begin();
  await manager.reconcile();
  const size = (): unknown => manager.cluster.all(PersistentVolumeClaims)[0]?.spec?.resources?.requests?.storage;
  await nextWithSize("20Gi", 2, manager);
  t.equal(size(), "20Gi");
  await nextWithSize("5Gi", 3, manager);
  t.equal(size(), "20Gi", "a claim never shrinks");
});

void t.test("a workspace that cannot be expanded is reported and used unchanged", async (t) => {
  const manager = begin();
  await manager.reconcile();
  const refused = "patch persistentvolumeclaims";
  manager.cluster.refuse = (what) => (what === refused ? "the StorageClass doesn't allow it" : undefined);
  await nextWithSize("20Gi", 2, manager);
  t.equal(manager.phase, "Running");
  t.match(
    manager.events.filter(({ reason }) => reason === "WorkspaceNotExpanded"),
    [{ type: "Warning", note: /stays smaller than 20Gi: .*the StorageClass doesn't allow it/ }],
  );
});

void t.test(
  "an error that is longer than the schema allows for messages is truncated, and the status is written",
  async (t) => {
    const manager = begin();
    manager.cluster.refuse = (what) => (what === "create jobs" ? "x".repeat(5000) : undefined);
    await manager.reconcile();
    const { message = "", conditions } = manager.run.status ?? {};
    t.equal(message.length, 2048);
    t.match(message, /^The API server refused Job auth-service-task-1001-run-1: x+\.\.\.$/);
    t.equal(findCondition(conditions, "Stalled")?.message, message);
  },
);

void t.test("cleanup.deleteWorkspace leaves a claim alone that runs of another kind use", async (t) => {
  const world = new World({ ...defaultConfiguration, cleanup: { deleteWorkspace: true } });
  const { cluster } = world;
  const claim = "workspace-auth";
  const repository = { url: "https://github.com/a/b", githubUser: "swe" };
  const task = exampleRun({ workspace: { pvcName: claim }, repository });
  cluster.create(TaskRuns, task);
  cluster.create<CodeRun>(CodeRuns, {
    ...{ apiVersion: "orchestrator.io/v1", kind: "CodeRun" },
    metadata: { name: "code", namespace: "orchestrator" },
    spec: {
      taskId: 1,
      service: "auth",
      repositoryUrl: "a/b",
      docsRepositoryUrl: "a/b",
      githubUser: "swe",
      suspend: true,
    },
  });
  await world.settle();
  t.ok(cluster.get(PersistentVolumeClaims, claim));
  cluster.delete(TaskRuns, runName);
  await world.settle();
  t.equal(cluster.get(TaskRuns, runName), undefined);
  t.ok(cluster.get(PersistentVolumeClaims, claim), "the CodeRun is about to work in it");
  cluster.delete(CodeRuns, "code");
  await world.settle();
  t.equal(cluster.get(PersistentVolumeClaims, claim), undefined);
});

/** A run whose first attempt has ended, and whose Job is deleted and held by the orchestrator's finalizer alone. */
async function withHeldJob(): Promise<{ manager: Manager; job: string }> {
  const manager = begin({ retry: { maxRetries: 0 } });
  await manager.reconcile();
  await manager.work(0);
  const job = `${runName}-run-1`;
  manager.cluster.delete(Jobs, job);
  return { manager, job };
}

void t.test("the finalizer is taken from a Job that changes meanwhile, after a few conflicts", async (t) => {
  const { manager, job } = await withHeldJob();
  const { cluster } = manager;
  let conflicts = 0;
  const client = cluster.client();
  const live = new Live<TaskRun>();
  const held = cluster.get(Jobs, job);
  if (held === undefined) throw new Error("no Job");
  const context = {
    ...{ kind: taskRunKind, live, metrics: noMetrics, signal: new AbortController().signal, run: manager.run },
    client: {
      ...client,
      patch: ((type, key, patch, options) => {
        if (conflicts < 3) {
          conflicts += 1;
          cluster.change(Jobs, job, (each) => (each.metadata.annotations = { conflicts: String(conflicts) }));
        }
        return client.patch(type, key, patch, options);
      }) as typeof client.patch,
    },
  };
  await applyActions([{ do: "forgetJob", job: held }], context);
  t.equal(conflicts, 3);
  t.equal(cluster.get(Jobs, job), undefined);
});

void t.test("a Job that has the name of a recorded one and is another is not taken for it", async (t) => {
  const manager = begin({ retry: { maxRetries: 0 } });
  await manager.reconcile();
  const { cluster } = manager;
  const [job] = cluster.all(Jobs);
  if (job === undefined) throw new Error("no Job");
  const live = new Live<TaskRun>();
  const context = {
    ...{ kind: taskRunKind, live, metrics: noMetrics, signal: new AbortController().signal },
    ...{ run: manager.run, client: cluster.client() },
  };
  const { name, uid } = job.metadata;
  const confirmed = (jobs: readonly { name: string; uid: string }[]): Promise<void> =>
    applyActions([{ do: "confirm", jobs, podsOf: [], allJobs: false }], context);
  await confirmed([{ name, uid: "an-earlier-one" }]);
  t.same([...live.absentJobs], ["an-earlier-one"]);
  await confirmed([{ name, uid }]);
  t.same([...live.absentJobs], ["an-earlier-one"]);
});
