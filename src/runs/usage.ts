/**
 * What an attempt used of models: the report that the gateway of its pod leaves as its termination message. The sums of all attempts are in
 * `status.usage`, written together with the end of each, so that each counts once. Pure.
 */
import type { Usage, ModelUsage, AttemptUsage } from "../api/taskrun.js";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";

/** Name of the side-car that counts. */
export const gatewayContainer = "gateway";

/** What the gateways of an attempt's pods report. */
export interface SpendingReport {
  readonly usage: Usage;
  /** Why the budget allowed no further request. */
  readonly budgetExceeded?: string;
  /** The provider refused for its limits. */
  readonly limited?: {
    readonly upstream: string;
    readonly status: number;
    /** Milliseconds since the epoch; absent if the provider did not say. */
    readonly until?: number;
  };
  /** The provider refused the key. */
  readonly keyRefused?: { readonly upstream: string; readonly status: number };
  /** The provider failed: it could not be reached, or had an error of its own. */
  readonly unavailable?: { readonly upstream: string; readonly status?: number };
  /** What refused the last request for a model; absent if it was served. */
  readonly lastRefused?: "budget" | "limits" | "key";
}

type Figure = keyof AttemptUsage;

const figures: readonly Figure[] = [
  ...(["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"] as const),
  ...(["requests", "estimatedRequests", "costUSD"] as const),
];

/** Bytes. The kubelet truncates longer messages. */
const maxMessageBytes = 4096;

/** Models with figures of their own. */
const maxModels = 20;
const others = "other";

/** The report in a termination message; undefined for anything else. */
export function parseUsageReport(message: string | undefined): SpendingReport | undefined {
  if (message === undefined || Buffer.byteLength(message) > maxMessageBytes) return undefined;
  let content: unknown;
  try {
    content = parseBoundedJson(message, 8);
  } catch {
    return undefined;
  }
  if (!isObject(content) || content.version !== 1) return undefined;
  const models = (isList(content.byModel) ? content.byModel : []).flatMap((each): ModelUsage[] => {
    if (!isObject(each) || typeof each.model !== "string" || each.model === "") return [];
    return [{ model: each.model.slice(0, 256), ...figuresIn(each) }];
  });
  const { budgetExceeded } = content;
  const limited = limitIn(content.limited);
  const keyRefused = limitIn(content.keyRefused);
  const unavailable = unavailableIn(content.unavailable);
  const lastRefused = (["budget", "limits", "key"] as const).find((each) => each === content.lastRefused);
  return {
    usage: { ...figuresIn(content), ...(models.length > 0 && { byModel: merged(models) }) },
    ...(typeof budgetExceeded === "string" && { budgetExceeded: budgetExceeded.slice(0, 500) }),
    ...(limited && { limited }),
    ...(keyRefused && { keyRefused: { upstream: keyRefused.upstream, status: keyRefused.status } }),
    ...(unavailable && { unavailable }),
    ...(lastRefused && { lastRefused }),
  };
}

function figuresIn(object: JsonObject): AttemptUsage {
  return Object.fromEntries(
    figures.flatMap((name) => {
      const value = object[name];
      const isCount = name === "costUSD" ? Number.isFinite(value) : Number.isSafeInteger(value);
      return typeof value === "number" && isCount && value >= 0 ? [[name, value]] : [];
    }),
  );
}

function unavailableIn(value: unknown): SpendingReport["unavailable"] {
  if (!isObject(value) || typeof value.upstream !== "string") return undefined;
  const { upstream, status } = value;
  return { upstream: upstream.slice(0, 63), ...(typeof status === "number" && { status }) };
}

function limitIn(value: unknown): SpendingReport["limited"] {
  if (!isObject(value) || typeof value.upstream !== "string" || typeof value.status !== "number") return undefined;
  const until = typeof value.until === "string" ? Date.parse(value.until) : Number.NaN;
  return {
    ...{ upstream: value.upstream.slice(0, 63), status: value.status },
    ...(!Number.isNaN(until) && { until }),
  };
}

