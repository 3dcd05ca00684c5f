import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { usageMetrics } from "./usage-metrics.js";
import type { AgentRun, AttemptRecord, Cause, Outcome, RunStatus } from "./run.js";
import { dimensions, type LimitName } from "./slot-limits.js";
import { findCondition } from "../api/conditions.js";
import type { Phase } from "../api/taskrun.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Stored } from "../runtime/client/objects.js";
import { priorities } from "../configuration/configuration.js";

/** What the engine measures. */
export interface Metrics {
  reconciled(result: "success" | "error", seconds: number): void;
  jobCreated(): void;
  configMapCreated(): void;
  /** The status of a run was written. */
  statusWritten(run: AgentRun, before: RunStatus | undefined, after: RunStatus): void;
}

const nothing = (): void => undefined;

/** Measures nothing. */
export const noMetrics: Metrics = {
  reconciled: nothing,
  jobCreated: nothing,
  configMapCreated: nothing,
  statusWritten: nothing,
};

export interface RunMetricsOptions<R extends AgentRun = AgentRun> {
  readonly registry: Registry;
  /** The kind in lower case: `taskrun`. */
  readonly prefix: string;
  /** The runs to count by phase. */
  readonly runs: Reader<R>;
  /** The limits of `concurrency` that these runs wait for. Absent: no such gauge. */
  readonly limitsOf?: (waiting: readonly Stored<R>[]) => readonly LimitName[];
  /** Only the leader reports gauges of the cluster, or sums over the replicas would be wrong. */
  readonly isLeader: () => boolean;
}

const outcomes = ["Succeeded", "Failed", "Lost", "Cancelled", "Replaced"] as const satisfies readonly Outcome[];
const causes = ["Initial", "AutomaticRetry", "ManualRetry", "ContextChanged"] as const satisfies readonly Cause[];
const phases = ["Pending", "Running", "Succeeded", "Failed", "Cancelled"] as const satisfies readonly Phase[];

/** Seconds, from an attempt that fails at once to one that runs for a day. */
const runBuckets = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Seconds, from a free slot to a night in the queue. */
const waitBuckets = [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200];

/**
 * The metrics of one kind of runs. No label names a run, so a deleted run leaves no series behind, and the cardinality is
 * bounded.
 */
export function runMetrics<R extends AgentRun>(options: RunMetricsOptions<R>): Metrics {
  const { registry } = options;
  addClusterGauges(options);
  const reconciled = reconcileMetrics(options);
  const attempts = attemptMetrics(options);
  const usage = usageMetrics(registry, options.prefix);
  const registers = [registry];
  const jobs = new Counter({ name: `${options.prefix}_jobs_created_total`, help: "Total jobs created", registers });
  const files = new Counter({
    name: `${options.prefix}_configmaps_created_total`,
    help: "Total ConfigMaps created",
    registers,
  });
  return {
    reconciled,
    jobCreated: () => jobs.inc(),
    configMapCreated: () => files.inc(),
    statusWritten: (run, before, after) => {
      attempts(run, before, after);
      usage(before, after);
    },
  };
}

