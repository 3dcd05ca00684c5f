/** When a provider that refused requests for its limits may get the next one. */
import type { IncomingHttpHeaders } from "node:http";
import { readRetryAfter } from "../runtime/client/answers.js";

/** Too many requests, and Anthropic's overload. */
export const isLimited = (status: number): boolean => status === 429 || status === 529;

/** Milliseconds that `retry-after-ms` or `retry-after` names; undefined if neither says so. */
export function retryDelay(headers: IncomingHttpHeaders, now: number): number | undefined {
  const milliseconds = headers["retry-after-ms"];
  if (typeof milliseconds === "string" && /^\d{1,10}$/.test(milliseconds)) return Number(milliseconds);
  return readRetryAfter(headers["retry-after"], now);
}
