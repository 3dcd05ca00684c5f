import { restoredBy } from "../../api/restored.js";
import { withMembers, type JsonObject } from "../../runtime/schema/json.js";

/** The spec of a new run: suspended if it is restored from a backup, since nobody knows any more whether it has run. */
export function withRestoredSuspended(metadata: unknown, spec: JsonObject): JsonObject {
  if (restoredBy(metadata) === undefined || spec.suspend === true) return spec;
  return withMembers(spec, { suspend: true });
}
