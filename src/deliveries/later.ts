/** When a reconciler continues after a rate limit of GitHub. */
import { GitHubUnavailable } from "../github/unavailable.js";
import type { Result } from "../runtime/controller/reconciler.js";

/** Milliseconds: the longest timer of a controller. */
export const longestTimer = 3_600_000;

/** The end of a reconcile after a rate limit of GitHub: when that is over. @throws the error if it is no rate limit */
export function laterOrThrow(error: unknown): Result {
  if (!(error instanceof GitHubUnavailable) || error.retryAfter === undefined) throw error;
  return { requeueAfter: Math.min(error.retryAfter, longestTimer) };
}
