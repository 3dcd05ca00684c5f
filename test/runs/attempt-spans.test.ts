/** The spans of attempts, and the trace context of their agents. */
import { emptyResource } from "@opentelemetry/resources";
import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace";
import t, { type Test } from "tap";
import { attemptSpanId, attemptTraceparent, traceparentAnnotation } from "#src/api/trace.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { recordAttempts } from "#src/runs/attempt-spans.js";
import { attemptJob } from "#src/runs/manifests.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { startProvider } from "#src/runtime/tracing/provider.js";

const traceId = "a".repeat(32);
const traceparent = `00-${traceId}-${"b".repeat(16)}-01`;

function run(name: string, { dependsOn = [], env = [] }: Partial<TaskRun["spec"]> = {}): Stored<TaskRun> {
  return {
    metadata: {
      ...{ namespace: "ns", name, uid: `uid-of-${name}`, resourceVersion: "1" },
      annotations: { [traceparentAnnotation]: traceparent },
    },
    spec: {
      ...{ taskId: 7, serviceName: "auth-service", markdownFiles: [], dependsOn, env },
      repository: { url: "https://user:secret@github.com/acme/auth.git" },
    },
  };
}

/** Keeps its spans after the end. */
class Kept extends InMemorySpanExporter {
  override shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** The spans that are recorded in the work, with this fraction sampled where no trace decides. */
async function recorded(t: Test, ratio: number, work: () => void): Promise<ReadableSpan[]> {
  const exporter = new Kept();
  const provider = startProvider({ resource: emptyResource(), ratio, exporter });
  t.teardown(() => provider.stop());
  work();
  await provider.stop();
  return exporter.getFinishedSpans();
}

const times = { startTime: "2026-01-01T00:00:00Z", completionTime: "2026-01-01T00:01:30Z" };
const ended = (outcome: string, number = 1) => ({
  number,
  jobName: `job-${number}`,
  cause: "Initial",
  outcome,
  ...times,
});

t.test(
  "each attempt that a status ends has one span: its time, outcome, labels, in the trace of the run",
  async (t) => {
    const earlier = { ...run("a"), status: { runs: [ended("Failed")] } } as Stored<TaskRun>;
    const after = {
      runs: [ended("Failed"), ended("Succeeded", 2)],
      reason: "Completed",
      pullRequestUrl: "https://p/1",
    };
    const spans = await recorded(t, 0, () => recordAttempts(taskRunKind, earlier, after, () => undefined));
    t.equal(spans.length, 1, "the first attempt was recorded before");
    const [span] = spans;
    t.match(span?.spanContext(), { traceId, spanId: attemptSpanId(earlier, 2) });
    t.equal(attemptTraceparent(earlier, 2), `00-${traceId}-${span?.spanContext().spanId ?? ""}-01`);
    t.equal(span?.parentSpanContext?.spanId, "b".repeat(16));
    t.equal(span?.duration[0], 90);
    t.match(span?.attributes, {
      "orchestrator.outcome": "Succeeded",
      "orchestrator.reason": "Completed",
      "orchestrator.attempt": 2,
      "orchestrator.task": "7",
      "orchestrator.service": "auth-service",
      "orchestrator.repository": "https://github.com/acme/auth.git",
      "orchestrator.pull_request": "https://p/1",
      "orchestrator.step": "taskrun",
      "k8s.job.name": "job-2",
    });
  },
);

t.test("a dependent links to the newest attempts of what it waited for", async (t) => {
  const first = { ...run("first"), status: { runs: [ended("Failed"), ended("Succeeded", 2)] } } as Stored<TaskRun>;
  const spans = await recorded(t, 0, () =>
    recordAttempts(
      taskRunKind,
      run("second", { dependsOn: ["first", "absent"] }),
      { runs: [ended("Failed")] },
      (name) => (name === "first" ? first : undefined),
    ),
  );
  t.equal(spans[0]?.links.length, 1);
  t.match(spans[0]?.links[0]?.context, { traceId, spanId: attemptSpanId(first, 2) });
  t.equal(spans[0]?.status.code, 2, "a failed attempt is a failed span");
});

t.test("a run without a trace has one of its own; a clock that differs makes no negative time", async (t) => {
  const { annotations: _none, ...metadata } = run("alone").metadata;
  const alone = { ...run("alone"), metadata } as Stored<TaskRun>;
  const backwards = { ...ended("Lost"), completionTime: "2025-12-31T23:59:59Z" };
  const spans = await recorded(t, 1, () => recordAttempts(taskRunKind, alone, { runs: [backwards] }, () => undefined));
  t.equal(spans[0]?.parentSpanContext, undefined);
  t.same(spans[0]?.duration, [0, 0]);
  t.equal(attemptTraceparent(alone, 1), undefined);
});

t.test("only the agent's container gets TRACEPARENT, unless the run sets it or has no trace", (t) => {
  const valueIn = (each: Stored<TaskRun>): string[] => {
    const attempt = { number: 1, names: taskRunKind.names(each, 1) };
    const { spec } = attemptJob(taskRunKind, each, attempt, "Initial", defaultConfiguration).spec?.template ?? {};
    const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
    return containers.flatMap(({ name, env = [] }) =>
      env.filter((variable) => variable.name === "TRACEPARENT").map(({ value }) => `${name}=${value ?? ""}`),
    );
  };
  t.same(valueIn(run("a")), [`claude-agent=${attemptTraceparent(run("a"), 1) ?? ""}`]);
  t.same(valueIn(run("a", { env: [{ name: "TRACEPARENT", value: "mine" }] })), ["claude-agent=mine"]);
  const { annotations: _none, ...metadata } = run("a").metadata;
  t.same(valueIn({ ...run("a"), metadata }), []);
  t.end();
});
