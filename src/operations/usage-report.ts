/** What runs have used of models, by agent, service, namespace, kind, model or period: sums over what their statuses record. */
import { labels } from "../api/labels.js";
import type { Usage } from "../api/taskrun.js";
import type { Client } from "../runtime/client/client.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { attemptUsage, sumOfUsage } from "../runs/usage.js";
import type { AnyRun } from "./any-run.js";

export const usageGroups = ["agent", "service", "namespace", "kind", "model", "day", "week", "month"] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface UsageQuery {
  readonly types: readonly ResourceType<AnyRun>[];
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly by: UsageGroup;
  /** Runs that ended before are left out; milliseconds since the epoch. Absent: none. */
  readonly since?: number;
}

/** Sums of one group. */
export interface UsageRow {
  /** Name of the group; empty for runs that have none. */
  readonly name: string;
  readonly runs: number;
  readonly attempts: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly requests: number;
  /** US dollars; absent if no model of the group has a price. */
  readonly costUSD?: number;
}

export interface UsageReport {
  readonly by: UsageGroup;
  /** Those that cost most first; periods in their order. */
  readonly items: readonly UsageRow[];
  readonly total: Omit<UsageRow, "name">;
  /** Attempts whose usage is not known, because their gateway left no report. */
  readonly unknownAttempts: number;
}

/** Objects of one request: each may have a MiB. */
const pageSize = 20;

/** Groups that are kept apart; further ones become one. */
const maxGroups = 1_000;
const others = "other";

interface Sum {
  readonly runs: number;
  readonly attempts: number;
  readonly usage: Usage;
}

const nothing: Sum = { runs: 0, attempts: 0, usage: {} };

const add = (a: Sum, b: Sum): Sum => ({
  ...{ runs: a.runs + b.runs, attempts: a.attempts + b.attempts, usage: sumOfUsage(a.usage, b.usage) },
});

/** Reads the runs page by page, and keeps sums alone. Runs that used nothing do not count. @throws an API error */
export async function usageReport(
  client: Pick<Client, "listPages">,
  { types, by, since = 0, ...selection }: UsageQuery,
  signal?: AbortSignal,
): Promise<UsageReport> {
  const groups = new Map<string, Sum>();
  let total = nothing;
  for (const type of types)
    for await (const { items } of client.listPages(type, { ...selection, limit: pageSize, ...(signal && { signal }) }))
      for (const run of items) {
        const { usage, attempts = 0 } = run.status ?? {};
        if (usage === undefined || endOf(run) < since) continue;
        total = add(total, { runs: 1, attempts, usage });
        for (const [name, part] of partsOf(type, run, usage, by)) {
          const key = groups.has(name) || groups.size < maxGroups ? name : others;
          groups.set(key, add(groups.get(key) ?? nothing, { runs: 1, attempts, usage: part }));
        }
      }
  const rows = [...groups].map(([name, sum]) => ({ name, ...rowOf(sum) }));
  const isPeriod = by === "day" || by === "week" || by === "month";
  rows.sort((a, b) => (isPeriod ? a.name.localeCompare(b.name) : weight(b) - weight(a)));
  return { by, items: rows, total: rowOf(total), unknownAttempts: total.usage.unknownAttempts ?? 0 };
}

/** A run counts in the period in which it ended; one that has not, in that of its last change. */
function endOf({ metadata, status }: AnyRun): number {
  const end = Date.parse(status?.completionTime ?? status?.lastUpdated ?? metadata?.creationTimestamp ?? "");
  return Number.isNaN(end) ? 0 : end;
}

function partsOf(
  { kind }: ResourceType<AnyRun>,
  run: AnyRun,
  usage: Usage,
  by: UsageGroup,
): readonly (readonly [string, Usage])[] {
  const { namespace = "", labels: own = {} } = run.metadata ?? {};
  switch (by) {
    case "agent":
      return [[own[labels.agent] ?? "", usage]];
    case "service":
      return [[own[labels.service] ?? "", usage]];
    case "namespace":
      return [[namespace, usage]];
    case "kind":
      return [[kind, usage]];
    case "model":
      return (usage.byModel ?? []).map(({ model, ...figures }) => [model, figures] as const);
    case "day":
      return [[new Date(endOf(run)).toISOString().slice(0, 10), usage]];
    case "week":
      return [[mondayOf(endOf(run)), usage]];
    case "month":
      return [[new Date(endOf(run)).toISOString().slice(0, 7), usage]];
  }
}

const day = 86_400_000;

/** The date of the Monday, in UTC. */
function mondayOf(time: number): string {
  const weekday = (new Date(time).getUTCDay() + 6) % 7;
  return new Date(time - weekday * day).toISOString().slice(0, 10);
}

function rowOf({ runs, attempts, usage }: Sum): Omit<UsageRow, "name"> {
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    requests = 0,
    costUSD,
  } = attemptUsage(usage);
  return {
    ...{ runs, attempts, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, requests },
    ...(costUSD !== undefined && { costUSD }),
  };
}

const weight = ({ costUSD = 0, inputTokens, outputTokens }: Omit<UsageRow, "name">): number =>
  costUSD * 1e12 + inputTokens + 5 * outputTokens;
