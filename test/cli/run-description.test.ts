/** `orchestrator task describe`: what it says of runs in different states. */
import t from "tap";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { descriptionOf } from "#src/cli/task/run-description.js";
import type { Found } from "#src/operations/any-run.js";
import type { RunEvent } from "#src/operations/events.js";
import { exampleRun } from "../runs/model-cluster.js";

const now = Date.parse("2026-11-22T12:00:00Z");

function found(status: TaskRun["status"], spec: Partial<TaskRun["spec"]> = {}): Found {
  const annotations = { "orchestrator.io/created-by": "jane" };
  const metadata = { name: "one", namespace: "ns", uid: "u1", resourceVersion: "1", annotations };
  return {
    type: TaskRuns,
    run: {
      ...exampleRun(spec),
      metadata: { ...metadata, creationTimestamp: "2026-11-22T11:00:00Z" },
      ...(status && { status }),
    },
  };
}
const describe = (run: Found, events: readonly RunEvent[] | string = []): string => descriptionOf(run, events, now);

t.test("a run that ended has its attempts with exit codes and times, and its pull request", (t) => {
  const runs = [
    {
      ...{ number: 1, outcome: "Failed", exitCode: 3, reason: "AgentFailed", cause: "Initial", jobName: "one-run-1" },
      ...{ startTime: "2026-11-22T11:00:00Z", completionTime: "2026-11-22T11:05:00Z" },
    },
    {
      number: 2,
      outcome: "Succeeded",
      exitCode: 0,
      startTime: "2026-11-22T11:10:00Z",
      completionTime: "2026-11-22T11:10:40Z",
    },
  ];
  const pullRequestUrl = "https://github.com/acme/app/pull/1";
  const text = describe(found({ phase: "Succeeded", reason: "Completed", attempts: 2, runs, pullRequestUrl }));
  t.match(
    text,
    /^Name: {9}one\nNamespace: {4}ns\nKind: {9}TaskRun\nCreated: {6}2026-11-22T11:00:00Z \(60m ago\) by jane\n/,
  );
  t.match(
    text,
    /\n {2}1 +Failed +3 +AgentFailed +Initial +60m ago +5m +one-run-1\n {2}2 +Succeeded +0 +- +- +50m ago +40s +-\n/,
  );
  t.match(text, /\nPull request: https:\/\/github\.com\/acme\/app\/pull\/1\n/);
  t.match(
    text,
    /\nNext:\n {2}orchestrator task open taskrun\/one -n ns\n {2}orchestrator task logs taskrun\/one -n ns\n$/,
  );
  t.end();
});

t.test("what a run used of models, and may use, is said", (t) => {
  const usage = { inputTokens: 1205, outputTokens: 30, requests: 4, costUSD: 1.239, unknownAttempts: 1 };
  const text = describe(found({ phase: "Failed", usage }, { budget: { maxCostUSD: 5, maxTokens: 2000 } }));
  t.match(text, /\nBudget: {7}\$5\.00, 2000 tokens\n/);
  t.match(text, /\nModels: {7}\$1\.24; 4 requests; tokens: input 1205, output 30; attempts without a report: 1\n/);
  t.match(describe(found({ phase: "Failed", usage: { unknownAttempts: 1 } })), /\nModels: {7}0 requests; attempts/);
  t.end();
});

t.test("a run that waits says what for, and what can be done", (t) => {
  const text = describe(
    found(
      { phase: "Pending", reason: "DependencyMissing", message: "Waits for two." },
      { suspend: true, dependsOn: ["two"] },
    ),
  );
  t.match(text, /\nDepends on: {3}two\n/);
  t.match(text, /\nSuspended: {4}yes\n/);
  t.match(text, /\nConditions: {3}<none>\nAttempts: {5}<none>\n/);
  t.match(
    text,
    /\nNext:\n {2}DependencyMissing: .*\. Remedy: create it, or remove it from `spec.dependsOn`\.\n {2}orchestrator task resume /,
  );
  t.end();
});

t.test("what an agent reports cannot write outside of its line", (t) => {
  const text = describe(found({ phase: "Failed", message: "bad\n\u001b[2JPhase: Succeeded" }), [
    { type: "Warning", reason: "X", message: "a\u0007\nb", count: 1, firstSeen: "", lastSeen: "2026-11-22T11:59:00Z" },
  ]);
  t.match(text, /\nMessage: {6}bad \[2JPhase: Succeeded\n/);
  t.match(text, /\n {2}Warning +X +60s +1 +a b\n/);
  t.end();
});

t.test("Events that may not be read are unknown and not none", (t) => {
  t.match(
    describe(found(undefined), "you may not list Events here"),
    /\nEvents: {2}<unknown>: you may not list Events here\n/,
  );
  t.end();
});
