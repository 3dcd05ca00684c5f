/** What the concurrency limits count, and how many slots each gives. */
import type { ConcurrencyLimits, Priority } from "../configuration/configuration.js";

/** The limits that are decided here; absent: unlimited. */
export type SlotLimits = Pick<ConcurrencyLimits, "agingSeconds" | "perWorkspace"> & Partial<ConcurrencyLimits>;

/** The limits in the order in which they are checked. A waiting run reports the first that is full. */
export const dimensions = [
  ["perWorkspace", "workspace"],
  ["perService", "service"],
  ["perAgent", "agent"],
  ["perRepository", "repository"],
  ["perOrganization", "organization"],
  ["perNamespace", "namespace"],
  ["namespacePercent", "namespace"],
  ["total", "all"],
] as const satisfies readonly (readonly [keyof ConcurrencyLimits, string])[];

export type LimitName = (typeof dimensions)[number][0];
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

/** The number of slots of a limit; undefined: unlimited. A share is rounded up, so that it is never without a slot. */
export function slotsOf(limits: SlotLimits, limit: LimitName): number | undefined {
  if (limit !== "namespacePercent") return limits[limit];
  const { total, namespacePercent } = limits;
  return total === undefined || namespacePercent === undefined
    ? undefined
    : Math.ceil((total * namespacePercent) / 100);
}

/**
 * How many critical runs may run ahead of the turns of namespaces: rounded down, so that at least one slot is always given
 * in turn. Without a limit in total, namespaces hardly compete, and turns decide alone.
 */
export function criticalSlots({ total = 0, criticalPercent = 0 }: SlotLimits): number {
  return Math.min(Math.floor((total * criticalPercent) / 100), Math.max(0, total - 1));
}
