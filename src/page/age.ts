/** Times as people read them. */
import { signal } from "@preact/signals";

/** Milliseconds since 1970, which advances while the page is open: what depends on it is up to date. */
export const now = signal(Date.now());

/** Advances {@link now} each second. */
export function startClock(): void {
  setInterval(() => (now.value = Date.now()), 1_000);
}

/** A time in the browser's time zone; text that is not a time stays as it is. */
export function localTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? time
    : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