/** Both together. Models beyond the twenty that used most become one. */
export function sumOfUsage(a: Usage, b: Usage): Usage {
  const models = merged([...(a.byModel ?? []), ...(b.byModel ?? [])]);
  const unknownAttempts = (a.unknownAttempts ?? 0) + (b.unknownAttempts ?? 0);
  const unmeasured = sumOfUnmeasured(a.unmeasured, b.unmeasured);
  return {
    ...sumOfFigures(a, b),
    ...(models.length > 0 && { byModel: models }),
    ...(unknownAttempts > 0 && { unknownAttempts }),
    ...(unmeasured !== undefined && { unmeasured }),
  };
}

function sumOfUnmeasured(a: Usage["unmeasured"], b: Usage["unmeasured"]): Usage["unmeasured"] {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    ...((a.tokens ?? b.tokens) !== undefined && { tokens: (a.tokens ?? 0) + (b.tokens ?? 0) }),
    ...((a.costUSD ?? b.costUSD) !== undefined && { costUSD: roundedDollars((a.costUSD ?? 0) + (b.costUSD ?? 0)) }),
  };
}

/** Dollars have as many digits as the gateway reports. */
const roundedDollars = (amount: number): number => Math.round(amount * 1e6) / 1e6;

function sumOfFigures(a: AttemptUsage, b: AttemptUsage): AttemptUsage {
  return Object.fromEntries(
    figures.flatMap((name) => {
      const [left, right] = [a[name], b[name]];
      if (left === undefined && right === undefined) return [];
      const sum = (left ?? 0) + (right ?? 0);
      return [[name, name === "costUSD" ? roundedDollars(sum) : Math.min(sum, Number.MAX_SAFE_INTEGER)]];
    }),
  );
}

const weight = ({ inputTokens = 0, cacheWriteTokens = 0, outputTokens = 0 }: AttemptUsage): number =>
  inputTokens + cacheWriteTokens + 5 * outputTokens;

function merged(models: readonly ModelUsage[]): ModelUsage[] {
  const byName = new Map<string, ModelUsage>();
  const add = (model: string, usage: ModelUsage): void => {
    const before = byName.get(model);
    byName.set(model, { ...(before === undefined ? usage : sumOfFigures(before, usage)), model });
  };
  for (const each of models) add(each.model, each);
  const sorted = [...byName.values()].sort((x, y) => weight(y) - weight(x));
  if (sorted.length <= maxModels) return sorted;
  const kept = sorted.slice(0, maxModels - 1);
  const rest = sorted.slice(maxModels - 1).reduce((x, y) => ({ ...sumOfFigures(x, y), model: others }));
  return [...kept.filter(({ model }) => model !== others), { ...rest, model: others }];
}

/** The figures of an attempt's record: without models. */
export function attemptUsage(usage: Usage): AttemptUsage {
  const { byModel: _models, unknownAttempts: _unknown, unmeasured: _unmeasured, ...figures } = usage;
  return figures;
}

/** US dollars among the sums that belong to no model with a name of its own. */
export function costWithoutModel({ costUSD = 0, byModel = [] }: Usage = {}): number {
  const named = byModel.filter(({ model }) => model !== others);
  return Math.max(0, costUSD - named.reduce((sum, each) => sum + (each.costUSD ?? 0), 0));
}

/** What earlier attempts used, as the gateway's `budget.used` has it; what no model has becomes one without a name that has a price. */
export function usedBefore(usage: Usage | undefined): {
  readonly model: string;
  readonly tokens: Record<"input" | "output" | "cacheRead" | "cacheWrite", number>;
  readonly requests: number;
  readonly estimated: number;
}[] {
  if (usage === undefined) return [];
  const models = usage.byModel ?? [];
  const left = (name: Figure): number =>
    Math.max(0, (usage[name] ?? 0) - models.reduce((sum, each) => sum + (each[name] ?? 0), 0));
  const rest: ModelUsage = {
    ...Object.fromEntries(figures.map((name) => [name, left(name)])),
    model: others,
  };
  return [...models, ...(weight(rest) + (rest.cacheReadTokens ?? 0) > 0 ? [rest] : [])].map((each) => ({
    model: each.model,
    tokens: {
      input: each.inputTokens ?? 0,
      output: each.outputTokens ?? 0,
      cacheRead: each.cacheReadTokens ?? 0,
      cacheWrite: each.cacheWriteTokens ?? 0,
    },
    requests: each.requests ?? 0,
    estimated: each.estimatedRequests ?? 0,
  }));
}
