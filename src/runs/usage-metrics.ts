/** Metrics of what runs use of models, counted when it is recorded. */
import { Counter, type Registry } from "prom-client";
import type { RunStatus } from "./run.js";
import type { ModelUsage } from "../api/taskrun.js";

/** Models with series of their own: their names come from agents. */
const maxModels = 50;
const others = "other";

const kinds = [
  ["input", "inputTokens"],
  ["output", "outputTokens"],
  ["cacheRead", "cacheReadTokens"],
  ["cacheWrite", "cacheWriteTokens"],
] as const;

/** @returns what is called after each write of a status */
export function usageMetrics(
  registry: Registry,
  prefix: string,
): (before: RunStatus | undefined, after: RunStatus) => void {
  const registers = [registry];
  const tokens = new Counter({
    name: `${prefix}_model_tokens_total`,
    help: "Tokens of models that attempts used, as their gateways counted them",
    labelNames: ["model", "kind"] as const,
    registers,
  });
  const requests = new Counter({
    name: `${prefix}_model_requests_total`,
    help: "Requests of attempts to models",
    labelNames: ["model"] as const,
    registers,
  });
  const cost = new Counter({
    name: `${prefix}_model_cost_usd_total`,
    help: "US dollars that attempts spent on models, by the configured prices",
    labelNames: ["model"] as const,
    registers,
  });
  const known = new Set<string>();
  const labelOf = (name: string): string => {
    if (known.size < maxModels) known.add(name);
    return known.has(name) ? name : others;
  };
  return (before, after) => {
    if (after.usage === before?.usage) return;
    const earlier = new Map((before?.usage?.byModel ?? []).map((each) => [each.model, each]));
    const named = (after.usage?.byModel ?? []).filter(({ model }) => model !== others);
    const grown = (usage: ModelUsage, name: Exclude<keyof ModelUsage, "model">): number =>
      Math.max(0, (usage[name] ?? 0) - (earlier.get(usage.model)?.[name] ?? 0));
    for (const usage of [...named, undefined]) {
      const model = usage === undefined ? others : labelOf(usage.model);
      // of the rest, what the sums have more: a model that became part of it was counted before
      const added = (name: Exclude<keyof ModelUsage, "model">): number => {
        if (usage !== undefined) return grown(usage, name);
        const total = (after.usage?.[name] ?? 0) - (before?.usage?.[name] ?? 0);
        return Math.max(0, total - named.reduce((sum, each) => sum + grown(each, name), 0));
      };
      for (const [kind, name] of kinds) tokens.inc({ model, kind }, added(name));
      requests.inc({ model }, added("requests"));
      cost.inc({ model }, added("costUSD"));
    }
  };
}
