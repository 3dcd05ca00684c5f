/**
 * Decides which waiting runs may start beside those that hold slots. One pure function decides from all known runs, so
 * that its two promises can be tested as properties: never over a limit, and never idle while something fits.
 */
import type { ConcurrencyLimits, Priority } from "../configuration/configuration.js";

/** The limits in the order in which they are checked. A waiting run reports the first that is full. */
export const dimensions = [
  ["perWorkspace", "workspace"],
  ["perService", "service"],
  ["perAgent", "agent"],
  ["perRepository", "repository"],
  ["perNamespace", "namespace"],
  ["total", "all"],
] as const satisfies readonly (readonly [keyof ConcurrencyLimits, string])[];

export type Dimension = (typeof dimensions)[number][1];

/** A run that holds slots or waits for them. */
export interface Contender {
  readonly uid: string;
  /** The group it counts in, by dimension. Absent: it does not count in that dimension. */
  readonly groups: Readonly<Partial<Record<Dimension, string>>>;
  readonly priority: Priority;
  /** Milliseconds since the epoch: when it began to wait. */
  readonly since: number;
  /** An attempt is running, or was granted its slots and is about to start. */
  readonly holds: boolean;
}

/** Whether the concurrency limits let an attempt start, and if not, why. */
export type SlotDecision =
  | { readonly granted: true; readonly reason: "SlotFree"; readonly message: string }
  | { readonly granted: false; readonly reason: "WaitingForSlot"; readonly message: string };

/** The decision if no limit is reached, or slots are not counted. */
export const slotGranted: SlotDecision = {
  granted: true,
  reason: "SlotFree",
  message: "No concurrency limit is reached.",
};

const ranks: Readonly<Record<Priority, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/**
 * Decides for every contender that does not hold slots yet: in order of priority, then age, each that fits beside those
 * before it is granted its slots. A run rises by one priority for each `agingSeconds` that it waits, so a stream of urgent
 * runs cannot starve it.
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
      decisions.set(contender.uid, slotGranted);
    } else {
      const most = limits[full.limit] ?? 0;
      const ahead = queues.get(full.key) ?? 0;
      queues.set(full.key, ahead + 1);
      const group = full.limit === "total" ? "" : ` for ${full.dimension} ${full.group}`;
      decisions.set(contender.uid, {
        granted: false,
        reason: "WaitingForSlot",
        message: `Waiting for a slot: concurrency.${full.limit} (${most}) is full${group}. ${position(ahead)}`,
      });
    }
  }
  return decisions;
}

/**
 * The position in the queue; far back only its magnitude. Each change of the text is a write to the run's status, and each
 * start moves all that wait behind it.
 */
function position(ahead: number): string {
  if (ahead === 0) return "It is next in the queue.";
  if (ahead < 10) return `${ahead} ${ahead === 1 ? "run is" : "runs are"} ahead of it.`;
  const magnitude = 10 ** Math.floor(Math.log10(ahead));
  const rounded = [5, 2, 1].map((step) => step * magnitude).find((step) => step <= ahead) ?? magnitude;
  return `At least ${rounded} runs are ahead of it.`;
}

/** Those that wait, in the order in which they are granted slots. */
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
