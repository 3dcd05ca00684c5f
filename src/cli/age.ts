/** The time since a moment, as kubectl writes it: `12s`, `5m30s`, `2h`, `3d4h`. `<unknown>` without one. */
export function ageSince(time: string | undefined, now: number): string {
  const since = Date.parse(time ?? "");
  if (Number.isNaN(since)) return "<unknown>";
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return withRest(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  return withRest(Math.floor(days / 365), "y", days % 365, "d");
}

const withRest = (whole: number, unit: string, rest: number, restUnit: string): string =>
  `${whole}${unit}${rest === 0 ? "" : `${rest}${restUnit}`}`;
