import { Counter, Histogram, type Registry } from "prom-client";

/** What the engine counts. */
export interface Metrics {
  reconciled(result: "success" | "error", seconds: number): void;
  jobCreated(): void;
  configMapCreated(): void;
}

/** Counts nothing. */
export const noMetrics: Metrics = {
  reconciled: () => undefined,
  jobCreated: () => undefined,
  configMapCreated: () => undefined,
};

/**
 * The four metrics of the TaskRun controller, under the names of its first design.
 *
 * @param prefix the kind in lower case: `taskrun`
 */
export function runMetrics(registry: Registry, prefix: string): Metrics {
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
  const jobs = new Counter({ name: `${prefix}_jobs_created_total`, help: "Total jobs created", registers });
  const files = new Counter({
    name: `${prefix}_configmaps_created_total`,
    help: "Total ConfigMaps created",
    registers,
  });
  return {
    reconciled(result, seconds) {
      reconciliations.inc({ result });
      duration.observe(seconds);
    },
    jobCreated: () => jobs.inc(),
    configMapCreated: () => files.inc(),
  };
}
