import { quantile, type Dashboard, type Query } from "./dashboard.js";

const kinds = [
  ["taskrun", "TaskRun"],
  ["coderun", "CodeRun"],
  ["docsrun", "DocsRun"],
] as const;

/** One query for each kind, since PromQL cannot sum over metrics of several names. */
function perKind(expression: (prefix: string) => string, legend: (kind: string) => string): Query[] {
  return kinds.map(([prefix, kind]) => [expression(prefix), legend(kind)]);
}

/** What the runs do: for those who run agents, and for those who pay. */
export const fleet: Dashboard = {
  uid: "orchestrator-fleet",
  title: "Agents / Fleet",
  description: "Runs, attempts, queue and durations of TaskRuns, CodeRuns and DocsRuns.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          ...{ title: "Running", description: "Runs with an attempt that has a Job.", type: "stat", width: 6 },
          queries: perKind(
            (prefix) => `sum(${prefix}_phase{phase="Running"})`,
            (kind) => kind,
          ),
        },
        {
          ...{
            title: "Waiting for a slot",
            description: "Runs that a concurrency limit holds back.",
            type: "stat",
            width: 6,
          },
          queries: perKind(
            (prefix) => `sum(${prefix}_queue_length)`,
            (kind) => kind,
          ),
        },
        {
          ...{ title: "Failed attempts, last hour", description: "Each one was paid for.", type: "stat", width: 6 },
          queries: perKind(
            (prefix) => `sum(increase(${prefix}_runs_total{outcome=~"Failed|Lost"}[1h]))`,
            (kind) => kind,
          ),
        },
        {
          ...{ title: "Leader", description: "1 if exactly one manager leads.", type: "stat", width: 6 },
          queries: [['sum(leader_election_master_status{name="orchestrator"})', "leaders"]],
        },
      ],
    },
    {
      title: "Attempts",
      panels: [
        {
          ...{ title: "Started per hour", description: "Jobs created.", stacked: true },
          queries: perKind(
            (prefix) => `sum(increase(${prefix}_jobs_created_total[1h]))`,
            (kind) => kind,
          ),
        },
        {
          ...{
            title: "Ended per hour, by outcome",
            description: "Succeeded, failed, lost, cancelled or replaced.",
            stacked: true,
          },
          queries: perKind(
            (prefix) => `sum by (outcome) (increase(${prefix}_runs_total[1h]))`,
            (kind) => `${kind} {{outcome}}`,
          ),
        },
        {
          ...{
            title: "Retries per hour",
            description: "Attempts that the operator started again by itself.",
            stacked: true,
          },
          queries: perKind(
            (prefix) => `sum(increase(${prefix}_runs_total{cause="AutomaticRetry"}[1h]))`,
            (kind) => kind,
          ),
        },
        {
          ...{
            title: "Duration of attempts",
            description: "From the creation of the Job to its end.",
            unit: "s",
            width: 12,
          },
          queries: [0.5, 0.95].flatMap((of) =>
            perKind(
              (prefix) => quantile(of, `${prefix}_run_duration_seconds`),
              (kind) => `${kind} p${of * 100}`,
            ),
          ),
        },
        {
          ...{
            title: "Runs by phase",
            description: "All that exist, finished ones included.",
            stacked: true,
            width: 12,
          },
          queries: perKind(
            (prefix) => `sum by (phase) (${prefix}_phase)`,
            (kind) => `${kind} {{phase}}`,
          ),
        },
      ],
    },
    {
      title: "Queue",
      panels: [
        {
          ...{ title: "Waiting, by priority", description: "Runs that wait for a slot.", stacked: true },
          queries: perKind(
            (prefix) => `sum by (priority) (${prefix}_queue_length)`,
            (kind) => `${kind} {{priority}}`,
          ),
        },
        {
          ...{ title: "Waiting, by limit", description: "The limit of `concurrency` that is full.", stacked: true },
          queries: perKind(
            (prefix) => `sum by (limit) (${prefix}_queue_length_by_limit)`,
            (kind) => `${kind} {{limit}}`,
          ),
        },
        {
          ...{ title: "Time in the queue, p95", description: "Of runs that had to wait.", unit: "s" },
          queries: perKind(
            (prefix) => quantile(0.95, `${prefix}_queue_wait_seconds`),
            (kind) => kind,
          ),
        },
      ],
    },
    {
      title: "Archive",
      panels: [
        {
          ...{
            title: "Archived per hour, by result",
            description: "Finished runs, before history removes them.",
            stacked: true,
          },
          queries: perKind(
            (prefix) => `sum by (result) (increase(${prefix}_archive_writes_total[1h]))`,
            (kind) => `${kind} {{result}}`,
          ),
        },
        {
          ...{ title: "Not accepted", description: "Runs that stay in the cluster because the archive refuses them." },
          queries: perKind(
            (prefix) => `sum(${prefix}_archive_failing_runs)`,
            (kind) => kind,
          ),
        },
        {
          ...{
            title: "Logs of attempts per hour, by result",
            description: "Where the archive keeps logs; lost: the pod was gone.",
            stacked: true,
          },
          queries: perKind(
            (prefix) => `sum by (result) (increase(${prefix}_transcripts_total[1h]))`,
            (kind) => `${kind} {{result}}`,
          ),
        },
      ],
    },
  ],
};
