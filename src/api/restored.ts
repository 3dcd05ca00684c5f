/** Runs that were restored from a backup, which does not contain their status. Pure. */
import { isObject, member } from "../runtime/schema/json.js";

/** Label that Velero sets on everything it restores. */
const restoreLabel = "velero.io/restore-name";

/** Name of the restore that created an object; undefined if none did. */
export function restoredBy(metadata: unknown): string | undefined {
  const labels = isObject(metadata) ? member(metadata, "labels") : undefined;
  const name = isObject(labels) ? member(labels, restoreLabel) : undefined;
  return typeof name === "string" ? name : undefined;
}
