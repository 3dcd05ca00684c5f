/** Who asked for a run, in annotations that admission writes and nobody can change. */
export const authorship = {
  /** The user who created the run. */
  createdBy: "orchestrator.io/created-by",
  /** The user who last asked for another attempt, by raising `retryAttempt` or `contextVersion`. */
  attemptRequestedBy: "orchestrator.io/attempt-requested-by",
} as const;
