/** When a provider that refuses for its limits may be asked again. */
import type { IncomingHttpHeaders } from "node:http";

/** Too many requests, and Anthropic's overload. */
export const isLimited = (status: number): boolean => status === 429 || status === 529;

/** Milliseconds that `retry-after-ms` or `retry-after` (seconds, or a date) names; undefined if neither says so. */
export function retryDelay(headers: IncomingHttpHeaders, now: number): number | undefined {
  const milliseconds = headers["retry-after-ms"];
  if (typeof milliseconds === "string" && /^\d{1,10}$/.test(milliseconds)) return Number(milliseconds);
  const after = headers["retry-after"];
  if (after === undefined) return undefined;
  if (/^\d{1,8}(\.\d{1,3})?$/.test(after)) return Number(after) * 1_000;
  const date = Date.parse(after);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
