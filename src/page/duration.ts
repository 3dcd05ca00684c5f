/** Durations as people read them. */

/** A duration with its two largest units: `45s`, `3m20s`, `2h5m`, `4d3h`. Negative ones are `0s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 ? parts(minutes, "m", seconds % 60, "s") : `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return parts(hours, "h", minutes % 60, "m");
  const days = Math.floor(hours / 24);
  return days < 10 ? parts(days, "d", hours % 24, "h") : `${days}d`;
}

const parts = (whole: number, unit: string, rest: number, restUnit: string): string =>
  rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`;

/** The time since a moment; `–` without one. */
export function ageOf(time: string | undefined, at: number): string {
  const since = Date.parse(time ?? "");
  return Number.isNaN(since) ? "–" : duration(at - since);
}
