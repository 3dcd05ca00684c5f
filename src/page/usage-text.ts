/** What a run used of models, in words. */
import type { RunUsage } from "../server/generated/rest.js";

const count = (value: number, what: string): string => `${value.toLocaleString("en")} ${what}`;

/** For example `$1.24: 1,205 tokens in, 30 out; 4 requests`. */
export function usageText({
  inputTokens = 0,
  outputTokens = 0,
  cacheReadTokens = 0,
  cacheWriteTokens = 0,
  requests = 0,
  costUSD,
  unknownAttempts = 0,
}: RunUsage): string {
  const cached = cacheReadTokens + cacheWriteTokens;
  const tokens = [
    `${count(inputTokens, "tokens in")}, ${count(outputTokens, "out")}`,
    ...(cached > 0 ? [count(cached, "of caches")] : []),
  ].join(", ");
  const unknown = unknownAttempts > 0 ? `; unknown for ${count(unknownAttempts, "of the attempts")}` : "";
  const cost = costUSD === undefined ? "" : `$${costUSD.toFixed(2)}: `;
  return `${cost}${tokens}; ${count(requests, requests === 1 ? "request" : "requests")}${unknown}`;
}
