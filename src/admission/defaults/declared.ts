import { lastApplied } from "../../api/labels.js";
import { injectablePaths, valueAt, type InjectablePath } from "../../api/injected.js";
import { parseBoundedJson } from "../../runtime/input/bounded-json.js";
import { isList, isObject, member } from "../../runtime/schema/json.js";

/** Levels of a manifest; the schemas of the kinds have fewer, except in free-form settings. */
const maxDepth = 100;

/**
 * The paths that the user's manifest sets, as far as an object tells: by the annotation of `kubectl apply`, or by the managers of
 * server-side apply. A value that is equal to an injected one reaches the API server in no other recognizable way.
 */
export function declaredPaths(metadata: unknown): ReadonlySet<InjectablePath> {
  if (!isObject(metadata)) return new Set();
  const manifest = lastAppliedSpec(metadata);
  const owned = appliedFields(member(metadata, "managedFields"));
  return new Set(
    injectablePaths.filter(
      (path) =>
        (isObject(manifest) && valueAt(manifest, path) !== undefined) || owned.some((fields) => owns(fields, path)),
    ),
  );
}

function lastAppliedSpec(metadata: Readonly<Record<string, unknown>>): unknown {
  const annotations = member(metadata, "annotations");
  const text = isObject(annotations) ? member(annotations, lastApplied) : undefined;
  if (typeof text !== "string") return undefined;
  try {
    const manifest = parseBoundedJson(text, maxDepth);
    return isObject(manifest) ? member(manifest, "spec") : undefined;
  } catch {
    return undefined; // kubectl did not write it
  }
}

/** The `f:spec` of each manager of server-side apply. Managers of other writes own what they changed, or created from an export. */
function appliedFields(managers: unknown): readonly unknown[] {
  return (isList(managers) ? managers : []).flatMap((manager) => {
    if (!isObject(manager) || member(manager, "operation") !== "Apply") return [];
    const fields = member(manager, "fieldsV1");
    return isObject(fields) ? [member(fields, "f:spec")] : [];
  });
}

function owns(fields: unknown, path: InjectablePath): boolean {
  let owned = fields;
  for (const key of path.split(".")) owned = isObject(owned) ? member(owned, `f:${key}`) : undefined;
  return owned !== undefined;
}
