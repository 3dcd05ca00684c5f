/** Which Deliveries of a repository are too many. Pure. */
import { isFinished, type Delivery } from "../api/delivery.js";
import type { Stored } from "../runtime/client/objects.js";

/** Deletions at once. */
const maxAtOnce = 50;

/** A Delivery is stored so many milliseconds after GitHub sent its webhook at most, with a difference of the clocks. */
const stored = 60_000;

export interface Retention {
  /** Finished Deliveries to keep. */
  readonly keep: number;
  /** Webhooks that GitHub sent until then are not accepted again, in milliseconds since the epoch. */
  readonly recoveredUntil: number;
}

/**
 * The oldest finished ones beyond the newest; those that are not finished stay. So do younger ones, up to ten times as many: GitHub may list
 * them as not delivered if the receiver ended before it could answer, and without its Delivery a webhook would be decided again.
 */
export function superfluous(
  deliveries: readonly Stored<Delivery>[],
  { keep, recoveredUntil }: Retention,
): readonly Stored<Delivery>[] {
  const finished = deliveries.filter((each) => isFinished(each) && each.metadata.deletionTimestamp === undefined);
  if (finished.length <= keep) return [];
  const age = ({ status, metadata }: Stored<Delivery>): string => `${status?.finishedAt ?? ""} ${metadata.name}`;
  const isSettled = ({ metadata }: Stored<Delivery>): boolean =>
    Date.parse(metadata.creationTimestamp ?? "") + stored <= recoveredUntil;
  return finished
    .sort((a, b) => (age(a) < age(b) ? -1 : 1))
    .slice(0, finished.length - keep)
    .filter((each, index) => isSettled(each) || index < finished.length - 10 * keep)
    .slice(0, maxAtOnce);
}
