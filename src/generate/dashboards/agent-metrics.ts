/** The metrics that Claude Code sends, as they arrive in Prometheus. */

/** What every dashboard of these metrics needs, for its description. */
export const agentMetricsNote =
  "From metrics that Claude Code sends itself: set telemetry in the operator's configuration, and make the resource attributes task.id, agent.name, service.name, repository and step labels (promote_resource_attributes of Prometheus, resource_to_telemetry_conversion of a collector's prometheus exporter; VictoriaMetrics does so by itself).";

/** A counter by any of the names that it has: with or without the unit and `_total`, as the exporter is configured. */
function named(name: string, unit: string): string {
  return `__name__=~"claude_code_${name}${unit === "" ? "" : `(_${unit})?`}(_total)?"`;
}

export const agentMetrics = {
  /** US dollars, as Claude Code estimates them. */
  cost: named("cost_usage", "USD"),
  /** By `type`: input, output, cacheRead, cacheCreation. */
  tokens: named("token_usage", "tokens"),
  sessions: named("session_count", ""),
  /** Seconds. */
  activeTime: named("active_time", "(s|seconds)"),
  /** By `type`: added, removed. */
  lines: named("lines_of_code_count", ""),
  pullRequests: named("pull_request_count", ""),
} as const;
