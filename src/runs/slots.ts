/**
 * Which of the runs that wait may start beside those that work. One pure function decides from all known runs, so that
 * its two promises can be tested as properties: never over a limit, and never idle while something fits.
 */
import type { ConcurrencyLimits, Priority } from "../configuration/configuration.js";

/** The limits in the order in which they are looked at; the first that is full is what a run is told it waits for. */
export const dimensions = [
  ["perWorkspace", "workspace"],
  ["perService", "service"],
  ["perAgent", "agent"],
  ["perRepository", "repository"],
  ["perNamespace", "namespace"],
  ["total", "all"],
] as const satisfies readonly (readonly [keyof ConcurrencyLimits, string])[];

export type Dimension = (typeof dimensions)[number][1];

/** A run that holds slots or wants them. */
export interface Contender {
  readonly uid: string;
  /** What it counts for in each dimension; absent: in that dimension it counts for nothing. */
  readonly groups: Readonly<Partial<Record<Dimension, string>>>;
  readonly priority: Priority;
  /** Milliseconds since the epoch: since when it exists. */
  readonly since: number;
  /** It works, or was let in and is about to. */
  readonly holds: boolean;
}

/** Whether a run may start, and why not. */
export interface SlotDecision {
  readonly slotGranted: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Where nobody keeps count: a run that is looked at alone. */
export const admitted: SlotDecision = {
  slotGranted: true,
  reason: "SlotFree",
  message: "No limit of concurrency is reached.",
};

const ranks: Readonly<Record<Priority, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/**
 * Decides for every contender that doesn't hold slots yet: in the order of priority, then age, each that fits beside
 * those before it is let in. A run rises by one priority for each `agingSeconds` that it waits, so no stream of urgent
 * ones keeps it out for ever.
 *
 * @param now milliseconds since the epoch
 */
export function decideSlots(
  contenders: readonly Contender[],
  limits: ConcurrencyLimits,
  now: number,
): ReadonlyMap<string, SlotDecision> {
  const used = new Map<string, number>();
  const take = (contender: Contender): void => {
    for (const key of keysOf(contender)) used.set(key.key, (used.get(key.key) ?? 0) + 1);
  };
  for (const contender of contenders) if (contender.holds) take(contender);
  const decisions = new Map<string, SlotDecision>();
  const queues = new Map<string, number>();
  for (const contender of inOrder(contenders, limits, now)) {
    const full = keysOf(contender).find(({ key, limit }) => {
      const most = limits[limit];
      return most !== undefined && (used.get(key) ?? 0) >= most;
    });
    if (full === undefined) {
      take(contender);
      decisions.set(contender.uid, admitted);
    } else {
      const most = limits[full.limit] ?? 0;
      const where = full.limit === "total" ? "" : ` of ${full.dimension} ${full.group}`;
      const before = queues.get(full.key) ?? 0;
      queues.set(full.key, before + 1);
      decisions.set(contender.uid, {
        slotGranted: false,
        reason: "WaitsForSlot",
        message: `Waits for a slot: ${most === 1 ? "the one" : `all ${most}`}${where} (concurrency.${full.limit}) ${most === 1 ? "is" : "are"} taken. ${place(before)}`,
      });
    }
  }
  return decisions;
}

/**
 * Far back in the queue only about where it is: each other word is a write to its status, and whoever is let in moves
 * all of those behind.
 */
function place(before: number): string {
  if (before === 0) return "It is the next.";
  if (before < 10) return `${before} ${before === 1 ? "is" : "are"} before it.`;
  const magnitude = 10 ** Math.floor(Math.log10(before));
  const about = [5, 2, 1].map((step) => step * magnitude).find((step) => step <= before) ?? magnitude;
  return `${about} or more are before it.`;
}

/** Those that wait, the first to be let in first. */
export function inOrder(contenders: readonly Contender[], limits: ConcurrencyLimits, now: number): Contender[] {
  const rank = ({ priority, since }: Contender): number =>
    ranks[priority] + Math.floor(Math.max(0, now - since) / (limits.agingSeconds * 1000));
  return contenders
    .filter(({ holds }) => !holds)
    .sort((a, b) => rank(b) - rank(a) || a.since - b.since || (a.uid < b.uid ? -1 : 1));
}

function keysOf({ groups }: Contender): {
  readonly key: string;
  readonly limit: Exclude<keyof ConcurrencyLimits, "agingSeconds">;
  readonly dimension: Dimension;
  readonly group: string;
}[] {
  return dimensions.flatMap(([limit, dimension]) => {
    const group = groups[dimension];
    return group === undefined ? [] : [{ key: `${dimension}\0${group}`, limit, dimension, group }];
  });
}
