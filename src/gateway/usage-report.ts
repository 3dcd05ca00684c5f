/** What the gateway tells the operator when the pod ends: the termination message of its container. */
import type { Ledger, ModelUsage } from "./ledger.js";

/** As in `status.usage` of a run. */
export interface UsageFigures {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly requests: number;
  /** Requests among them whose output is an estimate, because they were cut off. */
  readonly estimatedRequests?: number;
  /** Of the models that have a price; absent if none has. */
  readonly costUSD?: number;
}

export interface UsageReport extends UsageFigures {
  readonly version: 1;
  /** The models that used most first. */
  readonly byModel: readonly (UsageFigures & { readonly model: string })[];
  /** Why the budget allowed no further request. */
  readonly budgetExceeded?: string;
  /** A provider refused for its limits, longer than the gateway waits. */
  readonly limited?: {
    readonly upstream: string;
    readonly status: number;
    /** RFC 3339; absent if the provider did not say. */
    readonly until?: string;
  };
  /** A provider refused the key, and nothing was served since. */
  readonly keyRefused?: { readonly upstream: string; readonly status: number };
  /** A provider could not be reached, or answered with an error of its own, and nothing was served since. */
  readonly unavailable?: {
    readonly upstream: string;
    /** Absent: it could not be reached. */
    readonly status?: number;
  };
  /** What refused the last of all requests for a model; absent if it was served. */
  readonly lastRefused?: "budget" | "limits" | "key";
}

/** What the operator has to know beside the figures. */
export type ReportedEnds = Pick<
  UsageReport,
  "budgetExceeded" | "limited" | "keyRefused" | "unavailable" | "lastRefused"
>;

/** Bytes of a termination message that the kubelet keeps. */
const maxBytes = 4_096;

/** The report as JSON. Models that do not fit are left out of `byModel`; the sums have them. */
export function reportText(ledger: Ledger, ends: ReportedEnds): string {
  const usage = [...ledger.usage()].sort((a, b) => weight(b) - weight(a));
  const models = usage.map((each) => ({ model: each.model, ...figures(ledger, [each]) }));
  for (;;) {
    const report: UsageReport = { version: 1, ...figures(ledger, usage), ...ends, byModel: models };
    const text = JSON.stringify(report);
    if (Buffer.byteLength(text) <= maxBytes || models.length === 0) return text;
    models.pop();
  }
}

const weight = ({ tokens }: ModelUsage): number => tokens.input + tokens.cacheWrite + 5 * tokens.output;

function figures(ledger: Ledger, usage: readonly ModelUsage[]): UsageFigures {
  const add = (count: (each: ModelUsage) => number): number => usage.reduce((sum, each) => sum + count(each), 0);
  const estimated = add((each) => each.estimated);
  const costUSD = ledger.costOf(usage);
  return {
    inputTokens: add(({ tokens }) => tokens.input),
    outputTokens: add(({ tokens }) => tokens.output),
    cacheReadTokens: add(({ tokens }) => tokens.cacheRead),
    cacheWriteTokens: add(({ tokens }) => tokens.cacheWrite),
    requests: add((each) => each.requests),
    ...(estimated > 0 && { estimatedRequests: estimated }),
    ...(costUSD !== undefined && { costUSD: Math.round(costUSD * 1e6) / 1e6 }),
  };
}
