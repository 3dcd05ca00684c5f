/** What an event tells of a run. */
import t from "tap";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { cloudEvent } from "#src/cloud-events/cloud-event.js";

const metadata = { namespace: "team", name: "one", uid: "u1", resourceVersion: "1" };
const kinds = { apiVersion: "orchestrator.io/v1" };

void t.test("the phase of a run, with what a receiver needs to act on it", (t) => {
  const run = {
    ...{ ...kinds, kind: "TaskRun", metadata },
    spec: { taskId: 7, serviceName: "auth", markdownFiles: [{ filename: "task.md", content: "private" }] },
    status: {
      ...{
        phase: "Succeeded" as const,
        reason: "Completed",
        message: "done",
        attempts: 2,
        lastUpdated: "2026-01-01T00:00:00Z",
      },
      ...{ startTime: "2026-01-01T00:00:00Z", completionTime: "2026-01-01T00:01:00Z" },
      pullRequestUrl: "https://github.com/acme/auth/pull/1",
    },
  } as const;
  t.same(cloudEvent(TaskRuns, run), {
    specversion: "1.0",
    id: "u1-2-succeeded",
    source: "/apis/orchestrator.io/v1/namespaces/team/taskruns",
    type: "io.orchestrator.taskrun.succeeded",
    subject: "one",
    time: "2026-01-01T00:00:00Z",
    datacontenttype: "application/json",
    data: {
      ...{ kind: "TaskRun", namespace: "team", name: "one", uid: "u1", phase: "Succeeded", reason: "Completed" },
      ...{ message: "done", attempts: 2, taskId: 7, service: "auth" },
      pullRequestUrl: "https://github.com/acme/auth/pull/1",
      ...{ startTime: "2026-01-01T00:00:00Z", completionTime: "2026-01-01T00:01:00Z" },
    },
  });
  t.end();
});

void t.test("what a kind does not have is absent, and a run without a phase has no event", (t) => {
  const status = { phase: "Pending" } as const;
  const code = cloudEvent(CodeRuns, {
    ...kinds,
    kind: "CodeRun",
    metadata,
    spec: { taskId: 1, service: "app" },
    status,
  });
  t.same(code?.data, {
    ...{ kind: "CodeRun", namespace: "team", name: "one", uid: "u1", phase: "Pending" },
    ...{ attempts: 0, taskId: 1, service: "app" },
  });
  const docs = cloudEvent(DocsRuns, { ...kinds, kind: "DocsRun", metadata, spec: {}, status });
  t.same(Object.keys(docs?.data ?? {}), ["kind", "namespace", "name", "uid", "phase", "attempts"]);
  t.equal(cloudEvent(TaskRuns, { ...kinds, kind: "TaskRun", metadata, spec: {} }), undefined);
  t.end();
});

void t.test("a message is bounded", (t) => {
  const status = { phase: "Failed", message: "x".repeat(30_000) } as const;
  const event = cloudEvent(TaskRuns, { ...kinds, kind: "TaskRun", metadata, spec: {}, status });
  t.equal(event?.data.message?.length, 4096);
  t.end();
});