function reconcileMetrics({ registry, prefix }: Pick<RunMetricsOptions, "registry" | "prefix">): Metrics["reconciled"] {
  const registers = [registry];
  const reconciliations = new Counter({
    name: `${prefix}_reconciliations_total`,
    help: "Total reconciliation attempts",
    labelNames: ["result"] as const,
    registers,
  });
  const duration = new Histogram({
    name: `${prefix}_reconciliation_duration_seconds`,
    help: "Time spent reconciling",
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return (result, seconds) => {
    reconciliations.inc({ result });
    duration.observe(seconds);
  };
}

function attemptMetrics({
  registry,
  prefix,
}: Pick<RunMetricsOptions, "registry" | "prefix">): Metrics["statusWritten"] {
  const registers = [registry];
  const ended = new Counter({
    name: `${prefix}_runs_total`,
    help: "Attempts that have ended, by outcome and cause",
    labelNames: ["outcome", "cause"] as const,
    registers,
  });
  // a counter that begins at 1 has no increase that an alert could see
  for (const outcome of outcomes) for (const cause of causes) ended.inc({ outcome, cause }, 0);
  const duration = new Histogram({
    name: `${prefix}_run_duration_seconds`,
    help: "Time from the creation of an attempt's Job to its end",
    labelNames: ["outcome"] as const,
    buckets: runBuckets,
    registers,
  });
  const waited = new Histogram({
    name: `${prefix}_queue_wait_seconds`,
    help: "Time that runs waited for a slot, of those that had to wait",
    labelNames: ["priority"] as const,
    buckets: waitBuckets,
    registers,
  });
  return (run, before, after) => {
    for (const record of newlyEnded(before, after)) {
      const outcome = record.outcome ?? "Failed";
      ended.inc({ outcome, cause: record.cause ?? "Initial" });
      const seconds = secondsBetween(record.startTime, record.completionTime);
      if (seconds !== undefined) duration.observe({ outcome }, seconds);
    }
    const wait = isQueued(before) && !isQueued(after) ? findCondition(before?.conditions, "Admitted") : undefined;
    const admitted = findCondition(after.conditions, "Admitted");
    const seconds = secondsBetween(wait?.lastTransitionTime, admitted?.lastTransitionTime);
    if (seconds !== undefined && admitted?.status === "True") {
      waited.observe({ priority: run.spec.priority ?? "medium" }, seconds);
    }
  };
}

function addClusterGauges<R extends AgentRun>(options: RunMetricsOptions<R>): void {
  const { registry, prefix, runs, isLeader, limitsOf } = options;
  const registers = [registry];
  gauge(registers, `${prefix}_phase`, "Number of runs in each phase", "phase", phases, isLeader, () =>
    runs.list().map(({ status }) => status?.phase ?? "Pending"),
  );
  const name = `${prefix}_queue_length`;
  gauge(registers, name, "Number of runs waiting for a slot", "priority", priorities, isLeader, () =>
    runs.list().flatMap(({ spec, status }) => (isQueued(status) ? [spec.priority ?? "medium"] : [])),
  );
  if (limitsOf === undefined) return;
  const byLimit = `${prefix}_queue_length_by_limit`;
  const names = dimensions.map(([limit]) => limit);
  gauge(
    registers,
    byLimit,
    "Number of runs waiting for a slot, by the key of `concurrency` that is full",
    "limit",
    names,
    isLeader,
    () => limitsOf(runs.list().filter(({ status }) => isQueued(status))),
  );
}

/** Zeros are reported too: a series that comes and goes is hard to alert on. */
function gauge<L extends string>(
  registers: Registry[],
  name: string,
  help: string,
  label: L,
  values: readonly string[],
  isLeader: () => boolean,
  read: () => readonly string[],
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      if (!isLeader()) return;
      const counts = new Map(values.map((value) => [value, 0]));
      for (const value of read()) counts.set(value, (counts.get(value) ?? 0) + 1);
      const by = (value: string): Partial<Record<L, string>> => {
        const labels: Partial<Record<L, string>> = {};
        labels[label] = value;
        return labels;
      };
      for (const [value, count] of counts) this.set(by(value), count);
    },
  });
}

/** Whether a run waits for a slot. One that waits for a Budget is not admitted either. */
function isQueued(status: RunStatus | undefined): boolean {
  const condition = findCondition(status?.conditions, "Admitted");
  return status?.phase === "Pending" && condition?.status === "False" && condition.reason === "WaitingForSlot";
}

function newlyEnded(before: RunStatus | undefined, after: RunStatus): AttemptRecord[] {
  const known = new Map((before?.runs ?? []).map((record) => [record.number, record.outcome]));
  return (after.runs ?? []).filter(({ number, outcome }) => outcome !== undefined && known.get(number) === undefined);
}

function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  const seconds = (Date.parse(to ?? "") - Date.parse(from ?? "")) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
