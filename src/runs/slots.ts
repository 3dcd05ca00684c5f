/**
 * Whether a run may start beside those that are running. The configuration has no limits of concurrency yet, so every
 * run is admitted, and its condition says just that; limits will be decided here, from all known runs.
 */
export interface Admission {
  readonly admitted: boolean;
  readonly reason: string;
  readonly message: string;
}

export function admit(): Admission {
  return { admitted: true, reason: "NoLimits", message: "No limit of concurrency is configured." };
}
