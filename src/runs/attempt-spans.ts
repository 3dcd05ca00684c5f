/** The span of each attempt that has ended: from its start to its end, in the trace of its run. */
import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Link } from "@opentelemetry/api";
import type { AgentRun, AttemptRecord, RunKind, RunStatus } from "./run.js";
import { labels } from "../api/labels.js";
import { attemptSpanId, attemptTraceparent, traceparentOf } from "../api/trace.js";
import type { Stored } from "../runtime/client/objects.js";
import { contextOf, nextSpanId, parseTraceparent } from "../runtime/tracing/traceparent.js";

/** Instrumentation scope. */
const scope = "agent-orchestrator/runs";
/** A run may wait for many others. */
const maxLinks = 32;

/**
 * Records the attempts that a status write ended. Without an export of traces it has no effect.
 *
 * @param dependency the run of `dependsOn` with this name; undefined if it does not exist
 */
export function recordAttempts<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  after: RunStatus,
  dependency: (name: string) => AgentRun | undefined,
): void {
  const known = new Set((run.status?.runs ?? []).flatMap(({ number, outcome }) => (outcome ? [number] : [])));
  for (const record of after.runs ?? [])
    if (record.outcome !== undefined && !known.has(record.number)) recordAttempt(kind, run, record, after, dependency);
}

function recordAttempt<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  record: AttemptRecord,
  after: RunStatus,
  dependency: (name: string) => AgentRun | undefined,
): void {
  const { startTime, completionTime, outcome = "", number } = record;
  const start = startTime === undefined ? undefined : new Date(startTime);
  const ended = completionTime === undefined ? undefined : new Date(completionTime);
  const parent = contextOf(traceparentOf(run));
  const options = {
    kind: SpanKind.INTERNAL,
    attributes: attributesOf(kind, run, record, after),
    links: (run.spec.dependsOn ?? []).slice(0, maxLinks).flatMap((name) => linkTo(dependency(name))),
    ...(start !== undefined && { startTime: start }),
  };
  const span = context.with(context.active().setValue(nextSpanId, attemptSpanId(run, number)), () =>
    trace.getTracer(scope).startSpan("attempt", options, parent),
  );
  if (outcome === "Failed" || outcome === "Lost") span.setStatus({ code: SpanStatusCode.ERROR });
  // the clock of the API server and of the node may differ
  span.end(ended !== undefined && start !== undefined && ended < start ? start : ended);
}

/** A link to the newest attempt of a run. */
function linkTo(run: AgentRun | undefined): Link[] {
  const number = run?.status?.runs?.at(-1)?.number;
  if (run === undefined || number === undefined) return [];
  const context = parseTraceparent(attemptTraceparent(run, number));
  if (context === undefined) return [];
  return [
    {
      context,
      attributes: { "orchestrator.link": "dependsOn", "orchestrator.run.name": run.metadata?.name ?? "" },
    },
  ];
}

function attributesOf<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  record: AttemptRecord,
  after: RunStatus,
): Attributes {
  const own = kind.labels(run);
  const isNewest = record === after.runs?.at(-1);
  const values: Readonly<Record<string, string | number | undefined>> = {
    "k8s.namespace.name": run.metadata.namespace,
    "k8s.job.name": record.jobName,
    "orchestrator.run.kind": kind.type.kind,
    "orchestrator.run.name": run.metadata.name,
    "orchestrator.run.uid": run.metadata.uid,
    "orchestrator.attempt": record.number,
    "orchestrator.cause": record.cause,
    "orchestrator.outcome": record.outcome,
    "orchestrator.reason": isNewest ? after.reason : undefined,
    "orchestrator.service": own[labels.service],
    "orchestrator.task": own[labels.taskId],
    "orchestrator.agent": own[labels.agent],
    "orchestrator.repository": kind.repository?.(run),
    "orchestrator.pull_request": after.pullRequestUrl,
    "orchestrator.step": kind.step?.(run) ?? kind.type.kind.toLowerCase(),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
