/** Which Deliveries of a repository are too many. Pure. */
import { isFinished, type Delivery } from "../api/delivery.js";
import type { Stored } from "../runtime/client/objects.js";

/** Deletions at once. */
const maxAtOnce = 50;

/** The oldest finished ones beyond the newest `keep`; those that are not finished stay. */
export function superfluous(deliveries: readonly Stored<Delivery>[], keep: number): readonly Stored<Delivery>[] {
  const finished = deliveries.filter((each) => isFinished(each) && each.metadata.deletionTimestamp === undefined);
  if (finished.length <= keep) return [];
  const age = ({ status, metadata }: Stored<Delivery>): string => `${status?.finishedAt ?? ""} ${metadata.name}`;
  return finished.sort((a, b) => (age(a) < age(b) ? -1 : 1)).slice(0, Math.min(maxAtOnce, finished.length - keep));
}
