import { isList, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";

/** The metadata with the clean-up finalizer, unless the object is being deleted: the API server then accepts no new finalizer. */
export function withFinalizer(metadata: JsonObject, finalizer: string): JsonObject {
  const given = member(metadata, "finalizers") ?? [];
  if (member(metadata, "deletionTimestamp") !== undefined || !isList(given) || given.includes(finalizer))
    return metadata;
  return withMembers(metadata, { finalizers: [...given, finalizer] });
}
